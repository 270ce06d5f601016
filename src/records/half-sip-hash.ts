/** A secret of 64 bits as two unsigned words. */
export interface HashSeed {
  readonly k0: number;
  readonly k1: number;
}

/**
 * HalfSipHash-1-3 with 32 bits of output: a short-input hash whose collisions cannot be computed
 * without its seed, so that nobody who chooses source addresses can make one chain of a hash table
 * long. For hash tables only: as a message authentication code it is too weak.
 *
 * Source: Aumasson and Bernstein, "SipHash: a fast short-input PRF", 2012, and its reference code;
 * Linux uses the same variant for its own tables (`hsiphash` on 32-bit machines, lib/siphash.c).
 *
 * @returns the hash of the first `length` bytes of `data`, as a signed 32-bit integer
 */
export function halfSipHash(seed: HashSeed, data: Uint8Array, length: number): number {
  let v0 = seed.k0 | 0;
  let v1 = seed.k1 | 0;
  let v2 = seed.k0 ^ 0x6c796765;
  let v3 = seed.k1 ^ 0x74656462;
  const words = length >> 2;
  // One round for each word and one for the tail; then three more, with nothing mixed in.
  for (let step = 0; step < words + 4; step++) {
    const word = step < words ? word32(data, step << 2) : step === words ? tail(data, length) : 0;
    v3 ^= word;

    v0 = (v0 + v1) | 0;
    v1 = ((v1 << 5) | (v1 >>> 27)) ^ v0;
    v0 = (v0 << 16) | (v0 >>> 16);
    v2 = (v2 + v3) | 0;
    v3 = ((v3 << 8) | (v3 >>> 24)) ^ v2;
    v0 = (v0 + v3) | 0;
    v3 = ((v3 << 7) | (v3 >>> 25)) ^ v0;
    v2 = (v2 + v1) | 0;
    v1 = ((v1 << 13) | (v1 >>> 19)) ^ v2;
    v2 = (v2 << 16) | (v2 >>> 16);

    v0 ^= word;
    if (step === words) v2 ^= 0xff;
  }
  return v1 ^ v3;
}

/** The four bytes at `at`, least significant first. */
const word32 = (data: Uint8Array, at: number): number =>
  (data[at] as number) |
  ((data[at + 1] as number) << 8) |
  ((data[at + 2] as number) << 16) |
  ((data[at + 3] as number) << 24);

/** The last word: the zero to three bytes left over, and the length's low eight bits on top. */
function tail(data: Uint8Array, length: number): number {
  let word = length << 24;
  const at = length & ~3;
  for (let i = 0; i < (length & 3); i++) word |= (data[at + i] as number) << (i << 3);
  return word;
}
