import { describe, expect, it } from 'vitest';
import { halfSipHash } from '../../../src/records/half-sip-hash.ts';

/**
 * Linux, lib/tests/siphash_kunit.c, test_vectors_hsiphash for machines with 32 bits: entry n is the
 * hash of the bytes 0 … n − 1.
 */
const vectors = [
  0x5814c896, 0xe7e864ca, 0xbc4b0e30, 0x01539939, 0x7e059ea6, 0x88e3d89b, 0xa0080b65, 0x9d38d9d6,
  0x577999b1, 0xc839caed, 0xe4fa32cf, 0x959246ee, 0x6b28096c, 0x66dd9cd6, 0x16658a7c, 0xd0257b04,
  0x8b31d501, 0x2b1cd04b, 0x06712339, 0x522aca67, 0x911bb605, 0x90a65f0e, 0xf826ef7b, 0x62512deb,
  0x57150ad7, 0x5d473507, 0x1ec47442, 0xab64afd3, 0x0a4100d0, 0x6d2ce652, 0x2331b6a3, 0x08d8791a,
];

describe('halfSipHash', () => {
  it("gives the kernel's test vectors", () => {
    const data = Uint8Array.from({ length: vectors.length }, (_, i) => i);
    const seed = { k0: 0x03020100, k1: 0x07060504 };
    expect(vectors.map((_, length) => halfSipHash(seed, data, length) >>> 0)).toEqual(vectors);
  });

  it('depends on both halves of the seed', () => {
    const data = Uint8Array.of(10, 0, 0, 1);
    const hashes = [0, 1].flatMap((k0) => [0, 1].map((k1) => halfSipHash({ k0, k1 }, data, 4)));
    expect(new Set(hashes).size).toBe(4);
  });
});
