import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';
import { nftset } from '../../../../../src/plugins/output/nftset/index.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { fakeContext, fakeHost } from '../../fake-context.ts';

const options = {
  nftset: ['inet t s'],
  nftkey: 'ip.saddr',
  nfttimeout: undefined,
  nftaction: 'add',
} as const;

describe('NFTSET', () => {
  test('reads the keys of its elements', () => {
    expect(nftset.readsOf?.({ ...options, nftkey: 'ip.saddr . tcp.dport' })).toMatchObject([
      { option: 'nftkey', key: 'ip.saddr', offset: 0, length: 8 },
      { option: 'nftkey', key: 'tcp.dport', offset: 11, length: 9 },
    ]);
    expect(nftset.readsOf?.({ ...options, nftkey: 'ip.saddr .' })).toEqual([]);
  });

  test('has nothing against proper options', () => {
    expect(nftset.check?.({ ...options, nfttimeout: 60_000 })).toEqual([]);
  });

  test('points at what is wrong', () => {
    const wrong = {
      nftset: ['inet t s', 'ipv6 t s'],
      nftkey: 'ip.saddr tcp.dport',
      nfttimeout: 60_000,
      nftaction: 'delete',
    } as const;
    expect(nftset.check?.(wrong)).toEqual([
      {
        option: 'nftset',
        item: 1,
        message: '"ipv6" is no family; nftables has inet, ip, arp, netdev, bridge, ip6',
        offset: 0,
        length: 4,
      },
      {
        option: 'nftkey',
        message: 'keys have a dot between them that stands alone, as in ip.saddr . tcp.dport',
        offset: 9,
        length: 9,
      },
      { option: 'nfttimeout', message: 'elements that are deleted have no timeout' },
    ]);
  });

  test('says what a set without its quotes lacks', () => {
    expect(nftset.check?.({ ...options, nftset: ['inet', 'filter', 'banned'] })).toEqual([
      {
        option: 'nftset',
        message: 'nftset takes one set or two, each in quotes: "inet filter banned"',
      },
    ]);
  });

  test.each([
    ['ip.saddr . raw.pkt', 'raw.pkt', 19],
    ['"ip.saddr . \\\n raw.pkt"', 'raw.pkt', 2],
  ])('refuses keys that no set can have: %j', (nftkey, key, column) => {
    const config = `1 {\nplugin BASE\nplugin NFTSET\nnftset "inet t s"\nnftkey ${nftkey}\n}\n`;
    const { document } = parseConfig(config, 't.conf');
    const paths = { writable: () => undefined, readable: () => undefined };
    const { diagnostics } = resolveConfig(document, new PluginCatalogue(), { paths });
    const line = nftkey.includes('\n') ? 6 : 5;
    expect(formatDiagnostics(diagnostics, document.source)).toMatch(
      `t.conf:${line}:${column}: error: no element can have ${key}: nftables has no type for its values\n`,
    );
  });

  test('does not open without the capability', () => {
    const host = fakeHost({ capabilities: [] });
    const context = fakeContext(new ColumnSet(1, []), options, { host });
    expect(() => nftset.open(context)).toThrow(
      'NFTSET needs CAP_NET_ADMIN to change sets: add `keepcaps net_admin` to the block global, or run as root',
    );
  });
});
