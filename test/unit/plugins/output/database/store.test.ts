import { describe, expect, test } from 'vitest';
import {
  openDatabase,
  sessionsOf,
} from '../../../../../src/plugins/output/database/open-database.ts';
import type { CommonValues } from '../../../../../src/plugins/output/database/options.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { type Key, key } from '../../../../../src/records/key.ts';
import { eventually } from '../../../../support/eventually.ts';
import { fakeContext } from '../../fake-context.ts';
import { column, FakeDatabase, refuseIf, tableOf } from './fake-database.ts';

const keys: readonly Key[] = [
  key('oob.time.sec', 'u32', ''),
  key('oob.time.usec', 'u32', ''),
  key('ip.saddr', 'ip', ''),
  key('tcp.sport', 'u16', ''),
  key('oob.prefix', 'string', ''),
];

const layout = tableOf(
  column('specter_id', { kind: 'uuid' }),
  column('oob_time', { kind: 'time' }),
  column('ip_saddr', { kind: 'address' }),
  column('tcp_sport', { kind: 'integer', max: 65535n }),
  column('oob_prefix', { kind: 'text', maxLength: 4 }),
);

const values: CommonValues = {
  batch: 100,
  flush: 10,
  queue: 1 << 20,
  spool: undefined,
  spoolmax: 1 << 30,
  shutdown: 1000,
  reconnect: 100,
  lazy: false,
  ipv4only: false,
};

function setUp(others: Partial<CommonValues> = {}) {
  const database = new FakeDatabase(layout);
  const columns = new ColumnSet(64, keys);
  const context = { ...fakeContext(columns, {}), surveyed: keys.map(({ name }) => name) };
  const output = openDatabase(context, 'FAKE', sessionsOf(database), { ...values, ...others });
  const batch = new Batch(columns);
  let sent = 0;
  const send = (rows: number) => {
    const bytes = Buffer.from('\x0a\x00\x00\x01prefix');
    batch.begin(bytes);
    for (let row = 0; row < rows; row++) {
      columns.numbers({ name: 'oob.time.sec', type: 'u32', help: '' }).set(row, 1_700_000_000);
      columns.numbers({ name: 'oob.time.usec', type: 'u32', help: '' }).set(row, 5);
      columns.bytes({ name: 'ip.saddr', type: 'ip', help: '' }).set(row, 0, 4);
      columns.numbers({ name: 'tcp.sport', type: 'u16', help: '' }).set(row, sent++);
      columns.bytes({ name: 'oob.prefix', type: 'string', help: '' }).set(row, 4, 6);
    }
    batch.count = rows;
    batch.selectAll();
    output.write(batch);
  };
  return { database, output, send, context };
}

describe('an output that stores rows', () => {
  test('stores each row once, in order, with what its columns take', async () => {
    const { database, output, send } = setUp();
    send(64);
    send(64);
    await output.close();
    expect(database.rows.map(({ tcp_sport: port }) => port)).toEqual(
      Array.from({ length: 128 }, (_, i) => BigInt(i)),
    );
    const { specter_id: id, ...first } = database.rows[0] ?? {};
    expect(first).toEqual({
      oob_time: 1_700_000_000_000_005n,
      ip_saddr: '0a000001',
      tcp_sport: 0n,
      oob_prefix: 'pref',
    });
    expect(id).toMatch(/^[0-9a-f]{12}7[0-9a-f]{3}[89ab][0-9a-f]{15}$/);
    expect(new Set(database.rows.map((row) => row.specter_id)).size).toBe(128);
    expect(output.counters).toEqual({ written: 128, dropped: 0, errors: 0 });
    expect(output.details?.()).toMatchObject({ 'texts cut': 128, connects: 1, queued: 0 });
  });

  test('finds the rows that the database refuses, and stores the others', async () => {
    const { database, output, send } = setUp();
    database.beforeInsert = refuseIf(({ tcp_sport: port }) => port === 7n || port === 50n);
    send(64);
    await output.close();
    expect(database.rows.length).toBe(62);
    expect(output.counters).toEqual({ written: 62, dropped: 2, errors: 0 });
  });

  test('stores a batch again of which it does not know what became of it: once', async () => {
    const { database, output, send, context } = setUp();
    let failures = 1;
    database.afterInsert = () => {
      if (failures-- > 0) throw new Error('connection reset');
    };
    send(64);
    await eventually(() => expect(output.counters.written).toBe(64));
    await output.close();
    expect(database.rows.length).toBe(64);
    expect(output.details?.()).toMatchObject({ 'stored before': 64, connects: 2 });
    expect(context.log.lines).toEqual([
      'error: connection reset; trying again, 64 records wait',
      'notice: fake://table works again',
      'counted: texts cut to the length of column oob_prefix: 64',
    ]);
  });

  test('drops what it cannot store until its end, and says so', async () => {
    const { database, output, send, context } = setUp();
    database.down = new Error('fake://table: refused');
    send(64);
    await output.close();
    expect(output.counters).toMatchObject({ written: 0, dropped: 64 });
    expect(context.log.lines.at(-1)).toBe(
      'error: 64 records lost: fake://table has not taken them',
    );
  });
});
