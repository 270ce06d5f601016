const lowerHex = Uint8Array.from('0123456789abcdef', (c) => c.charCodeAt(0));

/** What one byte can become at most: `\xff`. */
export const MAX_ESCAPED = 4;

/**
 * Text from outside (prefixes, interface names) in a form that cannot start a line of its own, move
 * a terminal's cursor or break an encoding: control characters (C0, DEL, C1) and bytes that are not
 * well-formed UTF-8 come out as `\xNN`; everything else stays as it is. Needs 4 × `length` bytes.
 */
export function writeEscaped(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  const end = offset + length;
  let next = at;
  for (let i = offset; i < end; ) {
    const byte = data[i] as number;
    if (byte >= 0x20 && byte < 0x7f) {
      out.setUint8(next++, byte);
      i++;
      continue;
    }
    const sequence = utf8Length(data, i, end);
    if (sequence === 0) {
      next = writeEscape(out, next, byte);
      i++;
      continue;
    }
    for (const last = i + sequence; i < last; i++) out.setUint8(next++, data[i] as number);
  }
  return next;
}

function writeEscape(out: DataView, at: number, byte: number): number {
  out.setUint8(at, 0x5c);
  out.setUint8(at + 1, 0x78);
  out.setUint8(at + 2, lowerHex[byte >> 4] as number);
  out.setUint8(at + 3, lowerHex[byte & 15] as number);
  return at + 4;
}

/**
 * Length of the printable, well-formed multi-byte UTF-8 sequence at `at` (Unicode, table 3-7); 0
 * where there is none: stray bytes, overlong forms, surrogates, C1 controls, and the line and
 * paragraph separators and direction overrides (U+2028–202E, U+2066–2069), with which a prefix
 * could disguise what a terminal shows.
 */
function utf8Length(data: Uint8Array, at: number, end: number): number {
  const lead = data[at] as number;
  if (lead < 0xc2 || lead > 0xf4) return 0;
  const length = lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : 4;
  if (at + length > end) return 0;
  let point = lead & (0x7f >> length);
  for (let i = 1; i < length; i++) {
    const byte = data[at + i] as number;
    if ((byte & 0xc0) !== 0x80) return 0;
    point = (point << 6) | (byte & 0x3f);
  }
  if (point < 0xa0) return 0;
  if (length === 3 && (point < 0x800 || (point >= 0xd800 && point <= 0xdfff))) return 0;
  if (length === 4 && (point < 0x10000 || point > 0x10ffff)) return 0;
  if ((point >= 0x2028 && point <= 0x202e) || (point >= 0x2066 && point <= 0x2069)) return 0;
  return length;
}
