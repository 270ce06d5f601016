import { describe, expect, test } from 'vitest';
import type { SetName } from '../../../../../src/netlink/nftables/index.ts';
import { checkSet, type Demand } from '../../../../../src/plugins/output/nftset/check-set.ts';
import { type Key, key } from '../../../../../src/records/key.ts';
import { setOf } from './sets.ts';

const keys: Readonly<Record<string, Key>> = Object.fromEntries(
  [
    key('ip.saddr', 'ip', ''),
    key('tcp.dport', 'u16', ''),
    key('ip.protocol', 'u8', ''),
    key('raw.mac.saddr', 'mac', ''),
    key('oob.in', 'string', ''),
    key('oob.mark', 'u32', ''),
    key('oob.uid', 'u32', ''),
    key('icmp.type', 'u8', ''),
    key('flow.bytes', 'u64', ''),
  ].map((declared) => [declared.name, declared]),
);

const demand = (names: string, changes: Partial<Demand> = {}): Demand => ({
  keys: names.split(' . ').flatMap((name) => keys[name] ?? []),
  needsTimeout: false,
  addressType: 'ipv4_addr',
  ...changes,
});

const name: SetName = { family: 'inet', table: 't', set: 's' };

describe('checkSet', () => {
  test.each([
    ['ipv4_addr', 'ip.saddr'],
    ['ipv6_addr', 'ip.saddr'],
    ['ether_addr', 'raw.mac.saddr'],
    ['ifname . mark', 'oob.in . oob.mark'],
    ['ipv6_addr . inet_proto . inet_service', 'ip.saddr . ip.protocol . tcp.dport'],
  ])('takes a set of %s for %s', (types, names) => {
    const set = setOf(types);
    expect(checkSet(name, set, demand(names))).toBe(set);
  });

  test.each([
    ['ipv4_addr', 'tcp.dport'],
    ['ipv4_addr', 'oob.mark'],
    ['inet_service', 'ip.protocol'],
    ['inet_service', 'oob.mark'],
    ['ether_addr', 'oob.in'],
    ['ipv4_addr . inet_service', 'ip.saddr'],
    ['ipv4_addr', 'ip.saddr . tcp.dport'],
  ])('refuses a set of %s for %s', (types, names) => {
    expect(() => checkSet(name, setOf(types), demand(names))).toThrow(
      `the elements of inet t s are ${types}, which ${names} does not fit`,
    );
  });

  test.each(['no table', 'no set', setOf('mark')] as const)(
    'refuses keys that no set has: %o',
    (found) => {
      expect(() => checkSet(name, found, demand('ip.saddr . flow.bytes'))).toThrow(
        /^no element can have flow\.bytes: nftables has no type for its values$/,
      );
    },
  );

  test('throws an error that has set and command apart', () => {
    const command = "nft add set inet t s '{ type ipv4_addr; }'";
    const message = `there is no set inet t s; it is made by: ${command}`;
    const error = { name: 'NftsetError', message, set: 'inet t s', command };
    expect(() => checkSet(name, 'no set', demand('ip.saddr'))).toThrow(
      expect.objectContaining(error),
    );
  });

  test('gives the command for the table as well', () => {
    expect(() => checkSet(name, 'no table', demand('ip.saddr'))).toThrow(
      "there is no table inet t; table and set are made by: nft add table inet t && nft add set inet t s '{ type ipv4_addr; }'",
    );
  });

  test.each([
    ['ip.saddr', { addressType: 'ipv6_addr' }, 'type ipv6_addr;'],
    ['ip.saddr', { needsTimeout: true }, 'type ipv4_addr; flags timeout;'],
    ['ip.saddr . tcp.dport', {}, 'type ipv4_addr . inet_service;'],
    ['oob.in . oob.mark . oob.uid', {}, 'type ifname . mark . uid;'],
    ['raw.mac.saddr . ip.protocol', {}, 'type ether_addr . inet_proto;'],
    ['icmp.type', {}, 'type icmp_type;'],
  ] as const)('proposes a set for %s %o', (names, changes, declaration) => {
    expect(() => checkSet(name, 'no set', demand(names, changes))).toThrow(`'{ ${declaration} }'`);
  });

  test('refuses maps, constant sets, types it does not know, and sets without timeouts', () => {
    const refused = (changes: object, reason: string): void => {
      const set = setOf('ipv4_addr', changes);
      expect(() => checkSet(name, set, demand('ip.saddr', { needsTimeout: true }))).toThrow(reason);
    };
    refused(
      { isMap: true },
      'inet t s is a map; one that fits takes its place, when no rule uses it, by: nft delete set inet t s && nft add set',
    );
    refused({ isConstant: true }, 'inet t s is constant: no elements can be added; one that');
    refused({ fields: undefined }, 'the elements of inet t s are a type that is unknown here');
    refused({}, 'inet t s has no flag timeout, which nfttimeout needs; one that fits');
  });

  test("quotes names that are more than a shell's word", () => {
    const strange: SetName = { family: 'ip', table: "it's", set: '$(reboot)' };
    expect(() => checkSet(strange, 'no set', demand('ip.saddr'))).toThrow(
      "nft add set ip 'it'\\''s' '$(reboot)' '{ type ipv4_addr; }'",
    );
  });
});
