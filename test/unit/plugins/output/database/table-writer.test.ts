import { afterEach, describe, expect, test, vi } from 'vitest';
import type { RowField } from '../../../../../src/plugins/output/database/row-head.ts';
import { TableWriter } from '../../../../../src/plugins/output/database/table-writer.ts';
import { rowPiece } from '../../../../support/row-piece.ts';
import { column, FakeDatabase, refuseIf, tableOf } from './fake-database.ts';

const mark: RowField = { name: 'oob.mark', type: 'u32' };
const prefix: RowField = { name: 'oob.prefix', type: 'string' };

const id = column('specter_id', { kind: 'uuid' });
const marks = column('oob_mark', { kind: 'integer', max: 0xffn });
const prefixes = column('oob_prefix', { kind: 'text', maxLength: 3 });

async function setUp(database: FakeDatabase): Promise<TableWriter> {
  return new TableWriter(await database.connect(() => {}));
}

const marked = (...values: number[]) =>
  rowPiece(
    [mark],
    values.map((value) => [value]),
  );

afterEach(() => {
  vi.useRealTimers();
});

describe('rows with none of the columns of the table', () => {
  const reason = 'no column of the table takes any of their keys';

  test.each([
    ['that has no ids', tableOf(prefixes)],
    ['that has ids', tableOf(id, prefixes)],
    ['whose columns are arguments', { ...tableOf(prefixes), positional: true }],
  ])('%s are refused; others are stored', async (_, layout) => {
    const database = new FakeDatabase(layout);
    const writer = await setUp(database);
    const others = rowPiece([prefix], [['abc']], 9);
    const result = await writer.store([marked(1, 2), others, marked(3), others]);
    expect(result).toMatchObject({ refused: 3, reasons: new Map([[reason, 3]]) });
    expect(result.stored + result.known).toBe(2);
    expect(database.inserts).toEqual([1, 1]);
    expect(database.rows[0]).toMatchObject({ oob_prefix: 'abc' });
  });
});

describe('rows that take longer than a second', () => {
  /** A database whose answers take a while, by the fake clock. */
  function slowDatabase(answerMs: number): FakeDatabase {
    vi.useFakeTimers();
    const database = new FakeDatabase(tableOf(marks, prefixes));
    const refuse = refuseIf(({ oob_mark: value }) => value === 3n);
    database.beforeInsert = async (rows) => {
      await new Promise((resolve) => setTimeout(resolve, answerMs));
      refuse(rows);
    };
    return database;
  }

  const rows = [0, 1, 2, 3, 4, 5, 6, 400].map((value) => [value, 'too long']);
  const piece = rowPiece([mark, prefix], rows);

  test('are left to the next call; what was lost of values counts once', async () => {
    const database = slowDatabase(300);
    const writer = await setUp(database);
    const first = writer.store([piece]);
    await vi.advanceTimersByTimeAsync(1200);
    // 8 and 4 were refused, 2 and 1 were stored.
    expect(await first).toEqual({
      ...{ stored: 3, known: 0, refused: 0, reasons: new Map() },
      ...{ cut: new Map([['oob_prefix', 3]]), unfit: new Map() },
    });
    const rest = rowPiece([mark, prefix], rows.slice(3));
    const second = writer.store([rest]);
    await vi.advanceTimersByTimeAsync(1200);
    expect(await second).toEqual({
      ...{ stored: 4, known: 0, refused: 1, reasons: new Map([['bad row', 1]]) },
      ...{ cut: new Map([['oob_prefix', 5]]), unfit: new Map([['oob_mark', 1]]) },
    });
    expect(database.inserts).toEqual([8, 4, 2, 1, 1, 1, 2, 1]);
  });

  test('may need a further call before any is dealt with', async () => {
    const database = slowDatabase(1500);
    const writer = await setUp(database);
    const calls = [writer.store([piece])];
    await vi.advanceTimersByTimeAsync(1500);
    calls.push(writer.store([piece]));
    await vi.advanceTimersByTimeAsync(1500);
    calls.push(writer.store([piece]));
    await vi.advanceTimersByTimeAsync(1500);
    expect((await Promise.all(calls)).map(({ stored }) => stored)).toEqual([0, 0, 2]);
    expect(database.inserts).toEqual([8, 4, 2]);
  });

  test('and rows with other fields behind them: these are left as well', async () => {
    const database = slowDatabase(1500);
    const writer = await setUp(database);
    const stored = writer.store([marked(0, 1), piece]);
    await vi.advanceTimersByTimeAsync(1500);
    expect(await stored).toMatchObject({ stored: 2, known: 0, refused: 0 });
    expect(database.inserts).toEqual([2]);
  });
});

describe('a database that fails in the middle', () => {
  test('has what it did before told first, and fails with the next call', async () => {
    const database = new FakeDatabase(tableOf(marks));
    const writer = await setUp(database);
    database.beforeInsert = (rows) => {
      refuseIf(({ oob_mark: value }) => value === 2n)(rows);
      if (rows.some(({ oob_mark: value }) => value === 3n)) throw new Error('gone');
    };
    const result = await writer.store([marked(0, 1, 2, 3)]);
    expect(result).toMatchObject({ stored: 2, known: 0, refused: 1 });
    database.beforeInsert = () => {};
    await expect(writer.store([marked(3)])).rejects.toThrow('gone');
    expect(database.rows.length).toBe(2);
  });

  test('before anything is done fails at once', async () => {
    const database = new FakeDatabase(tableOf(marks));
    const writer = await setUp(database);
    database.beforeInsert = () => {
      throw new Error('gone');
    };
    await expect(writer.store([marked(0)])).rejects.toThrow('gone');
  });
});
