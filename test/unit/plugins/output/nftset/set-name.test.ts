import { expect, test } from 'vitest';
import { parseSetName } from '../../../../../src/plugins/output/nftset/set-name.ts';

test.each(['inet filter banned', '  inet\tfilter  banned '])('reads "%s"', (text) => {
  expect(parseSetName(text)).toEqual({ family: 'inet', table: 'filter', set: 'banned' });
});

const form = 'a set is named by family, table and name in one pair of quotes: "inet filter banned"';

test.each([
  ['', form, 0, 0],
  ['filter banned', form, 0, 13],
  ['inet filter banned now', form, 0, 22],
  [
    'ipv4 filter banned',
    '"ipv4" is no family; nftables has inet, ip, arp, netdev, bridge, ip6',
    0,
    4,
  ],
  [
    'constructor t s',
    '"constructor" is no family; nftables has inet, ip, arp, netdev, bridge, ip6',
    0,
    11,
  ],
  [`ip ${'t'.repeat(256)} s`, 'names in nftables have at most 255 bytes', 3, 256],
])('refuses "%s"', (text, message, offset, length) => {
  expect(parseSetName(text)).toEqual({ message, offset, length });
});
