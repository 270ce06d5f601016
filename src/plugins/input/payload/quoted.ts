/** Between the items of a list in one text. */
export const COMMA = 0x2c;
const BACKSLASH = 0x5c;

/**
 * Copies an item of a list, with a backslash before each comma and backslash, so that no item can
 * pass for two. Needs 2 × `length` bytes; returns the position behind it.
 */
export function writeQuoted(
  out: DataView,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  let next = at;
  for (let i = offset; i < offset + length; i++) {
    const byte = data[i] as number;
    if (byte === COMMA || byte === BACKSLASH) out.setUint8(next++, BACKSLASH);
    out.setUint8(next++, byte);
  }
  return next;
}
