import { describe, expect, test } from 'vitest';
import type { ColumnType } from '../../../../../src/plugins/output/database/layout.ts';
import { RowFormat } from '../../../../../src/plugins/output/database/row-format.ts';
import { TableWriter } from '../../../../../src/plugins/output/database/table-writer.ts';
import { RecordBuffer } from '../../../../../src/plugins/output/queue/record-buffer.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { BytesColumn, NumberColumn } from '../../../../../src/records/column.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { type KeyType, key } from '../../../../../src/records/key.ts';
import { column, FakeDatabase, type StoredValue, tableOf } from './fake-database.ts';

type Value = number | bigint | string | undefined;

/** What becomes of values of a key in a column: bytes are given as Latin-1. */
async function stored(
  keyType: KeyType,
  type: ColumnType,
  values: readonly Value[],
  name = 'a.key',
) {
  const database = new FakeDatabase(
    tableOf(column('a_key', type), column('dummy', { kind: 'text' })),
  );
  const keys = [key(name, keyType, ''), key('dummy', 'u8', '')];
  const columns = new ColumnSet(values.length, keys);
  const format = new RowFormat(columns.entries());
  const buffer = new RecordBuffer(format.head);
  const batch = new Batch(columns);
  batch.begin(
    Buffer.from(values.map((each) => (typeof each === 'string' ? each : '')).join(''), 'latin1'),
  );
  let at = 0;
  for (const [row, value] of values.entries()) {
    if (value === undefined) continue;
    const { column: filled } = columns.entries()[0] ?? {};
    if (filled instanceof BytesColumn && typeof value === 'string') {
      filled.set(row, at, value.length);
      at += value.length;
    } else if (filled instanceof NumberColumn) filled.set(row, Number(value));
    else if (filled && 'high' in filled) {
      filled.set(row, Number(BigInt(value) >> 32n), Number(BigInt(value) & 0xffff_ffffn));
    }
  }
  batch.count = values.length;
  batch.selectAll();
  buffer.makeRoom(1000);
  for (let row = 0; row < values.length; row++) {
    const end = format.write(row, buffer.view, buffer.position);
    expect(end - buffer.position).toBeLessThanOrEqual(format.room(row));
    buffer.commit(end);
  }
  const piece = buffer.seal();
  const writer = new TableWriter(await database.connect(() => {}));
  const { cut, unfit } = await writer.store(piece ? [piece] : []);
  const found: readonly (StoredValue | undefined)[] = database.rows.map(
    ({ a_key: value }) => value,
  );
  return { values: found, cut: cut.get('a_key') ?? 0, unfit: unfit.get('a_key') ?? 0 };
}

describe('numbers', () => {
  test('up to the greatest that the column takes', async () => {
    expect(
      await stored('u32', { kind: 'integer', max: 32_767n }, [0, undefined, 32_767, 32_768]),
    ).toEqual({ values: [0n, null, 32_767n, null], cut: 0, unfit: 1 });
  });

  test('or as much as the column takes, where something has to be there', async () => {
    const type = { kind: 'integer', max: 32_767n, saturates: true } as const;
    expect(await stored('u16', type, [0x86dd, undefined, 32_766])).toEqual({
      values: [32_767n, null, 32_766n],
      cut: 0,
      unfit: 1,
    });
  });

  test('of 64 bits', async () => {
    const most = 2n ** 63n - 1n;
    expect(
      await stored('u64', { kind: 'integer', max: most }, [2n ** 32n, most, most + 1n]),
    ).toEqual({ values: [2n ** 32n, most, null], cut: 0, unfit: 1 });
  });

  test('as truth values and as text', async () => {
    expect((await stored('bool', { kind: 'boolean' }, [0, 1])).values).toEqual([0n, 1n]);
    expect((await stored('u16', { kind: 'text' }, [0, 65_535])).values).toEqual(['0', '65535']);
  });
});

