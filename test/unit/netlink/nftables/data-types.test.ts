import { describe, expect, test } from 'vitest';
import { fieldTypes } from '../../../../src/netlink/nftables/data-types.ts';

const names = (keyType: number, keyLength: number): string | undefined =>
  fieldTypes(keyType, keyLength, 'network')
    ?.map(({ name }) => name)
    .join(' . ');

describe('fieldTypes', () => {
  test('reads six bits for each field, the last one lowest', () => {
    expect(names(7, 4)).toBe('ipv4_addr');
    expect(names((7 << 6) | 13, 8)).toBe('ipv4_addr . inet_service');
    expect(names((41 << 12) | (8 << 6) | 12, 36)).toBe('ifname . ipv6_addr . inet_proto');
  });

  test('reads five fields, which take 30 bits', () => {
    const five = [19, 7, 7, 13, 13].reduce((number, type) => number * 64 + type, 0);
    expect(names(five, 20)).toBe('mark . ipv4_addr . ipv4_addr . inet_service . inet_service');
  });

  test('takes length and order of integers from the set', () => {
    expect(fieldTypes(4, 2, 'host')).toEqual([{ name: 'integer', length: 2, order: 'host' }]);
  });

  test('does not know dscp, of which no key has the value', () => {
    expect(names(36, 1)).toBeUndefined();
  });

  test.each([0, 1, 63, (7 << 6) | 63, (4 << 6) | 4])('does not know %i', (keyType) => {
    expect(names(keyType, 4)).toBeUndefined();
  });
});
