import { spawnSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { describe, expect, test } from 'vitest';
import { RefusedRows } from '../../../src/plugins/output/database/database.ts';
import { createSqliteDatabase } from '../../../src/plugins/output/database/sqlite/index.ts';
import { integers } from '../../support/cells-of.ts';
import { requireTools, runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { makeSqlite, openSqlite, settingsFor } from '../../support/sqlite-file.ts';

/** nobody's number on any Linux. */
const NOBODY = 65_534;
const never = () => expect.unreachable();
const connect = (path: string, table = 't') =>
  createSqliteDatabase(settingsFor(path, table)).connect(never);

/** A connection with one column that is prepared. */
async function ready(path: string) {
  const connection = await connect(path);
  const [column] = connection.layout.columns;
  if (!column) throw new Error('no column');
  await connection.prepare([column]);
  const insert = (values: readonly number[]) =>
    connection.insert([integers(column, values)], 0, values.length);
  return { connection, insert, [Symbol.asyncDispose]: () => connection.close() };
}

/** What an attempt fails with, which is no refusal of rows. */
async function outageOf(attempt: Promise<unknown>): Promise<string> {
  const error: unknown = await attempt.then(
    () => undefined,
    (reason) => reason,
  );
  expect(error).toBeInstanceOf(Error);
  expect(error).not.toBeInstanceOf(RefusedRows);
  return error instanceof Error ? error.message : '';
}

const missing = requireTools('sqlite3');

describe('a new SQLite file', () => {
  test('has the tables, a mode of its own, and shrinks', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('new.db');
    const settings = { ...settingsFor(path, 'packet'), create: true };
    const connection = await createSqliteDatabase(settings).connect(never);
    const files = readdirSync(folder.path).sort();
    expect(files).toEqual(['new.db', 'new.db-shm', 'new.db-wal']);
    for (const file of files) expect(statSync(folder.join(file)).mode & 0o777).toBe(0o640);
    expect(
      connection.layout.columns.slice(0, 3).map(({ name, type }) => [name, type.kind]),
    ).toEqual([
      ['specter_id', 'binary'],
      ['oob_time', 'time'],
      ['raw_label', 'integer'],
    ]);
    await connection.close();
    expect(readdirSync(folder.path)).toEqual(['new.db']);
    using db = openSqlite(path);
    expect(db.rows('SELECT * FROM pragma_auto_vacuum')).toEqual([[2]]);
    expect(db.rows('SELECT * FROM pragma_journal_mode')).toEqual([['wal']]);
    expect(
      db.rows("SELECT name FROM sqlite_schema WHERE type IN ('table', 'view') ORDER BY 1"),
    ).toEqual([
      ['dropped_per_hour'],
      ['flow'],
      ['packet'],
      ['top_talkers'],
      ['view_tcp_quad'],
      ['view_udp_quad'],
    ]);
  });

  test('is not made over what is left of another one', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('new.db');
    writeFileSync(`${path}-wal`, '');
    const settings = { ...settingsFor(path, 'packet'), create: true };
    const attempt = createSqliteDatabase(settings).connect(never);
    expect(await outageOf(attempt)).toBe(
      `cannot make ${path}: ${path}-wal is still there, of a database that is not; end the programs that use it, or delete it: fuser -v ${path}-wal`,
    );
    expect(existsSync(path)).toBe(false);
  });

  test('is not made where no folder is', async () => {
    await using folder = await ScratchFolder.create();
    const settings = { ...settingsFor(folder.join('no/new.db'), 'packet'), create: true };
    expect(await outageOf(createSqliteDatabase(settings).connect(never))).toMatch(
      /^cannot make .*\/no\/new\.db: ENOENT: .*; its folder has to be there, and the user .*: ls -ld .*\/no$/,
    );
  });

  test('is not made, and gets no tables, where that is not wanted', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('a?b#c%.db');
    expect(await outageOf(connect(path))).toBe(
      `cannot open ${path}: unable to open database file (SQLITE_CANTOPEN ENOENT); its folder has to be there, and the user that specter runs as has to be allowed to make files in it: ls -ld ${folder.path}`,
    );
    writeFileSync(path, '');
    expect(await outageOf(connect(path))).toBe(
      `cannot store rows in ${path}: there is no table t; specter can make packet and flow in it, or load contrib/sql/sqlite3.sql`,
    );
    expect(readdirSync(folder.path)).toEqual(['a?b#c%.db']);
  });
});

