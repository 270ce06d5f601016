import { type Literal, literal, writeLiteral } from './text.ts';

/**
 * Which characters of a text cannot stand for themselves in a format, beyond those that never can
 * (see {@link writeEscaped}).
 */
export class EscapeStyle {
  /** What one byte can become at most, in bytes. */
  readonly maxLength: number;
  /** 1 for each byte that is a character of its own and stays as it is. */
  readonly plain = new Uint8Array(256).fill(1, 0x20, 0x7f);
  /** What a byte becomes that is not `plain` and begins no character of several bytes. */
  readonly replacements: readonly Literal[];

  /**
   * @param special ASCII characters and what stands for them; `undefined` for `\xNN`
   */
  constructor(special: Readonly<Record<string, string | undefined>> = {}) {
    const replacements = Array.from({ length: 256 }, (_, byte) => hexEscape(byte));
    for (const [character, replacement] of Object.entries(special)) {
      const byte = character.charCodeAt(0);
      this.plain[byte] = 0;
      replacements[byte] = replacement ?? hexEscape(byte);
    }
    this.replacements = replacements.map(literal);
    this.maxLength = Math.max(...replacements.map(({ length }) => length));
  }
}

const hexEscape = (byte: number): string => `\\x${byte.toString(16).padStart(2, '0')}`;

/** A text that is a line of its own, or its end. */
export const lineStyle = new EscapeStyle();

/** What one byte of a line can become at most: `\xff`. */
export const MAX_ESCAPED = lineStyle.maxLength;

/**
 * Text from outside (prefixes, interface names, what packets say) in a form that cannot start a line
 * of its own, move a terminal's cursor or break an encoding: control characters (C0, DEL, C1) and
 * bytes that are not well-formed UTF-8 come out as `\xNN`, and what the style says in its own way;
 * everything else stays as it is.
 *
 * Needs `style.maxLength` × `length` bytes and SLACK.
 */
export function writeEscaped(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
  style: EscapeStyle = lineStyle,
): number {
  const { plain } = style;
  const end = offset + length;
  let next = at;
  let i = offset;
  while (i < end) {
    // Nearly every text is plain ASCII: four characters at a time.
    while (i + 4 <= end) {
      const a = data[i] as number;
      const b = data[i + 1] as number;
      const c = data[i + 2] as number;
      const d = data[i + 3] as number;
      const isPlain =
        (plain[a] as number) & (plain[b] as number) & (plain[c] as number) & (plain[d] as number);
      if (isPlain === 0) break;
      out.setUint32(next, (a << 24) | (b << 16) | (c << 8) | d);
      next += 4;
      i += 4;
    }
    if (i === end) break;
    const byte = data[i] as number;
    if (plain[byte] === 1) {
      out.setUint8(next++, byte);
      i++;
      continue;
    }
    const sequence = utf8Length(data, i, end);
    if (sequence === 0) {
      next = writeLiteral(out, next, style.replacements[byte] as Literal);
      i++;
      continue;
    }
    for (const last = i + sequence; i < last; i++) out.setUint8(next++, data[i] as number);
  }
  return next;
}

/**
 * Length of the printable, well-formed multi-byte UTF-8 sequence at `at` (Unicode, table 3-7); 0
 * where there is none: stray bytes, overlong forms, surrogates, C1 controls, U+FFFE and U+FFFF, which
 * no XML document may hold, and the line and paragraph separators and direction overrides
 * (U+2028–202E, U+2066–2069), with which a prefix could disguise what a terminal shows.
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
  if (point === 0xfffe || point === 0xffff) return 0;
  return length;
}
