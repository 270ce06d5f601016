import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { ColumnType } from '../../../src/plugins/output/database/layout.ts';
import { createPgsqlDatabase } from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { title } from '../../support/requirements.ts';
import { type CellRow, type CellValue, cellsOf, idOf, microseconds } from './driver-cells.ts';

const missing = requirePostgres();
const noOneLost = (error: Error) => {
  throw error;
};

/** Texts that mean something to SQL, to arrays, to COPY, or to whoever reads them. */
const nasty = [
  "'",
  "''); DROP TABLE t; -- ",
  '\\',
  "\\'",
  '"`',
  '\\N',
  '\\.',
  'NULL',
  '{}',
  '{"a",NULL}',
  '$1',
  '$$; DROP TABLE t; $$',
  '',
  ' ',
  'a\tb\nc\rd',
  '\u0001\u007f',
  'ä€😀',
  '\u{10ffff}\u00a0\u202e',
  'x'.repeat(70_000),
];

describe.skipIf(missing)(title('PostgreSQL: values', missing), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start('timezone=Asia/Tokyo');
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  /** Stores rows in a table `t` with these columns, and reads it back as text. */
  async function stored(
    columns: string,
    rows: readonly CellRow[],
    select = '*',
  ): Promise<Record<string, unknown>[]> {
    await server.sql(`DROP TABLE IF EXISTS t; CREATE TABLE t (n int, ${columns})`);
    const database = createPgsqlDatabase({ host: server.host, user: 'postgres', table: 't' });
    const connection = await database.connect(noOneLost);
    await connection.prepare(connection.layout.columns);
    const numbered = rows.map((row, n) => ({ n, ...row }));
    const cells = cellsOf(connection.layout.columns, numbered);
    expect(await connection.insert(cells, 0, rows.length)).toBe(rows.length);
    await connection.close();
    return await server.sql(`SET timezone TO 'UTC'; SELECT ${select} FROM t ORDER BY n`);
  }

  /** Stores values in a column of a type, and reads them as text. */
  async function texts(type: string, values: readonly CellValue[]): Promise<unknown[]> {
    const rows = await stored(
      `v ${type}`,
      values.map((v) => ({ v })),
      'v::text',
    );
    return rows.map(({ v }) => v);
  }

  test('the nastiest texts', async () => {
    const rows = await stored(
      'v text, w varchar, x char(70000)',
      nasty.map((v) => ({ v, w: v, x: v })),
    );
    expect(rows.map(({ v }) => v)).toEqual(nasty);
    expect(rows.map(({ w }) => w)).toEqual(nasty);
    expect(rows.map(({ x }) => String(x).trimEnd())).toEqual(nasty.map((v) => v.trimEnd()));
  });

  test('names that have to be quoted', async () => {
    const columns = ['select', 'Aä', 'a"b', "'", '$1', 'a.b', ')'];
    const sql = columns.map((name) => `"${name.replaceAll('"', '""')}" text`).join(', ');
    await server.sql(`CREATE SCHEMA "S""x"; CREATE TABLE "S""x"."t'; --" (${sql})`);
    const database = createPgsqlDatabase({
      host: server.host,
      user: 'postgres',
      schema: 'S"x',
      table: "t'; --",
    });
    const connection = await database.connect(noOneLost);
    expect(connection.layout.columns.map(({ name }) => name)).toEqual(columns);
    await connection.prepare(connection.layout.columns);
    const row = Object.fromEntries(columns.map((name) => [name, `${name}!`]));
    await connection.insert(cellsOf(connection.layout.columns, [row]), 0, 1);
    await connection.close();
    expect(await server.sql(`SELECT * FROM "S""x"."t'; --"`)).toEqual([row]);
  });

  test('whole numbers', async () => {
    const numbers = [0, 1, 32_767, null];
    expect(await texts('smallint', numbers)).toEqual(['0', '1', '32767', null]);
    const integers = [0, 65_536, 2 ** 31 - 1, null];
    expect(await texts('integer', integers)).toEqual(['0', '65536', '2147483647', null]);
    const longs = [0, 2 ** 32, 2n ** 63n - 1n, null];
    const wanted = ['0', '4294967296', '9223372036854775807', null];
    expect(await texts('bigint', longs)).toEqual(wanted);
    const numerics = [...longs, 10_000n, 2n ** 32n - 1n, 10n ** 16n + 1n, 2n ** 64n - 1n];
    expect(await texts('numeric', numerics)).toEqual(
      numerics.map((each) => (each === null ? null : String(each))),
    );
    expect(await texts('numeric(5)', [99_999])).toEqual(['99999']);
    expect(await texts('numeric(4, 1)', [0, 999])).toEqual(['0.0', '999.0']);
    expect(await texts('double precision', [2n ** 53n])).toEqual(['9.007199254740992e+15']);
    expect(await texts('real', [65_535, 2 ** 24])).toEqual(['65535', '1.6777216e+07']);
    expect(await texts('boolean', [0, 1, null])).toEqual(['false', 'true', null]);
  });

  test('times, in UTC whatever the zone of the session is', async () => {
    const moments = [
      '1970-01-01 00:00:00',
      '1999-12-31 23:59:59.999999',
      '2000-01-01 00:00:00',
      '2026-11-22 15:34:56.000001',
      '2106-02-07 06:28:15.999999',
    ];
    const values = [...moments.map(microseconds), null];
    expect(await texts('timestamptz', values)).toEqual([...moments.map((m) => `${m}+00`), null]);
    expect(await texts('timestamp', values)).toEqual([...moments, null]);
    expect(await texts('timestamptz(0)', [values[3]])).toEqual(['2026-11-22 15:34:56+00']);
    const days = moments.map((moment) => moment.slice(0, 10));
    expect(await texts('date', values)).toEqual([...days, null]);
  });

  test('addresses', async () => {
    const values = [
      Buffer.from([192, 0, 2, 255]),
      Buffer.from('20010db8000000000000000000000001', 'hex'),
      Buffer.from('00000000000000000000ffffc0000201', 'hex'),
      null,
    ];
    const wanted = ['192.0.2.255/32', '2001:db8::1/128', '::ffff:192.0.2.1/128', null];
    expect(await texts('inet', values)).toEqual(wanted);
    expect(await texts('cidr', values)).toEqual(wanted);
    const mac = Buffer.from('0200aabbccdd', 'hex');
    expect(await texts('macaddr', [mac, null])).toEqual(['02:00:aa:bb:cc:dd', null]);
    expect(await texts('macaddr8', [mac])).toEqual(['02:00:aa:ff:fe:bb:cc:dd']);
  });

  test('texts in columns of other types', async () => {
    expect(await texts('inet', ['10.0.0.1', null])).toEqual(['10.0.0.1/32', null]);
    expect(await texts('macaddr', ['02:00:aa:bb:cc:dd'])).toEqual(['02:00:aa:bb:cc:dd']);
    expect(await texts('jsonb', ['{"a": 1}'])).toEqual(['{"a": 1}']);
    expect(await texts('integer', [null])).toEqual([null]);
    await server.sql("CREATE TYPE verdict AS ENUM ('drop', 'accept')");
    expect(await texts('verdict', ['accept'])).toEqual(['accept']);
  });

  test('bytes and ids', async () => {
    const bytes = Buffer.from(Array.from({ length: 256 }, (_, i) => i));
    const rows = await stored('v bytea', [{ v: bytes }, { v: Buffer.alloc(0) }, {}]);
    expect(rows.map(({ v }) => v)).toEqual([bytes, Buffer.alloc(0), null]);
    const hex = idOf(7).toString('hex');
    const ids = await stored('specter_id uuid', [{ specter_id: idOf(7) }], 'specter_id::text AS v');
    expect(ids).toEqual([{ v: hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-') }]);
    const column = 'specter_id';
    expect(await stored(`${column} varchar(32)`, [{ specter_id: idOf(7) }], column)).toEqual([
      { specter_id: hex },
    ]);
    expect(await stored(`${column} bytea`, [{ specter_id: idOf(7) }], column)).toEqual([
      { specter_id: idOf(7) },
    ]);
  });

  test('what columns can hold', async () => {
    await server.sql(`DROP TABLE IF EXISTS t; DROP DOMAIN IF EXISTS word, port;
      CREATE DOMAIN word AS varchar(9); CREATE DOMAIN port AS integer CHECK (VALUE < 65536);
      CREATE TABLE t (
        _id bigserial, s smallint, i integer DEFAULT NULL, b bigint DEFAULT 0, big numeric,
        small numeric(4, 1), f real, d double precision, n smallint GENERATED BY DEFAULT AS IDENTITY,
        a bigint GENERATED ALWAYS AS IDENTITY, g integer GENERATED ALWAYS AS (s + 1) STORED,
        t text DEFAULT NULL::text, v varchar(32), c char, w word, p port, gone integer,
        ba bytea, ts timestamptz DEFAULT now(), ad inet, j json)`);
    await server.sql('ALTER TABLE t DROP COLUMN gone');
    const database = createPgsqlDatabase({ host: server.host, user: 'postgres', table: 'T' });
    const connection = await database.connect(noOneLost);
    const { layout } = connection;
    await connection.close();
    expect(layout.table).toBe('public.t');
    expect(layout.positional).toBe(false);
    const integer = (max: bigint): ColumnType => ({ kind: 'integer', max });
    const text = { kind: 'text', asciiOnly: false };
    const seen = layout.columns.map((c) => [c.name, c.type, c.sqlType, c.hasDefault]);
    expect(seen).toEqual([
      ['s', integer(32_767n), 'smallint', false],
      ['i', integer(2_147_483_647n), 'integer', false],
      ['b', integer(2n ** 63n - 1n), 'bigint', true],
      ['big', integer(2n ** 64n - 1n), 'numeric', false],
      ['small', integer(999n), 'numeric(4,1)', false],
      ['f', integer(2n ** 24n), 'real', false],
      ['d', integer(2n ** 53n), 'double precision', false],
      ['n', integer(32_767n), 'smallint', true],
      ['t', text, 'text', false],
      ['v', { ...text, maxLength: 32 }, 'character varying(32)', false],
      ['c', { ...text, maxLength: 1 }, 'character(1)', false],
      ['w', { ...text, maxLength: 9 }, 'word', false],
      ['p', integer(2_147_483_647n), 'port', false],
      ['ba', { kind: 'binary' }, 'bytea', false],
      ['ts', { kind: 'time' }, 'timestamp with time zone', true],
      ['ad', { kind: 'address' }, 'inet', false],
      ['j', { kind: 'other' }, 'json', false],
    ]);
  });

  test('a database of another encoding', async () => {
    await server.sql(`CREATE DATABASE latin ENCODING 'LATIN1' LOCALE 'C' TEMPLATE template0`);
    await server.sql('CREATE TABLE t (v text)', 'latin');
    const where = { host: server.host, user: 'postgres', db: 'latin', table: 't' };
    const connection = await createPgsqlDatabase(where).connect(noOneLost);
    expect(connection.layout.columns[0]?.type).toEqual({ kind: 'text', asciiOnly: true });
    await connection.prepare(connection.layout.columns);
    await connection.insert(cellsOf(connection.layout.columns, [{ v: 'ä' }]), 0, 1);
    await connection.close();
    expect(await server.sql('SELECT v, octet_length(v) AS l FROM t', 'latin')).toEqual([
      { v: 'ä', l: 1 },
    ]);
  });

  test('a database that knows nothing of characters: lengths are in bytes', async () => {
    await server.sql(`CREATE DATABASE bytes ENCODING 'SQL_ASCII' LOCALE 'C' TEMPLATE template0`);
    await server.sql('CREATE TABLE t (v varchar(4), w varchar, x text, y char(1))', 'bytes');
    const where = { host: server.host, user: 'postgres', db: 'bytes', table: 't' };
    const connection = await createPgsqlDatabase(where).connect(noOneLost);
    const { columns } = connection.layout;
    expect(columns.map(({ type }) => type)).toEqual([
      { kind: 'text', maxLength: 4, asciiOnly: true },
      { kind: 'text', asciiOnly: false },
      { kind: 'text', asciiOnly: false },
      { kind: 'text', maxLength: 1, asciiOnly: true },
    ]);
    await connection.prepare(columns);
    await connection.insert(cellsOf(columns, [{ v: 'abcd', w: 'ä', x: 'ä€', y: 'a' }]), 0, 1);
    await connection.close();
    expect(
      await server.sql('SELECT octet_length(w) AS w, octet_length(x) AS x FROM t', 'bytes'),
    ).toEqual([{ w: 2, x: 5 }]);
  });
});
