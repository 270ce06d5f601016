import { describe, expect, test } from 'vitest';
import { sessionsOf } from '../../../src/plugins/output/database/open-database.ts';
import { createSqliteDatabase } from '../../../src/plugins/output/database/sqlite/index.ts';
import { surveyTable } from '../../../src/plugins/output/database/survey-table.ts';
import { key } from '../../../src/records/key.ts';
import { rowPiece } from '../../support/row-piece.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { makeSqlite, openSqlite, settingsFor } from '../../support/sqlite-file.ts';
import { fakeHost, LoggedLines } from '../../unit/plugins/fake-context.ts';

const never = () => expect.unreachable();

/** Rows with numbers from `first` on, and such ids. */
const marks = (first: number, end: number) =>
  rowPiece(
    [{ name: 'oob.mark', type: 'u32' }],
    Array.from({ length: end - first }, (_, i) => [first + i]),
    first,
  );

async function open(folder: ScratchFolder, sql: string, table = 't') {
  const path = folder.join('test.db');
  makeSqlite(path, sql);
  const opener = sessionsOf(createSqliteDatabase(settingsFor(path, table)));
  const session = await opener.open(never);
  return {
    ...{ opener, session },
    rows: (select: string): unknown[][] => {
      using db = openSqlite(path);
      return db.rows(select);
    },
    [Symbol.asyncDispose]: () => session.close(),
  };
}

describe('specter_id in SQLite', () => {
  test.each([
    ['INTEGER', 'INTEGER PRIMARY KEY', ''],
    ['INTEGER', 'INTEGER UNIQUE', ' STRICT'],
    ['REAL', 'REAL', ' STRICT'],
    ['NUMERIC', 'NUMERIC', ''],
    ['BOOLEAN', 'BOOLEAN', ''],
    ['DATETIME', 'DATETIME', ''],
  ])('%s holds no ids: an error at the start, an outage later', async (type, column, strict) => {
    await using folder = await ScratchFolder.create();
    const sql = `CREATE TABLE t (oob_mark INT, specter_id ${column})${strict}`;
    await using file = await open(folder, sql);
    const problem = `column specter_id (${type}): it holds no ids, which are 16 bytes, 32 characters, or a uuid`;
    const survey = surveyTable(
      file.opener,
      { host: fakeHost(), keys: [key('oob.mark', 'u32', '')], log: new LoggedLines() },
      { prefix: 'sqlite3', lazy: false, ipv4only: false },
    );
    await expect(survey).rejects.toThrow(`table t cannot be filled:\n  ${problem}\n`);
    await expect(file.session.store([marks(0, 60)])).rejects.toThrow(problem);
    expect(file.rows('SELECT count(*) FROM t')).toEqual([[0]]);
  });

  test.each([
    ['BLOB', '', 'blob', 'hex(specter_id)'],
    ['', '', 'blob', 'hex(specter_id)'],
    ['UUID', '', 'blob', 'hex(specter_id)'],
    ['ANY', ' STRICT', 'blob', 'hex(specter_id)'],
    ['TEXT', '', 'text', 'specter_id'],
    ['TEXT', ' STRICT', 'text', 'specter_id'],
  ])('%s%s holds them, and knows them again', async (type, strict, kind, hex) => {
    await using folder = await ScratchFolder.create();
    const sql = `CREATE TABLE t (oob_mark INT, specter_id ${type} UNIQUE)${strict}`;
    await using file = await open(folder, sql);
    const { session } = file;
    expect(await session.store([marks(0, 300)])).toMatchObject({ stored: 300, known: 0 });
    expect(await session.store([marks(5, 305)])).toMatchObject({ stored: 5, known: 295 });
    expect(file.rows('SELECT DISTINCT typeof(specter_id) FROM t')).toEqual([[kind]]);
    expect(file.rows(`SELECT ${hex} FROM t WHERE oob_mark IN (10, 304) ORDER BY 1`)).toEqual([
      ['0190000000000000000000000000000A'].map((id) => (kind === 'text' ? id.toLowerCase() : id)),
      ['01900000000000000000000000000130'],
    ]);
  });
});

describe('a view of SQLite', () => {
  const view = (column: string, check = '') =>
    `CREATE TABLE t (id ${column}, n INT ${check}); CREATE TABLE notes (text);
     CREATE VIEW v AS SELECT n AS oob_mark, id AS specter_id FROM t;
     CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN
       INSERT INTO notes VALUES ('row');
       INSERT INTO t VALUES (new.specter_id, new.oob_mark);
     END`;

  test.each(['BLOB PRIMARY KEY', 'TEXT UNIQUE'])('knows ids of its table: %s', async (column) => {
    await using folder = await ScratchFolder.create();
    await using file = await open(folder, view(column), 'v');
    const { session } = file;
    const nothing = { known: 0, refused: 0 };
    expect(await session.store([marks(0, 3)])).toMatchObject({ ...nothing, stored: 3 });
    expect(await session.store([marks(0, 3)])).toMatchObject({ stored: 0, known: 3, refused: 0 });
    expect(await session.store([marks(2, 1203)])).toMatchObject({ stored: 1200, known: 1 });
    expect(await session.store([marks(0, 1300)])).toMatchObject({ stored: 97, known: 1203 });
    expect(file.rows('SELECT count(*), sum(n) FROM t')).toEqual([[1300, 844_350]]);
    // What came to nothing has left nothing behind.
    expect(file.rows('SELECT count(*) FROM notes')).toEqual([[1300]]);
  });

  test('rows that its table does not take are refused, and no others', async () => {
    await using folder = await ScratchFolder.create();
    const sql = view('BLOB UNIQUE', 'CHECK (n <> 7) UNIQUE');
    await using file = await open(folder, `${sql}; INSERT INTO t VALUES (NULL, 9)`, 'v');
    expect(await file.session.store([marks(0, 5)])).toMatchObject({ stored: 5, known: 0 });
    expect(await file.session.store([marks(0, 30)])).toMatchObject({
      ...{ stored: 23, known: 5, refused: 2 },
      reasons: new Map([
        ['CHECK constraint failed: n <> 7', 1],
        ['UNIQUE constraint failed: t.n', 1],
      ]),
    });
    expect(file.rows('SELECT count(*) FROM t')).toEqual([[29]]);
  });

  test('without ids each row counts as stored', async () => {
    await using folder = await ScratchFolder.create();
    const sql = `CREATE TABLE t (n INT UNIQUE); CREATE VIEW v AS SELECT n AS oob_mark FROM t;
      CREATE TRIGGER g INSTEAD OF INSERT ON v BEGIN INSERT OR IGNORE INTO t VALUES (new.oob_mark); END`;
    await using file = await open(folder, sql, 'v');
    expect(await file.session.store([marks(0, 3)])).toMatchObject({ stored: 3, refused: 0 });
    expect(await file.session.store([marks(0, 4)])).toMatchObject({ stored: 4, refused: 0 });
    expect(file.rows('SELECT count(*) FROM t')).toEqual([[4]]);
  });
});
