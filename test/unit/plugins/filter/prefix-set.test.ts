import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PrefixSet } from '../../../../src/plugins/filter/prefix-set.ts';
import { prefix } from './threshold/prefix.ts';

function has(set: PrefixSet, address: string): boolean {
  const { bytes } = prefix(address);
  return set.has(Buffer.concat([Buffer.of(0xaa, 0xbb), bytes, Buffer.of(0xcc)]), 2, bytes.length);
}

describe('PrefixSet', () => {
  it('covers what its prefixes cover and their neighbours not', () => {
    const set = new PrefixSet(['10.0.0.0/8', '10.9.0.0/16', '192.0.2.7'].map(prefix));
    const inside = ['10.0.0.0', '10.9.0.1', '10.10.0.0', '10.255.255.255', '192.0.2.7'];
    const outside = ['0.0.0.0', '9.255.255.255', '11.0.0.0', '192.0.2.6', '192.0.2.8'];
    expect(inside.filter((address) => !has(set, address))).toEqual([]);
    expect(outside.filter((address) => has(set, address))).toEqual([]);
  });

  it('keeps the families apart', () => {
    const set = new PrefixSet(['0.0.0.0/0', '2001:db8::/33'].map(prefix));
    expect(has(set, '255.1.2.3')).toBe(true);
    expect(has(set, '2001:db8:7fff::1')).toBe(true);
    expect(has(set, '2001:db8:8000::')).toBe(false);
    expect(has(set, '::')).toBe(false);
    expect(set.has(new Uint8Array(6), 0, 6)).toBe(false);
  });

  it('covers nothing when it is empty', () => {
    expect(has(new PrefixSet([]), '0.0.0.0')).toBe(false);
  });

  it('agrees with a search through all prefixes', () => {
    // Few different bytes, so that prefixes lie in each other and addresses in prefixes.
    const address = fc.array(fc.constantFrom(0, 1, 0x80, 0xff), { minLength: 4, maxLength: 4 });
    const prefixes = fc.array(fc.tuple(address, fc.integer({ min: 0, max: 32 })), {
      maxLength: 12,
    });
    fc.assert(
      fc.property(prefixes, address, (list, bytes) => {
        const parsed = list.map(([start, length]) => prefix(`${start.join('.')}/${length}`));
        const bits = bitsOf(bytes);
        const expected = parsed.some((one) =>
          bits.startsWith(bitsOf([...one.bytes]).slice(0, one.prefixLength)),
        );
        expect(new PrefixSet(parsed).has(Uint8Array.from(bytes), 0, 4)).toBe(expected);
      }),
      { numRuns: 2000 },
    );
  });
});

const bitsOf = (bytes: readonly number[]): string =>
  bytes.map((byte) => byte.toString(2).padStart(8, '0')).join('');
