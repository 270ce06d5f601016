import { describe, expect, test } from 'vitest';
import { RefusedRows } from '../../../src/plugins/output/database/database.ts';
import type { TableColumn } from '../../../src/plugins/output/database/layout.ts';
import { createSqliteDatabase } from '../../../src/plugins/output/database/sqlite/index.ts';
import { bytes, integers, rowId } from '../../support/cells-of.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { makeSqlite, openSqlite, settingsFor } from '../../support/sqlite-file.ts';

async function connectTo(folder: ScratchFolder, sql: string, table = 't') {
  const path = folder.join('test.db');
  makeSqlite(path, sql);
  const connection = await createSqliteDatabase(settingsFor(path, table)).connect(() => {});
  const column = (name: string): TableColumn => {
    const found = connection.layout.columns.find((each) => each.name === name);
    if (!found) throw new Error(`no column ${name}`);
    return found;
  };
  return {
    ...{ connection, column, path },
    rows: (query: string): unknown[][] => {
      using db = openSqlite(path);
      return db.rows(query);
    },
    [Symbol.asyncDispose]: () => connection.close(),
  };
}

const repeat = <Value>(values: readonly Value[], times: number): Value[] =>
  Array.from({ length: times * values.length }, (_, i) => values[i % values.length] as Value);

