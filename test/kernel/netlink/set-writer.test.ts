import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Refresh } from '../../../src/netlink/nftables/index.ts';
import { title } from '../../support/requirements.ts';
import { requireEntry } from './inside.ts';
import { NftTable, type TimedElement, write } from './nft-table.ts';

const missing = requireEntry();
const ENOENT = 2;
const EEXIST = 17;
const ESTALE = 116;
const ways: readonly Refresh[] = ['update', 'replace'];

describe.skipIf(missing)(title('SetWriter and what else happens to a set', missing), () => {
  let table: NftTable;
  beforeEach(async () => {
    table = await NftTable.create();
  });
  afterEach(async () => await table[Symbol.asyncDispose]());

  test.each([
    // The start of an interval without end would reach up to 255.255.255.255.
    ['type ipv4_addr;', 'set', 'type ipv4_addr; flags interval;'],
    ['type ipv4_addr; flags interval;', 'set', 'type ipv4_addr;'],
    ['type ipv4_addr;', 'set', 'type mark;'],
    ['type ipv4_addr;', 'map', 'type ipv4_addr : verdict;'],
    ['type ipv4_addr; flags timeout;', 'set', 'type ipv4_addr;'],
  ])('puts nothing into a set { %s } that became a %s { %s }', async (before, what, after) => {
    const set = await table.addSet('s', before);
    const writer = table.writerOf(set);
    expect(write(writer, [10, 0, 0, 1])).toEqual([0]);
    await table.namespace.nft(`delete set inet t s; add ${what} inet t s { ${after} }`);
    expect(write(writer, [192, 0, 2, 1], [192, 0, 2, 2])).toEqual([ESTALE, ESTALE]);
    const listed = await table.namespace.exec('nft', 'list', 'table', 'inet', 't');
    expect(listed).not.toContain('elements');
  });

  test('goes on where others change the ruleset, and looks at the set again only then', async () => {
    const declaration = 'type ipv4_addr; flags timeout;';
    const set = await table.addSet('s', declaration);
    const writer = table.writerOf(set);
    expect(write(writer, [192, 0, 2, 1])).toEqual([0]);
    const { epoch } = table.transaction;
    // The second changes nothing, so that the ruleset stays in its generation.
    for (const last of [2, 2, 3]) expect(write(writer, [192, 0, 2, last])).toEqual([0]);
    const deleting = table.writerOf(set, { action: 'delete' });
    expect(write(deleting, [192, 0, 2, 1], [192, 0, 2, 2], [192, 0, 2, 3])).toEqual([0, 0, 0]);
    expect(write(writer, [192, 0, 2, 4])).toEqual([0]);
    expect(table.transaction.epoch).toBe(epoch);
    await table.namespace.nft(
      `flush ruleset; add table inet t; add set inet t s { ${declaration} }`,
    );
    expect(write(writer, [192, 0, 2, 5])).toEqual([0]);
    expect(table.transaction.epoch).toBe(epoch + 1);
    expect(await table.elementsOf('s')).toEqual(['192.0.2.5']);
  });

  test.each(ways)('leaves an interval up to the highest address as it is: %s', async (refresh) => {
    const set = await table.addSet('s', 'type ipv4_addr; flags interval, timeout;');
    await table.namespace.nft('add element inet t s { 240.0.0.0/4 timeout 1h }');
    const keys = [
      [240, 0, 0, 0],
      [240, 0, 0, 1],
      [255, 255, 255, 255],
    ];
    const adding = table.writerOf(set, { refresh, timeoutMs: 60_000 });
    expect(write(adding, ...keys)).toEqual([EEXIST, EEXIST, EEXIST]);
    const deleting = table.writerOf(set, { action: 'delete' });
    expect(write(deleting, ...keys)).toEqual([ENOENT, ENOENT, ENOENT]);
    const [only] = (await table.elementsOf('s')) as TimedElement[];
    expect(only?.elem).toMatchObject({
      val: { prefix: { addr: '240.0.0.0', len: 4 } },
      timeout: 3600,
    });
  });

  test.each(['type ipv4_addr; flags interval;', 'type ipv4_addr . inet_service; flags interval;'])(
    'tells neighbours and intervals of { %s } apart',
    async (declaration) => {
      const set = await table.addSet('s', declaration);
      const port = set.keyLength === 8;
      const key = (...address: number[]): number[] => (port ? [...address, 0, 22, 0, 0] : address);
      await table.namespace.nft(`add element inet t s { 192.0.2.0/30${port ? ' . 22' : ''} }`);
      const keys = [key(192, 0, 1, 255), key(192, 0, 2, 4), key(192, 0, 2, 5), key(192, 0, 2, 0)];
      const adding = table.writerOf(set);
      for (let times = 0; times < 2; times++) {
        expect(write(adding, ...keys, key(192, 0, 2, 3))).toEqual([0, 0, 0, EEXIST, EEXIST]);
      }
      expect(await table.elementsOf('s')).toHaveLength(4);
      const deleting = table.writerOf(set, { action: 'delete' });
      expect(write(deleting, ...keys)).toEqual([0, 0, 0, ENOENT]);
      expect(await table.elementsOf('s')).toHaveLength(1);
    },
  );

  test('does not wait where nothing is to be done', async () => {
    const set = await table.addSet('s', 'type ipv4_addr; flags interval;');
    await table.namespace.nft('add element inet t s { 10.0.0.0/8 }');
    const adding = table.writerOf(set);
    const deleting = table.writerOf(set, { action: 'delete' });
    const commit = vi.spyOn(table.transaction, 'commit');
    const keys = Array.from({ length: 1024 }, (_, i) => [10, 0, i >> 8, i & 0xff]);
    expect(write(adding, ...keys)).toEqual(keys.map(() => EEXIST));
    expect(write(deleting, ...keys)).toEqual(keys.map(() => ENOENT));
    expect(commit).not.toHaveBeenCalled();
  });

  test.each(ways)(
    'clones counters and limits of the set into its elements: %s',
    async (refresh) => {
      const declaration = 'type ipv4_addr; flags dynamic, timeout; limit rate 5/second;';
      const set = await table.addSet('s', declaration);
      const writer = table.writerOf(set, { refresh, timeoutMs: 3_600_000 });
      for (let times = 0; times < 2; times++) expect(write(writer, [192, 0, 2, 1])).toEqual([0]);
      expect(await table.namespace.exec('nft', 'list', 'set', 'inet', 't', 's')).toMatch(
        /192\.0\.2\.1 limit rate 5\/second timeout 1h expires 59m/,
      );
    },
  );
});
