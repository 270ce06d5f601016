import { describe, expect, test } from 'vitest';
import { checkLayout } from '../../../../../src/plugins/output/database/check-layout.ts';
import type { ColumnType } from '../../../../../src/plugins/output/database/layout.ts';
import { key } from '../../../../../src/records/key.ts';
import { column, tableOf } from './fake-database.ts';

const keys = [
  key('oob.time.sec', 'u32', ''),
  key('oob.time.usec', 'u32', ''),
  key('oob.prefix', 'string', ''),
  key('ip.saddr', 'ip', ''),
  { ...key('ip.saddr.str', 'string', ''), onlyByName: true },
  key('arp.saddr', 'ip', ''),
  key('mac.saddr.str', 'string', ''),
  key('raw.pkt', 'bytes', ''),
  key('ip6.fragoff', 'u16', ''),
  key('odd_name', 'u8', ''),
];
const integer = { kind: 'integer', max: 4_294_967_295n } as const;
const text = { kind: 'text' } as const;

const check = (...columns: Parameters<typeof tableOf>) =>
  checkLayout(tableOf(...columns), keys, false);

describe('what a table wants', () => {
  test('names keys with underscores for dots, whatever the case', () => {
    expect(
      check(
        column('OOB_PREFIX', text),
        column('ip6_fragoff', integer),
        column('odd_name', integer),
        column('specter_id', { kind: 'uuid' }),
      ),
    ).toEqual({ keys: ['oob.prefix', 'ip6.fragoff', 'odd_name'], problems: [], leftOut: [] });
  });

  test('takes addresses in the form of the column, whatever ulogd2 calls them', () => {
    const columns = [
      column('ip_saddr_str', { kind: 'address' }),
      column('ip_saddr_bin', { kind: 'binary', length: 16 }),
      column('ip_saddr', text),
      column('mac_saddr_str', { kind: 'mac' }),
    ];
    expect(check(...columns).keys).toEqual(['ip.saddr', 'mac.saddr.str']);
  });

  test('makes points in time of seconds and microseconds', () => {
    const time = { kind: 'time' } as const;
    const expected = { keys: ['oob.time.sec', 'oob.time.usec'], problems: [], leftOut: [] };
    expect(check(column('oob_time', time))).toEqual(expected);
    expect(check(column('timestamp', time))).toEqual(expected);
  });

  test('tells of every column that cannot be filled, with the nearest keys', () => {
    expect(
      check(
        column('oob_prefx', text),
        column('saddr', text),
        column('nothing_near', text),
        column('raw_pkt', integer),
        column('oob_prefix', integer),
      ).problems,
    ).toEqual([
      'column oob_prefx (text): no plugin of the block provides the key oob.prefx; did you mean oob_prefix?',
      'column saddr (text): no plugin of the block provides the key saddr; did you mean ip_saddr or arp_saddr?',
      'column nothing_near (text): no plugin of the block provides the key nothing.near',
      'column raw_pkt (integer): it cannot hold the key raw.pkt, of type bytes',
      'column oob_prefix (integer): it cannot hold the key oob.prefix, of type string',
    ]);
  });

  test.each<[ColumnType, boolean]>([
    [{ kind: 'uuid' }, true],
    [{ kind: 'any' }, true],
    [{ kind: 'binary' }, true],
    [{ kind: 'binary', length: 16 }, true],
    [{ kind: 'binary', length: 17 }, false],
    [{ kind: 'binary', maxLength: 16 }, true],
    [{ kind: 'binary', maxLength: 15 }, false],
    [{ kind: 'text' }, true],
    [{ kind: 'text', maxLength: 32 }, true],
    [{ kind: 'text', maxLength: 31 }, false],
    [integer, false],
    [{ kind: 'boolean' }, false],
    [{ kind: 'address' }, false],
    [{ kind: 'time' }, false],
    [{ kind: 'other' }, false],
  ])('ids in a column of the form %#', (type, fits) => {
    const problem = `column SPECTER_ID (${type.kind}): it holds no ids, which are 16 bytes, 32 characters, or a uuid`;
    // Whether it has values of its own or not.
    for (const hasDefault of [false, true]) {
      expect(check(column('SPECTER_ID', type, { hasDefault }))).toEqual({
        ...{ keys: [], leftOut: [] },
        problems: fits ? [] : [problem],
      });
    }
  });

  test('takes no numbers for addresses that may be IPv6 ones, unless told so', () => {
    const layout = tableOf(column('ip_saddr', integer), column('arp_saddr', integer));
    expect(checkLayout(layout, keys, false).problems).toEqual([
      'column ip_saddr (integer): it holds IPv4 addresses, but no IPv6 ones',
    ]);
    expect(checkLayout(layout, keys, true).problems).toEqual([]);
  });

  test('leaves columns with values of their own to the database, but no arguments', () => {
    const layout = tableOf(column('id', integer, { hasDefault: true }));
    expect(checkLayout(layout, keys, false)).toEqual({ keys: [], problems: [], leftOut: ['id'] });
    expect(checkLayout({ ...layout, positional: true }, keys, false).problems).toEqual([
      'column id (integer): no plugin of the block provides the key id',
    ]);
  });
});
