import { u8 } from '../../../records/bytes.ts';
import { literal } from '../../../records/text.ts';

/** Longest name in a message, with the length byte of each label (RFC 1035, 2.3.4). */
const MAX_WIRE_LENGTH = 255;
/** More pointers than labels that fit into a name: a longer chain is made to cost time. */
const MAX_POINTERS = 127;

/**
 * Most bytes of a name's text, four for a byte of a label and one for its length byte: `writeName`
 * needs that and SLACK.
 */
export const MAX_NAME_TEXT = 4 * (MAX_WIRE_LENGTH - 1);

const DOT = 0x2e;

/** What each byte of a label is written as (RFC 1035, 5.1; RFC 4343, 2.1): at most one word. */
const labelTexts = Array.from({ length: 256 }, (_, byte) => {
  const character = String.fromCharCode(byte);
  if ('.,\\'.includes(character)) return literal(`\\${character}`);
  return literal(/[!-~]/.test(character) ? character : `\\${String(byte).padStart(3, '0')}`);
});
const textWords = Uint32Array.from(labelTexts, ({ words }) => words[0] as number);
const textLengths = Uint8Array.from(labelTexts, ({ length }) => length);

/** The two upper bits of a length byte: a label, or a pointer (RFC 1035, 4.1.4). */
const POINTER = 0xc0;

/**
 * Writes a name as text: labels with dots between and none at the end, the root as `.`. Within a
 * label, dots, commas and backslashes get a backslash in front, and what is not printable ASCII
 * becomes `\DDD` (RFC 1035, 5.1; RFC 4343, 2.1), so that no name can pass for another one or for two.
 *
 * Pointers have to lead backwards, each further than the one before, so that no name is endless.
 *
 * @param message where the DNS message begins, from which pointers count
 * @returns position behind the text; −1 for a name that is malformed, too long or cut by the capture
 */
export function writeName(
  out: DataView,
  at: number,
  data: Uint8Array,
  message: number,
  start: number,
  end: number,
): number {
  let next = at;
  let position = start;
  let segment = start;
  let wireLength = 1;
  let pointers = 0;
  while (position < end) {
    const length = u8(data, position);
    if (length === 0) {
      if (next === at) out.setUint8(next++, DOT);
      return next;
    }
    if (length >= POINTER) {
      if (end - position < 2 || ++pointers > MAX_POINTERS) return -1;
      const target = message + (((length & 0x3f) << 8) | u8(data, position + 1));
      if (target >= segment) return -1;
      segment = target;
      position = target;
      continue;
    }
    wireLength += 1 + length;
    const label = position + 1;
    position = label + length;
    if (length >= 0x40 || wireLength > MAX_WIRE_LENGTH || position > end) return -1;
    if (next > at) out.setUint8(next++, DOT);
    for (let i = label; i < position; i++) {
      const byte = u8(data, i);
      out.setUint32(next, textWords[byte] as number);
      next += textLengths[byte] as number;
    }
  }
  return -1;
}

/** Position behind a name, whose pointers are not followed; −1 for one that is malformed or cut. */
export function skipName(data: Uint8Array, start: number, end: number): number {
  let at = start;
  while (at < end) {
    const length = u8(data, at);
    if (length === 0) return at + 1;
    if (length >= POINTER) return at + 2 <= end ? at + 2 : -1;
    at += 1 + length;
    if (length >= 0x40 || at - start >= MAX_WIRE_LENGTH) return -1;
  }
  return -1;
}