describe('values in SQLite', () => {
  test('layout: columns that nobody fills are not there, and defaults are known', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(
      folder,
      `CREATE TABLE t (id INTEGER PRIMARY KEY, oob_prefix VARCHAR(8), _mine TEXT, hits INT DEFAULT 1,
         rest INT DEFAULT NULL, upper TEXT AS (upper(oob_prefix)), made TEXT AS ('x') STORED)`,
      'T',
    );
    expect(db.connection.layout.table).toBe('t');
    const integer = { kind: 'integer', max: 2n ** 63n - 1n };
    expect(db.connection.layout.columns).toEqual([
      { name: 'id', type: integer, sqlType: 'INTEGER', hasDefault: true },
      { name: 'oob_prefix', type: { kind: 'text' }, sqlType: 'VARCHAR(8)', hasDefault: false },
      { name: 'hits', type: integer, sqlType: 'INT', hasDefault: true },
      { name: 'rest', type: integer, sqlType: 'INT', hasDefault: false },
    ]);
  });

  test.each(['', ' STRICT'])('numbers arrive exactly: INTEGER, REAL, ANY%s', async (strict) => {
    await using folder = await ScratchFolder.create();
    const any = strict === '' ? '' : 'ANY';
    await using db = await connectTo(
      folder,
      `CREATE TABLE t (i INTEGER, r REAL, a ${any}, n ${strict === '' ? 'NUMERIC' : 'INT'})${strict}`,
    );
    const { connection, column } = db;
    const values = [0, 2 ** 31 - 1, 2 ** 31, 2 ** 32 - 1, 2 ** 51 - 1, 2 ** 51, 2 ** 53, null];
    const wide = [...values, 2n ** 63n - 1n];
    const real = [...values, 1];
    await connection.prepare([column('i'), column('r'), column('a'), column('n')]);
    const times = 30;
    const cells = [
      integers(column('i'), repeat(wide, times)),
      integers(column('r'), repeat(real, times)),
      integers(column('a'), repeat(wide, times)),
      integers(column('n'), repeat(wide, times)),
    ];
    const count = wide.length * times;
    expect(await connection.insert(cells, 0, count)).toBe(count);
    const text = (value: bigint | number | null) => (value === null ? null : String(value));
    const expected = wide.map((value, i) => {
      const integer = text(value);
      const types = value === null ? ['null', 'null', 'null'] : ['integer', 'real', 'integer'];
      return [integer, real[i] ?? null, integer, integer, ...types];
    });
    expect(
      db.rows(
        'SELECT CAST(i AS TEXT), r, CAST(a AS TEXT), CAST(n AS TEXT), typeof(i), typeof(r), typeof(a) FROM t ORDER BY rowid',
      ),
    ).toEqual(repeat(expected, times));
  });

  test('texts of all kinds arrive as they are', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(
      folder,
      'CREATE TABLE t (a TEXT, b BLOB, c VARCHAR(3), d INET)',
    );
    const { connection, column } = db;
    const nasty = [
      `'); DROP TABLE t; --`,
      '"\\x41\\0?1',
      'ГРУППА 😀',
      '',
      null,
      '12',
      '\x01\x7f\n',
      'x'.repeat(70_000),
      'x'.repeat(70_000),
    ];
    await connection.prepare([column('a'), column('b'), column('c')]);
    const times = 30;
    const count = nasty.length * times;
    const cells = [
      bytes(column('a'), repeat(nasty, times)),
      bytes(column('b'), repeat(nasty, times), 'binary'),
      bytes(column('c'), repeat(nasty, times)),
    ];
    expect(await connection.insert(cells, 0, count)).toBe(count);
    expect(db.rows('SELECT a, CAST(b AS TEXT), c, d FROM t ORDER BY rowid')).toEqual(
      repeat(
        nasty.map((value) => [value, value, value, null]),
        times,
      ),
    );
    expect(db.rows('SELECT DISTINCT typeof(a), typeof(b) FROM t WHERE a IS NOT NULL')).toEqual([
      ['text', 'blob'],
    ]);
  });

  test('bytes of any value and length', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(folder, 'CREATE TABLE t (b BLOB)');
    const { connection, column } = db;
    await connection.prepare([column('b')]);
    const all = Uint8Array.from({ length: 256 }, (_, i) => i);
    const values = [all, new Uint8Array(0), all.subarray(0, 16), all.subarray(9, 25)];
    await connection.insert([bytes(column('b'), repeat(values, 60), 'binary')], 0, 240);
    const hex = values.map((value) => [Buffer.from(value).toString('hex').toUpperCase()]);
    expect(db.rows('SELECT hex(b) FROM t ORDER BY rowid')).toEqual(repeat(hex, 60));
  });

  test('points in time are what SQLite reckons with', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(folder, 'CREATE TABLE t (at DATETIME)');
    const { connection, column } = db;
    await connection.prepare([column('at')]);
    const second = 1_795_226_743;
    const times = [second * 1e6 + 123, second * 1e6 + 999_999, null, 4_294_967_295_000_000, 0];
    await connection.insert([integers(column('at'), times, 'time')], 0, 5);
    expect(db.rows('SELECT at, unixepoch(at) FROM t ORDER BY rowid')).toEqual([
      ['2026-11-21 02:05:43.000123', second],
      ['2026-11-21 02:05:43.999999', second],
      [null, null],
      ['2106-02-07 06:28:15.000000', 4_294_967_295],
      ['1970-01-01 00:00:00.000000', 0],
    ]);
  });

  test('columns that are the same or NULL in some batches, and not in others', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(folder, "CREATE TABLE t (n INT, a TEXT DEFAULT 'no', b INT)");
    const { connection, column } = db;
    await connection.prepare([column('n'), column('a'), column('b')]);
    const batch = async (a: (i: number) => string | null, b: (i: number) => number | null) => {
      const numbers = Array.from({ length: 1003 }, (_, i) => i);
      const cells = [
        integers(column('n'), numbers),
        bytes(column('a'), numbers.map(a)),
        integers(column('b'), numbers.map(b)),
      ];
      using other = openSqlite(db.path);
      other.run('DELETE FROM t');
      expect(await connection.insert(cells, 1, 1003)).toBe(1002);
      const expected = numbers.slice(1).map((i) => [i, a(i), b(i)]);
      expect(other.rows('SELECT * FROM t ORDER BY rowid')).toEqual(expected);
    };
    const spreads = {
      a: [
        () => null,
        () => 'same',
        (i: number) => `x${i}`,
        (i: number) => (i === 700 ? 'x' : null),
      ],
      b: [() => null, () => 7, (i: number) => i, (i: number) => (i < 1002 ? 7 : null)],
    };
    for (const a of spreads.a) for (const b of spreads.b) await batch(a, b);
  });
});

