/**
 * Big-endian reads for decoders. They do not check bounds: a decoder compares against the captured
 * length once for each header and then reads freely inside it. (Buffer's own readers check every
 * read and throw; in the decoding loop that costs more than the decoding.)
 */

export const u8 = (data: Uint8Array, at: number): number => data[at] as number;

export const u16 = (data: Uint8Array, at: number): number =>
  ((data[at] as number) << 8) | (data[at + 1] as number);

export const u32 = (data: Uint8Array, at: number): number =>
  (((data[at] as number) << 24) |
    ((data[at + 1] as number) << 16) |
    ((data[at + 2] as number) << 8) |
    (data[at + 3] as number)) >>>
  0;
