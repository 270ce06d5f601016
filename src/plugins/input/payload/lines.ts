/** What protocols of text lines have in common (RFC 9112, RFC 959, RFC 1939). */

export const SPACE = 0x20;
export const TAB = 0x09;
const CR = 0x0d;
const LF = 0x0a;

/**
 * Position of the LF that ends the line which begins at `at`; −1 when it is not in
 * `data[at … end − 1]`. (`indexOf` would look on to the end of the receive buffer.)
 */
export function findLineFeed(data: Uint8Array, at: number, end: number): number {
  for (let i = at; i < end; i++) if (data[i] === LF) return i;
  return -1;
}

/** End of the text of a line from `at` to its LF: a CR in front of that is none of it. */
export const lineTextEnd = (data: Uint8Array, at: number, lineFeed: number): number =>
  lineFeed > at && data[lineFeed - 1] === CR ? lineFeed - 1 : lineFeed;

/** Whether `data[at … end − 1]` begins with `word`, byte for byte. */
export function startsWith(data: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  return end - at >= word.length && agrees(data, at, end, word);
}

/** Whether `data[at … end − 1]` and `word` are the same as far as both go. */
export function agrees(data: Uint8Array, at: number, end: number, word: Uint8Array): boolean {
  const length = Math.min(word.length, end - at);
  for (let i = 0; i < length; i++) if (data[at + i] !== word[i]) return false;
  return true;
}

/** As `startsWith`, taking ASCII letters of either case; `word` has lower-case ones only. */
export function startsWithIgnoringCase(
  data: Uint8Array,
  at: number,
  end: number,
  word: Uint8Array,
): boolean {
  if (end - at < word.length) return false;
  for (let i = 0; i < word.length; i++) {
    const wanted = word[i] as number;
    const byte = data[at + i] as number;
    if (byte !== wanted && !(isLowerCase(wanted) && (byte | 0x20) === wanted)) return false;
  }
  return true;
}

const isLowerCase = (byte: number): boolean => byte >= 0x61 && byte <= 0x7a;