describe('an SQLite file that does not work', () => {
  test('is something else', async () => {
    await using folder = await ScratchFolder.create();
    const path = await folder.write(
      'no.db',
      'some text, long enough to be looked at as a head\n'.repeat(50),
    );
    expect(await outageOf(connect(path))).toBe(
      `cannot open ${path}: file is not a database (SQLITE_NOTADB); it is something else than an SQLite database: move it away, or name another file`,
    );
  });

  test('has other tables', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE a (n INT); CREATE VIEW b AS SELECT n FROM a');
    expect(await outageOf(connect(path))).toBe(
      `cannot store rows in ${path}: there is no table t; it has a, b`,
    );
    const view = await connect(path, 'b');
    expect(await outageOf(view.prepare(view.layout.columns))).toContain(
      'cannot modify b because it is a view (SQLITE_ERROR)',
    );
    await view.close();
  });

  test.skipIf(!runsAsRoot)('may not be written to', async () => {
    await using folder = await ScratchFolder.create();
    mkdirSync(folder.join('closed'));
    const path = folder.join('closed/test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    chmodSync(path, 0o644);
    process.seteuid?.(NOBODY);
    try {
      expect(await outageOf(connect(path))).toMatch(
        /: attempt to write a readonly database \(SQLITE_READONLY\); the user that specter runs as/,
      );
    } finally {
      process.seteuid?.(0);
    }
  });

  test('is locked by another program, and works when that has ended', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    await using file = await ready(path);
    using other = openSqlite(path);
    other.run('BEGIN IMMEDIATE');
    expect(await outageOf(file.insert([1]))).toContain('database is locked (SQLITE_BUSY)');
    other.run('ROLLBACK');
    expect(await file.insert([2])).toBe(1);
    expect(other.rows('SELECT n FROM t')).toEqual([[2]]);
  });

  test('has lost its table', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    await using file = await ready(path);
    using other = openSqlite(path);
    other.run('DROP TABLE t');
    expect(await outageOf(file.insert([1]))).toContain('no such table: t (SQLITE_ERROR)');
    other.run('CREATE TABLE t (n INT)');
    expect(await file.insert([2])).toBe(1);
  });

  test.each(['moved or deleted', 'replaced by another one'])('was %s', async (what) => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    const file = await ready(path);
    expect(await file.insert([1])).toBe(1);
    renameSync(path, `${path}.1`);
    if (what !== 'moved or deleted') writeFileSync(path, '');
    expect(await outageOf(file.insert([2]))).toBe(
      `cannot store rows in ${path}: the file was ${what}`,
    );
    await file.connection.close();
  });
});

