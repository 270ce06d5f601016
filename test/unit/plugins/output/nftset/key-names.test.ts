import { expect, test } from 'vitest';
import { parseKeyNames } from '../../../../../src/plugins/output/nftset/key-names.ts';

test('reads a key, and where it stands', () => {
  expect(parseKeyNames('ip.saddr')).toEqual([{ key: 'ip.saddr', offset: 0, length: 8 }]);
});

test.each([
  ['ip.saddr . tcp.dport', 0, 11],
  ['"ip.saddr  .  tcp.dport"', 1, 14],
])('reads a concatenation: %s', (text, first, second) => {
  expect(parseKeyNames(text)).toEqual([
    { key: 'ip.saddr', offset: first, length: 8 },
    { key: 'tcp.dport', offset: second, length: 9 },
  ]);
});

const dot = 'keys have a dot between them that stands alone, as in ip.saddr . tcp.dport';

test.each([
  ['', 'a key is missing at the end', 0, 0],
  ['""', 'a key is missing at the end', 0, 2],
  ['ip.saddr .', 'a key is missing at the end', 0, 10],
  ['. ip.saddr', '"." is no key', 0, 1],
  ['ip.saddr tcp.dport', dot, 9, 9],
  ['ip.saddr . . tcp.dport', '"." is no key', 11, 1],
  ['ip.saddr, tcp.dport', '"ip.saddr," is no key', 0, 9],
  ['ip..saddr', '"ip..saddr" is no key', 0, 9],
])('refuses %s', (text, message, offset, length) => {
  expect(parseKeyNames(text)).toEqual({ message, offset, length });
});
