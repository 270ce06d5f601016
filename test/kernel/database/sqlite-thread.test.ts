import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, renameSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import type { RowPiece, Session } from '../../../src/plugins/output/database/session.ts';
import { SqliteThread } from '../../../src/plugins/output/database/sqlite/index.ts';
import { runsAsRoot } from '../../support/requirements.ts';
import { rowPiece } from '../../support/row-piece.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { makeSqlite, openSqlite, settingsFor } from '../../support/sqlite-file.ts';

const fields = [
  { name: 'oob.mark', type: 'u32' },
  { name: 'oob.prefix', type: 'string' },
] as const;

/** Rows with these marks, and their ids from the first mark on. */
const pieceOf = (marks: readonly number[]): RowPiece =>
  rowPiece(
    fields,
    marks.map((mark) => [mark, 'nft']),
    marks[0],
  );

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, i) => from + i);

function marksOf(path: string): unknown[][] {
  using db = openSqlite(path);
  return db.rows('SELECT oob_mark, oob_prefix FROM packet ORDER BY oob_mark');
}

const never = () => expect.unreachable();

async function openSession(path: string): Promise<Session & { opener: SqliteThread }> {
  const opener = new SqliteThread({ ...settingsFor(path, 'packet'), create: true });
  const session = await opener.open(never);
  return Object.assign(session, { opener });
}

describe('SQLite in a thread', () => {
  test('stores pieces, and knows those that it has stored', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    const session = await openSession(path);
    expect(session.layout.columns.map(({ name }) => name)).toContain('ip_saddr');
    const nothing = { refused: 0, reasons: new Map(), cut: new Map(), unfit: new Map() };
    const pieces = [pieceOf(range(0, 700)), pieceOf(range(700, 1003))];
    expect(await session.store(pieces)).toEqual({ ...nothing, stored: 1003, known: 0 });
    expect(await session.store([pieceOf(range(1000, 1010))])).toEqual({
      ...{ ...nothing, stored: 7, known: 3 },
    });
    await session.close();
    expect(readdirSync(folder.path)).toEqual(['test.db']);
    expect(marksOf(path)).toEqual(range(0, 1010).map((mark) => [mark, 'nft']));
  });

  test('leaves out what the table does not take, and says why', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE packet (oob_mark CHECK (oob_mark % 100 <> 7), oob_prefix)');
    const session = await openSession(path);
    expect(await session.store([pieceOf(range(0, 500))])).toMatchObject({
      ...{ stored: 495, known: 0, refused: 5 },
      reasons: new Map([['CHECK constraint failed: oob_mark % 100 <> 7', 5]]),
    });
    await session.close();
    const expected = range(0, 500).filter((mark) => mark % 100 !== 7);
    expect(marksOf(path)).toEqual(expected.map((mark) => [mark, 'nft']));
    using db = openSqlite(path);
    expect(db.rows('SELECT DISTINCT typeof(oob_mark), typeof(oob_prefix) FROM packet')).toEqual([
      ['integer', 'text'],
    ]);
  });

  test('says why a file cannot be opened', async () => {
    await using folder = await ScratchFolder.create();
    const path = await folder.write('no.db', 'x'.repeat(4096));
    await expect(openSession(path)).rejects.toThrow(
      `cannot open ${path}: file is not a database (SQLITE_NOTADB)`,
    );
  });

  test('moves on to a new file, and leaves everything in the old one', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    const session = await openSession(path);
    await session.store([pieceOf(range(0, 10))]);
    renameSync(path, `${path}.1`);
    await session.close();
    expect(existsSync(`${path}-wal`)).toBe(false);
    const next = await session.opener.open(never);
    await next.store([pieceOf(range(10, 20))]);
    await next.close();
    expect(marksOf(`${path}.1`)).toEqual(range(0, 10).map((mark) => [mark, 'nft']));
    expect(marksOf(path)).toEqual(range(10, 20).map((mark) => [mark, 'nft']));
  });

  test('notices that its file is gone, and stores the same rows in a new one', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    const session = await openSession(path);
    await session.store([pieceOf(range(0, 10))]);
    renameSync(path, `${path}.1`);
    const piece = pieceOf(range(10, 20));
    await expect(session.store([piece])).rejects.toThrow(
      `cannot store rows in ${path}: the file was moved or deleted`,
    );
    session.destroy();
    const next = await session.opener.open(never);
    expect(await next.store([piece])).toMatchObject({ stored: 10, known: 0 });
    await next.close();
    expect(marksOf(`${path}.1`)).toEqual(range(0, 10).map((mark) => [mark, 'nft']));
    expect(marksOf(path)).toEqual(range(10, 20).map((mark) => [mark, 'nft']));
  });

  test('two of them fill one file', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    const sessions = await Promise.all([openSession(path), openSession(path)]);
    const stored = sessions.map(async (session, i) => {
      for (let n = 0; n < 20; n++) {
        const first = 10_000 * i + 100 * n;
        await session.store([pieceOf(range(first, first + 100))]);
      }
    });
    await Promise.all(stored);
    await Promise.all(sessions.map((session) => session.close()));
    expect(marksOf(path).map(([mark]) => mark)).toEqual([
      ...range(0, 2000),
      ...range(10_000, 12_000),
    ]);
    expect(readdirSync(folder.path)).toEqual(['test.db']);
  });

  test.skipIf(!runsAsRoot)('a full disk takes nothing by halves', async () => {
    await using folder = await ScratchFolder.create();
    expect(spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=1m', 'tmpfs', folder.path]).status).toBe(
      0,
    );
    try {
      const path = folder.join('test.db');
      const session = await openSession(path);
      let stored = 0;
      const fill = async (): Promise<void> => {
        for (;;) {
          await session.store([pieceOf(range(stored, stored + 1000))]);
          stored += 1000;
        }
      };
      await expect(fill()).rejects.toThrow(
        `cannot store rows in ${path}: database or disk is full (SQLITE_FULL`,
      );
      expect(stored).toBeGreaterThan(1000);
      expect(marksOf(path)).toHaveLength(stored);
      await session.close();
    } finally {
      spawnSync('umount', ['-l', folder.path]);
    }
  });
});