describe('points in time', () => {
  test('that a column does not take are not there, and counted', async () => {
    const range = { first: 1, last: 2 ** 31 - 1 };
    const seconds = [0, 1, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1];
    const at = (second: number) => BigInt(second) * 1_000_000n;
    expect(await stored('u32', { kind: 'time', range }, seconds, 'a.key.sec')).toEqual({
      values: [null, at(1), at(2 ** 31 - 1), null, null],
      cut: 0,
      unfit: 3,
    });
    expect(await stored('u32', { kind: 'time' }, seconds, 'a.key.sec')).toEqual({
      values: seconds.map(at),
      cut: 0,
      unfit: 0,
    });
  });
});

describe('addresses', () => {
  const ipv4 = '\xc0\xa8\x00\x01';
  const ipv6 = ' \x01\r\xb8\0\0\0\0\0\0\0\0\0\0\0\x01';

  test.each<[ColumnType, readonly StoredValue[], number]>([
    [{ kind: 'address' }, ['c0a80001', '20010db8000000000000000000000001'], 0],
    [{ kind: 'text' }, ['192.168.0.1', '2001:db8::1'], 0],
    [{ kind: 'integer', max: 4_294_967_295n }, [3_232_235_521n, null], 1],
    [{ kind: 'integer', max: 2_147_483_647n }, [null, null], 2],
    [
      { kind: 'binary', length: 16 },
      ['00000000000000000000ffffc0a80001', '20010db8000000000000000000000001'],
      0,
    ],
    [{ kind: 'binary', maxLength: 16 }, ['c0a80001', '20010db8000000000000000000000001'], 0],
  ])('in columns of the form %#', async (type, values, unfit) => {
    expect(await stored('ip', type, [ipv4, ipv6])).toEqual({ values, cut: 0, unfit });
  });

  test('of the link layer', async () => {
    expect(await stored('mac', { kind: 'mac' }, ['\x02\0\0\0\0\x01', '\x01'])).toEqual({
      values: ['020000000001', null],
      cut: 0,
      unfit: 1,
    });
    expect(await stored('string', { kind: 'mac' }, ['02:00:00:00:00:01', '02:00'])).toEqual({
      values: ['02:00:00:00:00:01', null],
      cut: 0,
      unfit: 1,
    });
  });
});

describe('texts', () => {
  test('with what no database takes escaped', async () => {
    expect(
      (await stored('string', { kind: 'text' }, ['a\0b', '\xff\xfe', '\xc3\xa4', "o'k\\"])).values,
    ).toEqual(['a\\x00b', '\\xff\\xfe', 'ä', "o'k\\"]);
  });

  test('cut after as many characters as the column takes, not bytes', async () => {
    const text = Buffer.from('äöü€x').toString('latin1');
    expect(await stored('string', { kind: 'text', maxLength: 4 }, [text, 'abcd'])).toEqual({
      values: ['äöü€', 'abcd'],
      cut: 1,
      unfit: 0,
    });
  });

  test('of addresses and numbers whole, or not at all', async () => {
    const short: ColumnType = { kind: 'text', maxLength: 3 };
    expect(await stored('u16', short, [534, 5344, 65_535])).toEqual({
      ...{ values: ['534', null, null], cut: 0, unfit: 2 },
    });
    const none = { values: [null], cut: 0, unfit: 1 };
    const long = ' \x01\r\xb8\0\0\0\x01\0\0\0\0\0\0\xab\xcd';
    expect(await stored('ip', { kind: 'text', maxLength: 15 }, [long])).toEqual(none);
  });

  test('in ASCII, where the column takes nothing else', async () => {
    expect(
      (await stored('string', { kind: 'text', asciiOnly: true }, ['\xc3\xa4x', 'y'])).values,
    ).toEqual(['\\xc3\\xa4x', 'y']);
  });

  test('as bytes', async () => {
    expect(await stored('bytes', { kind: 'binary', maxLength: 2 }, ['\0\xff\x01', ''])).toEqual({
      values: ['00ff', ''],
      cut: 1,
      unfit: 0,
    });
    expect((await stored('bytes', { kind: 'text' }, ['\0\xff'])).values).toEqual(['00ff']);
  });
});