test.skipIf(!runsAsRoot)(
  'an SQLite file out of reach is an outage, and can be closed',
  async () => {
    await using folder = await ScratchFolder.create();
    mkdirSync(folder.join('closed'));
    const path = folder.join('closed/test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    chownSync(folder.join('closed'), NOBODY, NOBODY);
    chownSync(path, NOBODY, NOBODY);
    chmodSync(folder.path, 0o755);
    process.seteuid?.(NOBODY);
    try {
      const file = await ready(path);
      expect(await file.insert([1])).toBe(1);
      chmodSync(folder.join('closed'), 0);
      expect(await outageOf(file.insert([2]))).toMatch(
        /^cannot store rows in .*test\.db: the file was taken out of reach: EACCES: permission denied, stat /,
      );
      await file.connection.close();
    } finally {
      process.seteuid?.(0);
    }
    chmodSync(folder.join('closed'), 0o755);
    using db = openSqlite(path);
    expect(db.rows('SELECT n FROM t')).toEqual([[1]]);
  },
);

describe.skipIf(missing)(title('sqlite3 beside it', missing), () => {
  const sqlite3 = (path: string, sql: string) =>
    spawnSync('sqlite3', ['-bail', path], { input: sql, encoding: 'utf8' });

  test('reads while rows are stored, also within a transaction of its own', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('test.db');
    makeSqlite(path, 'CREATE TABLE t (n INT)');
    await using file = await ready(path);
    using reader = openSqlite(path);
    reader.run('BEGIN');
    expect(reader.rows('SELECT count(*) FROM t')).toEqual([[0]]);
    expect(await file.insert([1, 2])).toBe(2);
    expect(reader.rows('SELECT count(*) FROM t')).toEqual([[0]]);
    expect(sqlite3(path, 'SELECT count(*), sum(n) FROM t').stdout).toBe('2|3\n');
  });

  test('ulogd2 has tables that work unchanged', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('ulogd.db');
    // As ulogd2 2.0.8 ships it: doc/sqlite3.table.
    const stock = readFileSync('test/fixtures/sql/ulogd2-sqlite3.table', 'utf8');
    expect(sqlite3(path, stock).stderr).toBe('');
    const connection = await connect(path, 'ulog_pkt');
    await connection.prepare(connection.layout.columns);
    expect(connection.layout.columns.map(({ name, type }) => `${name} ${type.kind}`)).toEqual([
      'raw_pktlen integer',
      'raw_pktcount integer',
      'oob_prefix text',
      'oob_time_sec integer',
      'oob_time_usec integer',
      'oob_mark integer',
      'oob_hook integer',
      'oob_uid integer',
      'oob_gid integer',
    ]);
    await connection.close();
  });

  test('contrib/sql: the tables can be loaded, looked at, and rid of old rows', async () => {
    await using folder = await ScratchFolder.create();
    const path = folder.join('contrib.db');
    expect(sqlite3(path, readFileSync('contrib/sql/sqlite3.sql', 'utf8')).stderr).toBe('');
    const fill = `WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 49999)
      INSERT INTO packet (specter_id, oob_time, raw_label, ip_saddr, ip_daddr, ip_totlen, tcp_sport, tcp_dport, tcp_flags)
      SELECT randomblob(16), datetime('now', CASE WHEN i < 49990 THEN '-8 days' ELSE '-1 hour' END), 0,
        '192.0.2.' || (i % 5), '10.0.0.1', 60, 1024, 22, 18 FROM n`;
    expect(sqlite3(path, fill).stderr).toBe('');
    const size = statSync(path).size;
    const talkers = sqlite3(path, 'SELECT ip_saddr, packets, bytes FROM top_talkers').stdout;
    expect(talkers.trim().split('\n').sort()).toEqual(
      [0, 1, 2, 3, 4].map((host) => `192.0.2.${host}|2|120`),
    );
    expect(sqlite3(path, 'SELECT sum(packets) FROM dropped_per_hour').stdout).toBe('50000\n');
    expect(
      sqlite3(
        path,
        'SELECT tcp_dport, tcp_syn, tcp_ack, tcp_fin, tcp_rst FROM view_tcp_quad LIMIT 1',
      ).stdout,
    ).toBe('22|1|1|0|0\n');
    expect(sqlite3(path, 'SELECT count(*) FROM view_udp_quad').stdout).toBe('0\n');
    const retention = spawnSync('contrib/sql/sqlite3-retention.sh', [path, '7'], {
      encoding: 'utf8',
    });
    expect(retention).toMatchObject({ status: 0, stdout: '', stderr: '' });
    expect(sqlite3(path, 'SELECT count(*) FROM packet').stdout).toBe('10\n');
    expect(statSync(path).size).toBeLessThan(size / 10);

    const refused = (file: string, days: string) =>
      spawnSync('contrib/sql/sqlite3-retention.sh', [file, days], { encoding: 'utf8' });
    expect(refused(path, '0')).toMatchObject({
      status: 2,
      stderr: expect.stringMatching(/: DAYS is a number of days, 1 or more, not 0\n$/),
    });
    expect(refused(`${path}.not`, '7')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining(`${path}.not: no such file`),
    });
    expect(existsSync(`${path}.not`)).toBe(false);
    expect(sqlite3(path, 'DROP TABLE packet').stderr).toBe('');
    expect(refused(path, '7')).toMatchObject({
      status: 1,
      stderr: expect.stringContaining('no such table: packet'),
    });
  });
});
