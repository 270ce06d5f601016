import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { findSet, type Refresh } from '../../../src/netlink/nftables/index.ts';
import { title } from '../../support/requirements.ts';
import { requireEntry } from './inside.ts';
import { NftTable, nameOf, type TimedElement, write } from './nft-table.ts';

const missing = requireEntry();
const ENOENT = 2;
const EEXIST = 17;
const ENFILE = 23;

describe.skipIf(missing)(title('nf_tables', missing), () => {
  let table: NftTable;
  beforeEach(async () => {
    table = await NftTable.create();
  });
  afterEach(async () => await table[Symbol.asyncDispose]());

  describe('findSet', () => {
    test('tells what a set is like', async () => {
      const set = await table.addSet('s', 'type ipv4_addr; flags timeout; timeout 90s; size 7;');
      expect(set).toEqual({
        name: nameOf('s'),
        fields: [{ name: 'ipv4_addr', length: 4, order: 'network' }],
        keyLength: 4,
        isMap: false,
        isConstant: false,
        isInterval: false,
        hasTimeout: true,
        timeoutMs: 90_000,
        size: 7,
      });
    });

    test.each([
      ['type ipv6_addr;', ['ipv6_addr'], 16],
      ['type ether_addr;', ['ether_addr'], 6],
      ['type inet_proto;', ['inet_proto'], 1],
      ['type inet_service;', ['inet_service'], 2],
      ['type mark;', ['mark'], 4],
      ['type ifname;', ['ifname'], 16],
      ['type iface_index;', ['iface_index'], 4],
      ['type ether_type;', ['ether_type'], 2],
      ['type icmp_type;', ['icmp_type'], 1],
      ['type icmpv6_type;', ['icmpv6_type'], 1],
      ['type tcp_flag;', ['tcp_flag'], 1],
      ['type uid;', ['uid'], 4],
      ['type gid;', ['gid'], 4],
      ['typeof arp operation;', ['arp_op'], 2],
      ['typeof ip length;', ['integer'], 2],
      ['type ipv4_addr . inet_service;', ['ipv4_addr', 'inet_service'], 8],
      ['type ifname . ipv6_addr . inet_proto;', ['ifname', 'ipv6_addr', 'inet_proto'], 36],
    ])('knows the type of { %s }', async (declaration, types, keyLength) => {
      const set = await table.addSet('s', declaration);
      expect(set.fields?.map(({ name }) => name)).toEqual(types);
      expect(set.keyLength).toBe(keyLength);
    });

    test('tells the byte order of integers from what nft notes', async () => {
      expect((await table.addSet('a', 'typeof ip length;')).fields?.[0]?.order).toBe('network');
      expect((await table.addSet('b', 'typeof meta cpu;')).fields?.[0]?.order).toBe('host');
    });

    test('tells maps, constant and interval sets', async () => {
      await table.namespace.nft('add map inet t m { type ipv4_addr : mark; }');
      expect(findSet(table.socket, nameOf('m'))).toMatchObject({ isMap: true });
      expect(await table.addSet('c', 'type mark; flags constant;')).toMatchObject({
        isConstant: true,
      });
      expect(await table.addSet('i', 'type mark; flags interval;')).toMatchObject({
        isInterval: true,
      });
    });

    test('tells what is missing', () => {
      expect(findSet(table.socket, nameOf('s'))).toBe('no set');
      expect(findSet(table.socket, nameOf('s', 'u'))).toBe('no table');
      expect(findSet(table.socket, { family: 'ip', table: 't', set: 's' })).toBe('no table');
    });
  });

  describe('SetWriter', () => {
    test.each([
      ['type ipv4_addr;', [192, 0, 2, 1], '192.0.2.1'],
      ['type ipv4_addr; flags interval;', [192, 0, 2, 255], '192.0.2.255'],
      ['type ipv4_addr; flags interval;', [255, 255, 255, 255], '255.255.255.255'],
      ['type ipv6_addr;', [0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1], '2001:db8::1'],
      ['type ether_addr;', [2, 0, 0, 0, 0, 1], '02:00:00:00:00:01'],
      ['type inet_service;', [0x1f, 0x90], 8080],
      ['type inet_service; flags interval;', [0xff, 0xff], 65535],
      ['type mark;', [0x2a, 0, 0, 0], 42],
      ['type mark; flags interval;', [0, 0, 0, 0x2a], 42],
    ])('adds to { %s }', async (declaration, key, element) => {
      const writer = table.writerOf(await table.addSet('s', declaration));
      expect(write(writer, key)).toEqual([0]);
      expect(await table.elementsOf('s')).toEqual([element]);
      // Adding what is there is no error.
      expect(write(writer, key)).toEqual([0]);
      expect(await table.elementsOf('s')).toEqual([element]);
    });

    test.each(['', 'flags interval;'])(
      'adds concatenations to { type ipv4_addr . inet_service; %s }',
      async (flags) => {
        const set = await table.addSet('s', `type ipv4_addr . inet_service; ${flags}`);
        expect(write(table.writerOf(set), [192, 0, 2, 1, 0, 22, 0, 0])).toEqual([0]);
        expect(await table.elementsOf('s')).toEqual([{ concat: ['192.0.2.1', 22] }]);
      },
    );

    test.each(['', 'flags interval;'])('deletes from { type ipv4_addr; %s }', async (flags) => {
      const set = await table.addSet('s', `type ipv4_addr; ${flags}`);
      write(table.writerOf(set), [192, 0, 2, 1], [192, 0, 2, 2], [192, 0, 2, 3]);
      const deleting = table.writerOf(set, { action: 'delete' });
      expect(write(deleting, [192, 0, 2, 1], [192, 0, 2, 9], [192, 0, 2, 3])).toEqual([
        0,
        ENOENT,
        0,
      ]);
      expect(await table.elementsOf('s')).toEqual(['192.0.2.2']);
    });

    const kinds = [
      ['type ipv4_addr; flags timeout;', [192, 0, 2, 1]],
      ['type ipv4_addr; flags timeout; size 1;', [192, 0, 2, 1]],
      ['type ipv4_addr; flags timeout, interval;', [192, 0, 2, 1]],
      ['type ipv4_addr . inet_service; flags timeout;', [192, 0, 2, 1, 0, 22, 0, 0]],
      ['type ipv4_addr . inet_service; flags timeout, interval;', [192, 0, 2, 1, 0, 22, 0, 0]],
    ] as const;
    const ways: readonly Refresh[] = ['update', 'replace'];
    const cases = ways.flatMap((refresh) => kinds.map(([set, key]) => ({ refresh, set, key })));

    test.each(cases)('begins a timeout anew: $refresh in { $set }', async (each) => {
      const { refresh, set: declaration, key } = each;
      const set = await table.addSet('s', declaration);
      expect(write(table.writerOf(set, { refresh, timeoutMs: 50_000 }), [...key])).toEqual([0]);
      const [first] = (await table.elementsOf('s')) as TimedElement[];
      expect(first?.elem.timeout).toBe(50);
      expect(first?.elem.expires).toBeLessThanOrEqual(50);
      expect(write(table.writerOf(set, { refresh, timeoutMs: 500_000 }), [...key])).toEqual([0]);
      const after = (await table.elementsOf('s')) as TimedElement[];
      expect(after).toHaveLength(1);
      expect(after[0]?.elem.timeout).toBe(500);
      expect(after[0]?.elem.expires).toBeGreaterThan(480);
    });

    test.each(ways)('begins the timeout anew that the set gives: %s', async (refresh) => {
      const set = await table.addSet('s', 'type ipv4_addr; flags timeout; timeout 500s;');
      await table.namespace.nft('add element inet t s { 192.0.2.1 expires 20s }');
      expect(write(table.writerOf(set, { refresh }), [192, 0, 2, 1])).toEqual([0]);
      const [element] = (await table.elementsOf('s')) as TimedElement[];
      expect(element?.elem.expires).toBeGreaterThan(480);
    });

    test('stores all that a full set has room for, and tells the others', async () => {
      const set = await table.addSet('s', 'type inet_service; size 4;');
      const keys = [1, 2, 3, 4, 5, 6].map((port) => [0, port]);
      expect(write(table.writerOf(set), ...keys)).toEqual([0, 0, 0, 0, ENFILE, ENFILE]);
      expect(await table.elementsOf('s')).toEqual([1, 2, 3, 4]);
      // What is there can be added again.
      expect(write(table.writerOf(set), [0, 9], [0, 2])).toEqual([ENFILE, 0]);
    });

    test.each([['type ipv4_addr; flags interval;', EEXIST]])(
      'tells that a longer interval covers an element of { %s }',
      async (declaration, errno) => {
        const set = await table.addSet('s', declaration);
        await table.namespace.nft('add element inet t s { 10.0.0.0/8 }');
        expect(write(table.writerOf(set), [10, 1, 2, 3], [11, 0, 0, 1])).toEqual([errno, 0]);
      },
    );

    test.each(ways)('stores thousands at once: %s', async (refresh) => {
      const set = await table.addSet('s', 'type ipv4_addr; flags timeout; size 65536;');
      const keys = Array.from({ length: 4096 }, (_, i) => [10, 0, i >> 8, i & 0xff]);
      const writer = table.writerOf(set, { refresh, timeoutMs: 500_000 });
      expect(write(writer, ...keys)).toEqual(keys.map(() => 0));
      expect(await table.elementsOf('s')).toHaveLength(4096);
      expect(write(writer, ...keys)).toEqual(keys.map(() => 0));
      expect(await table.elementsOf('s')).toHaveLength(4096);
    });

    test('finds every culprit among thousands', async () => {
      const set = await table.addSet('s', 'type ipv4_addr; size 3000;');
      const keys = Array.from({ length: 4096 }, (_, i) => [10, 0, i >> 8, i & 0xff]);
      const errnos = write(table.writerOf(set), ...keys);
      expect(errnos).toEqual(keys.map((_, index) => (index < 3000 ? 0 : ENFILE)));
      expect(await table.elementsOf('s')).toHaveLength(3000);
    });

    test('refuses everything when set or table are gone', async () => {
      const writer = table.writerOf(await table.addSet('s', 'type inet_service;'));
      await table.namespace.nft('delete set inet t s');
      expect(write(writer, [0, 1], [0, 2])).toEqual([ENOENT, ENOENT]);
      await table.namespace.nft('delete table inet t');
      expect(write(writer, [0, 1], [0, 2])).toEqual([ENOENT, ENOENT]);
    });
  });
});