describe('rows that SQLite has, or does not take', () => {
  test('rows whose id is there are left out and not counted', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(
      folder,
      'CREATE TABLE t (specter_id BLOB PRIMARY KEY, n INT) WITHOUT ROWID',
    );
    const { connection, column } = db;
    await connection.prepare([column('specter_id'), column('n')]);
    const numbers = Array.from({ length: 500 }, (_, i) => i);
    const ids = bytes(column('specter_id'), numbers.map(rowId), 'uuid');
    expect(await connection.insert([ids, integers(column('n'), numbers)], 0, 300)).toBe(300);
    const others = numbers.map((n) => n + 1000);
    expect(await connection.insert([ids, integers(column('n'), others)], 100, 500)).toBe(200);
    expect(db.rows('SELECT count(*), max(n), sum(n < 1000) FROM t')).toEqual([[500, 1499, 300]]);
  });

  test.each([
    ['a NOT NULL', 'CREATE TABLE t (n INT NOT NULL)', 'NOT NULL constraint failed: t.n'],
    ['a CHECK', 'CREATE TABLE t (n INT CHECK (n < 400))', 'CHECK constraint failed: n < 400'],
    ['another unique index', 'CREATE TABLE t (n INT UNIQUE)', 'UNIQUE constraint failed: t.n'],
    [
      'a foreign key',
      'CREATE TABLE p (n INT PRIMARY KEY); CREATE TABLE t (n INT REFERENCES p)',
      'FOREIGN KEY constraint failed',
    ],
    [
      'a trigger',
      `CREATE TABLE t (n INT); CREATE TRIGGER g BEFORE INSERT ON t WHEN new.n = 450
         BEGIN SELECT RAISE(ROLLBACK, 'not this one'); END`,
      'not this one',
    ],
    [
      'a function in a trigger',
      `CREATE TABLE t (n INT); CREATE TRIGGER g AFTER INSERT ON t WHEN new.n = 450
         BEGIN SELECT json('{'); END`,
      'malformed JSON',
    ],
    [
      'a STRICT table',
      'CREATE TABLE t (n BLOB) STRICT',
      'cannot store INT value in BLOB column t.n',
    ],
  ])('%s refuses rows: none of them is stored, and others are later', async (_, sql, message) => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(folder, sql);
    const { connection, column } = db;
    await connection.prepare([column('n')]);
    const numbers = Array.from({ length: 500 }, (_, i) => (i === 499 ? null : i === 498 ? 7 : i));
    const insert = connection.insert([integers(column('n'), numbers)], 0, 500);
    await expect(insert).rejects.toThrow(new RefusedRows(message));
    expect(db.rows('SELECT count(*) FROM t')).toEqual([[0]]);
    expect(await connection.insert([integers(column('n'), [null, 1])], 0, 0)).toBe(0);
  });

  test('a view with a trigger takes rows', async () => {
    await using folder = await ScratchFolder.create();
    await using db = await connectTo(
      folder,
      `CREATE TABLE t (n INT); CREATE VIEW v AS SELECT n FROM t;
       CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT INTO t VALUES (new.n); END`,
      'v',
    );
    const { connection, column } = db;
    await connection.prepare([column('n')]);
    await connection.insert([integers(column('n'), [1, 2, 3])], 0, 3);
    expect(db.rows('SELECT n FROM t')).toEqual([[1], [2], [3]]);
  });

  test('names of any kind', async () => {
    await using folder = await ScratchFolder.create();
    const name = `a "b" 'c'; --`;
    const sql = `CREATE TABLE "a ""b"" 'c'; --" ("x ""y"" [z]" INT)`;
    await using db = await connectTo(folder, sql, name);
    await db.connection.prepare(db.connection.layout.columns);
    const [column] = db.connection.layout.columns;
    if (!column) throw new Error('no column');
    expect(await db.connection.insert([integers(column, [5])], 0, 1)).toBe(1);
    expect(db.rows(`SELECT * FROM "a ""b"" 'c'; --"`)).toEqual([[5]]);
  });
});
