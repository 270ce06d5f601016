import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  RefusedRows,
  type TableConnection,
} from '../../../src/plugins/output/database/database.ts';
import {
  createMysqlDatabase,
  type MysqlSettings,
} from '../../../src/plugins/output/database/mysql/index.ts';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { type CellRow, cellsOf, microseconds } from './driver-cells.ts';

const missing = requireTools('mariadbd', 'mariadb', 'mariadb-install-db');
const noOneLost = (error: Error) => {
  throw error;
};

/** Texts that mean something to SQL, or to the parts of specter and servers that read it. */
const nasty = [
  "'",
  "''); DROP TABLE t; -- ",
  '\\',
  "\\'",
  '"`',
  '\\N',
  'NULL',
  '',
  ' ',
  'a\tb\nc\rd',
  '\x1a%_?',
  '\u0001\u007f',
  '/*!50000 x */ # --',
  'ä€😀',
  '\u{10ffff}\u00a0',
  "x'41'",
  '\u4e5c\u8a5c',
];

describe.skipIf(missing)(title('MySQL', missing), () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const settings = (table: string, more: Partial<MysqlSettings> = {}): MysqlSettings => ({
    ...{ socket: server.socket, db: 'd', user: 'root', table },
    ...more,
  });

  /** Makes an empty database with tables, and connects to one. */
  async function connectTo(table: string, sql: string, lost = noOneLost): Promise<TableConnection> {
    await server.sql(`DROP DATABASE IF EXISTS d; CREATE DATABASE d; USE d; ${sql}`);
    const connection = await createMysqlDatabase(settings(table)).connect(lost);
    await connection.prepare(connection.layout.columns);
    return connection;
  }

  async function insert(connection: TableConnection, rows: readonly CellRow[]): Promise<number> {
    return await connection.insert(cellsOf(connection.layout.columns, rows), 0, rows.length);
  }

  /** As many rows as make it worth a LOAD DATA; as text they differ. */
  const many = (count: number, row: (i: number) => CellRow): CellRow[] =>
    Array.from({ length: count }, (_, i) => row(i));

  const id = (i: number): Buffer => Buffer.from(`0198aaaa00007000800000${hex(i, 10)}`, 'hex');
  const hex = (value: number, length: number) => value.toString(16).padStart(length, '0');

  test('reads what the columns of a table can hold', async () => {
    await server.sql('CREATE DATABASE IF NOT EXISTS d');
    const connection = await connectTo(
      't',
      `CREATE TABLE t (
         _id BIGINT AUTO_INCREMENT PRIMARY KEY,
         n TINYINT(1), u TINYINT UNSIGNED, s SMALLINT, i INT UNSIGNED, b BIGINT UNSIGNED, bits BIT(5),
         d DECIMAL(12,2), f FLOAT, r DOUBLE,
         v VARCHAR(32) CHARACTER SET utf8mb4, l VARCHAR(32) CHARACTER SET latin1,
         three CHAR(4) CHARACTER SET utf8mb3, tiny TINYTEXT CHARACTER SET utf8mb4,
         txt TEXT CHARACTER SET utf8mb4,
         bin BINARY(16), vbin VARBINARY(20), bl BLOB, six INET6, four INET4, id UUID,
         ts TIMESTAMP NULL, dt DATETIME(6) DEFAULT '2020-01-01', da DATE, tm TIME,
         e ENUM('a', 'b') DEFAULT NULL, j JSON, with_default INT DEFAULT 7, seen TIMESTAMP DEFAULT now(),
         made INT AS (n + 1), kept INT AS (n + 1) STORED) CHARACTER SET utf8mb4`,
    );
    await connection.close();
    const { table, columns, positional } = connection.layout;
    expect({ table, positional }).toEqual({ table: 't', positional: false });
    const types = Object.fromEntries(columns.map(({ name, type }) => [name, type]));
    expect(types).toEqual({
      n: { kind: 'integer', max: 127n },
      u: { kind: 'integer', max: 255n },
      s: { kind: 'integer', max: 32_767n },
      i: { kind: 'integer', max: 4_294_967_295n },
      b: { kind: 'integer', max: 18_446_744_073_709_551_615n },
      bits: { kind: 'integer', max: 31n },
      d: { kind: 'integer', max: 9_999_999_999n },
      f: { kind: 'integer', max: 2n ** 24n },
      r: { kind: 'integer', max: 2n ** 53n },
      v: { kind: 'text', maxLength: 32 },
      l: { kind: 'text', maxLength: 32, asciiOnly: true },
      three: { kind: 'text', maxLength: 4, asciiOnly: true },
      tiny: { kind: 'text', maxLength: 255, asciiOnly: true },
      txt: { kind: 'text', maxLength: 16_383 },
      bin: { kind: 'binary', length: 16 },
      vbin: { kind: 'binary', maxLength: 20 },
      bl: { kind: 'binary', maxLength: 65_535 },
      six: { kind: 'address' },
      four: { kind: 'other' },
      id: { kind: 'uuid' },
      ts: { kind: 'time', range: { first: 1, last: 2_147_483_647 } },
      dt: { kind: 'time' },
      da: { kind: 'time' },
      tm: { kind: 'other' },
      e: { kind: 'other' },
      j: { kind: 'text', maxLength: 1_073_741_823 },
      with_default: { kind: 'integer', max: 2_147_483_647n },
      seen: { kind: 'time', range: { first: 1, last: 2_147_483_647 } },
    });
    const defaults = columns.filter(({ hasDefault }) => hasDefault).map(({ name }) => name);
    expect(defaults).toEqual(['dt', 'with_default', 'seen']);
    expect(columns.find(({ name }) => name === 'i')?.sqlType).toBe('int(10) unsigned');
  });

  const everything = `CREATE TABLE t (no INT UNSIGNED, b BIGINT UNSIGNED, d DECIMAL(20,0), r DOUBLE,
    v VARCHAR(40) CHARACTER SET utf8mb4 NULL, l VARCHAR(40) CHARACTER SET latin1, txt TEXT CHARACTER SET utf8mb4,
    bin BINARY(4), vbin VARBINARY(300), bl BLOB, six INET6, id UUID, specter_id BINARY(16),
    ts TIMESTAMP(3) NULL, dt DATETIME(6), whole DATETIME, da DATE)`;

  const rowOf = (no: number): CellRow => ({
    no,
    b: 2n ** 64n - 1n - BigInt(no),
    d: 2n ** 64n - 1n,
    r: 2n ** 53n - BigInt(no),
    v: nasty[no % nasty.length],
    l: no % 3 === 0 ? null : (nasty[no % 7] as string),
    txt: nasty.slice(no % nasty.length).join('|'),
    bin: Buffer.from([no & 0xff, 0, 10, 92]),
    vbin: Buffer.from(Array.from({ length: 256 }, (_, i) => i)),
    bl: no % 2 === 0 ? Buffer.alloc(0) : Buffer.from("\0'\\\t\n"),
    six:
      no % 2 === 0
        ? Buffer.from([10, 0, 9, no & 0xff])
        : Buffer.from(`20010db8${hex(no, 24)}`, 'hex'),
    id: id(no),
    specter_id: id(no),
    ts: microseconds('2026-07-01 12:30:45.678999'),
    dt: microseconds('2106-02-07 06:28:15.999999') + BigInt(no),
    whole: microseconds('2024-02-29 23:59:59.999999'),
    da: microseconds('2000-12-31 23:59:59.999999'),
  });

  const textOf = (no: number): string[] => {
    const { b, d, r, v, l, txt, bin, vbin, bl } = rowOf(no);
    const bytes = (value: unknown) =>
      value === null ? 'NULL' : Buffer.from(value as string | Uint8Array).toString('hex');
    const six = no % 2 === 0 ? `::ffff:10.0.9.${no & 0xff}` : undefined;
    return [
      ...[no, b, d, r].map(String),
      ...[v, l, txt, bin, vbin, bl].map(bytes),
      six ?? `2001:db8::${no === 0 ? '' : no.toString(16)}`,
      `0198aaaa-0000-7000-8000-00${hex(no, 10)}`,
      id(no).toString('hex'),
      ...['2026-07-01 12:30:45.678', `2106-02-07 06:28:${15 + Math.ceil(no / 1e6)}.${hex(0, 0)}`],
    ].slice(0, -1);
  };

  const readBack = `SET time_zone = '+00:00'; SELECT no, b, d, CAST(r AS UNSIGNED), LOWER(HEX(v)),
    LOWER(HEX(l)), LOWER(HEX(txt)), LOWER(HEX(bin)), LOWER(HEX(vbin)), LOWER(HEX(bl)), six, id,
    LOWER(HEX(specter_id)), ts, dt, whole, da FROM t ORDER BY no`;

  describe.each([
    ['LOAD DATA', 1],
    ['INSERT', 0],
  ])('by %s', (_, localInfile) => {
    beforeAll(async () => {
      await server.sql(`SET GLOBAL local_infile = ${localInfile}; SET GLOBAL general_log = 0`);
    });
    afterAll(async () => {
      await server.sql('SET GLOBAL local_infile = 1');
    });

    /** Whether LOAD DATA was used since. */
    const loads = async (): Promise<number> => {
      const [row] = await server.sql("SHOW GLOBAL STATUS LIKE 'Com_load'");
      return Number(row?.[1]);
    };

    test('stores every value just as it is', async () => {
      const connection = await connectTo('t', everything);
      const before = await loads();
      const rows = many(2000, rowOf);
      expect(await insert(connection, rows)).toBe(2000);
      expect((await loads()) - before).toBe(localInfile);
      await connection.close();
      const found = await server.sql(readBack, 'd');
      expect(found.length).toBe(2000);
      for (const [no, row] of found.entries()) {
        expect(row.slice(0, 14)).toEqual(textOf(no));
        const [dt, whole, da] = row.slice(14);
        expect(dt).toBe(
          no === 0
            ? '2106-02-07 06:28:15.999999'
            : `2106-02-07 06:28:16.${String(no - 1).padStart(6, '0')}`,
        );
        expect([whole, da]).toEqual(['2024-02-29 23:59:59', '2000-12-31']);
      }
    });

    test('what is not there is NULL', async () => {
      const connection = await connectTo('t', everything);
      const { columns } = connection.layout;
      expect(
        await insert(
          connection,
          many(60, (no) => ({ no })),
        ),
      ).toBe(60);
      await connection.close();
      const nulls = columns.slice(1).map(() => 'NULL');
      expect(await server.sql(readBack, 'd')).toEqual(
        many(60, () => ({})).map((__, no) => [String(no), ...nulls]),
      );
    });

    test('rows that the table has are not stored twice', async () => {
      const connection = await connectTo(
        't',
        'CREATE TABLE t (specter_id BINARY(16) PRIMARY KEY, no INT UNIQUE)',
      );
      const rows = many(1200, (no) => ({ specter_id: id(no), no }));
      const cells = cellsOf(connection.layout.columns, rows);
      expect(await connection.insert(cells, 0, 1000)).toBe(1000);
      expect(await connection.insert(cells, 0, 1000)).toBe(0);
      await server.sql('DELETE FROM t WHERE no IN (3, 4, 900)', 'd');
      expect(await connection.insert(cells, 0, 1200)).toBe(203);
      expect(await server.sql('SELECT COUNT(*), SUM(no) FROM t', 'd')).toEqual([
        ['1200', '719400'],
      ]);
      // Another index is none of the ids' business.
      const other = [...rows.slice(0, 60), { specter_id: id(5000), no: 7 }];
      await expect(insert(connection, other)).rejects.toThrow(
        new RefusedRows("Duplicate entry for key 'no' (ER_DUP_ENTRY)"),
      );
      await connection.close();
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['1200']]);
    });

    test.each([
      ['UUID', 'uuid'],
      ['CHAR(32)', 'text'],
      ['VARCHAR(36) CHARACTER SET latin1', 'text'],
    ])('ids in a column of %s', async (type, kind) => {
      const connection = await connectTo(
        't',
        `CREATE TABLE t (no INT, specter_id ${type}, UNIQUE KEY (no, specter_id))`,
      );
      expect(connection.layout.columns[1]?.type.kind).toBe(kind);
      const rows = many(100, (no) => ({ specter_id: id(no), no }));
      expect(await insert(connection, rows.slice(0, 60))).toBe(60);
      expect(await insert(connection, rows)).toBe(40);
      await connection.close();
      const ids = await server.sql("SELECT REPLACE(specter_id, '-', '') FROM t ORDER BY no", 'd');
      expect(ids.flat()).toEqual(rows.map((__, no) => id(no).toString('hex')));
    });

    test('without an index a row may be there twice', async () => {
      const connection = await connectTo('t', 'CREATE TABLE t (specter_id BINARY(16), no INT)');
      const rows = many(60, (no) => ({ specter_id: id(no), no }));
      expect(await insert(connection, rows)).toBe(60);
      expect(await insert(connection, rows)).toBe(60);
      await connection.close();
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['120']]);
    });

    test.each<[string, string, CellRow, string]>([
      [
        'too long',
        'v VARCHAR(3)',
        { v: 'four' },
        "Data too long for column 'v' (ER_DATA_TOO_LONG)",
      ],
      [
        'out of range',
        'v TINYINT',
        { v: 128 },
        "Out of range value for column 'v' (ER_WARN_DATA_OUT_OF_RANGE)",
      ],
      ['NULL', 'v INT NOT NULL', {}, "Column 'v' cannot be null (ER_BAD_NULL_ERROR)"],
      [
        'not of an ENUM',
        "v ENUM('x')",
        { v: "y' for z" },
        "Data truncated for column 'v' (WARN_DATA_TRUNCATED)",
      ],
      [
        'no address',
        'v INET4',
        { v: "1.2.3' for column 'z" },
        'Incorrect inet4 value: for column `d`.`t`.`v` (ER_TRUNCATED_WRONG_VALUE)',
      ],
      [
        'against a check',
        'v INT CHECK (v < 5)',
        { v: 5 },
        'CONSTRAINT `t.v` failed for `d`.`t` (ER_CONSTRAINT_FAILED)',
      ],
    ])('refuses all rows when one is %s', async (_name, column, row, reason) => {
      const connection = await connectTo('t', `CREATE TABLE t (no INT, ${column})`);
      const good = connection.layout.columns[1]?.type.kind === 'integer' ? 1 : undefined;
      const rows = many(300, (no) => ({ no, v: good, ...(no === 250 ? { v: null, ...row } : {}) }));
      const refused = insert(connection, rows);
      await expect(refused).rejects.toBeInstanceOf(RefusedRows);
      await expect(refused).rejects.toThrow(reason);
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['0']]);
      // The connection goes on.
      expect(await insert(connection, rows.slice(0, 250))).toBe(250);
      await connection.close();
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['250']]);
    });

    test('refuses rows that a trigger or a foreign key does not want', async () => {
      const connection = await connectTo(
        't',
        `CREATE TABLE other (k INT PRIMARY KEY); INSERT INTO other VALUES (1), (2);
         CREATE TABLE t (no INT, k INT, FOREIGN KEY (k) REFERENCES other (k));
         DELIMITER $$
         CREATE TRIGGER watch BEFORE INSERT ON t FOR EACH ROW
           IF NEW.no = 77 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'not 77'; END IF $$`,
      );
      const rows = many(100, (no) => ({ no, k: 1 + (no % 2) }));
      await expect(insert(connection, rows)).rejects.toThrow(
        new RefusedRows('not 77 (ER_SIGNAL_EXCEPTION)'),
      );
      const foreign = insert(connection, [...rows.slice(0, 70), { no: 1, k: 3 }]);
      await expect(foreign).rejects.toBeInstanceOf(RefusedRows);
      await expect(foreign).rejects.toThrow('ER_NO_REFERENCED_ROW_2');
      expect(await insert(connection, rows.slice(0, 77))).toBe(77);
      await connection.close();
      expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['77']]);
    });
  });

  test('a trigger that has warnings costs LOAD DATA, and nothing else', async () => {
    const connection = await connectTo(
      't',
      `CREATE TABLE t (no INT);
       CREATE TRIGGER watch BEFORE INSERT ON t FOR EACH ROW SIGNAL SQLSTATE '01000'`,
    );
    for (let i = 0; i < 5; i++) {
      expect(
        await insert(
          connection,
          many(60, (no) => ({ no })),
        ),
      ).toBe(60);
    }
    await connection.close();
    expect(await server.sql('SELECT COUNT(*) FROM t', 'd')).toEqual([['300']]);
  });

  describe.each([16_384, 65_536])('with max_allowed_packet %i', (maxPacket) => {
    const set = (bytes: number, localInfile: number) =>
      server.sql(
        `SET GLOBAL max_allowed_packet = ${bytes}; SET GLOBAL local_infile = ${localInfile}`,
      );
    const inTable = () => server.sql('SELECT COUNT(*), SUM(LENGTH(v)) FROM t', 'd');
    afterAll(() => set(16_777_216, 1));

    test('statements are no longer', async () => {
      await set(maxPacket, 0);
      const connection = await connectTo('t', 'CREATE TABLE t (no INT, v BLOB)');
      const rows = many(500, (no) => ({ no, v: Buffer.alloc(1000, no) }));
      expect(await insert(connection, rows)).toBe(500);
      const long = { no: 1, v: Buffer.alloc(maxPacket / 2 + 100) };
      await expect(insert(connection, [long])).rejects.toThrow(
        new RefusedRows('a row is longer than max_allowed_packet'),
      );
      await connection.close();
      expect(await inTable()).toEqual([['500', '500000']]);
    });

    test('LOAD DATA goes in pieces that are no longer, rows that are included', async () => {
      await set(maxPacket, 1);
      const error = vi.spyOn(console, 'error');
      const connection = await connectTo('t', 'CREATE TABLE t (no INT, v MEDIUMBLOB)');
      const [before] = await server.sql("SHOW GLOBAL STATUS LIKE 'Com_load'");
      const rows = many(500, (no) => ({ no, v: Buffer.alloc(1000, no) }));
      expect(await insert(connection, rows)).toBe(500);
      // Zeros are written as two bytes.
      const long = { no: 500, v: Buffer.alloc(2 * maxPacket) };
      expect(await insert(connection, [...rows, long])).toBe(501);
      await connection.close();
      const [after] = await server.sql("SHOW GLOBAL STATUS LIKE 'Com_load'");
      expect(Number(after?.[1]) - Number(before?.[1])).toBe(2);
      expect(await inTable()).toEqual([['1001', String(1_000_000 + 2 * maxPacket)]]);
      expect(error).not.toHaveBeenCalled();
      error.mockRestore();
    });
  });

  test('names hold any character', async () => {
    const connection = await connectTo(
      't`; -- ä€',
      'CREATE TABLE `t``; -- ä€` (`a``b` INT, `ü "x` VARCHAR(9) CHARACTER SET utf8mb4)',
    );
    const rows = many(60, (no) => ({ 'a`b': no, 'ü "x': 'ß' }));
    expect(await insert(connection, rows)).toBe(60);
    expect(await insert(connection, rows.slice(0, 2))).toBe(2);
    await connection.close();
    expect(await server.sql('SELECT COUNT(*), HEX(MIN(`ü "x`)) FROM `t``; -- ä€`', 'd')).toEqual([
      ['62', 'C39F'],
    ]);
  });

  test('a view takes rows, and knows ids of the table behind it', async () => {
    const connection = await connectTo(
      'w',
      `CREATE TABLE t (specter_id BINARY(16) PRIMARY KEY, n INT);
       CREATE VIEW w AS SELECT specter_id, n AS no FROM t`,
    );
    const rows = many(80, (no) => ({ specter_id: id(no), no }));
    expect(await insert(connection, rows.slice(0, 70))).toBe(70);
    expect(await insert(connection, rows)).toBe(10);
    await connection.close();
  });

  test('the session does not depend on the configuration of the server', async () => {
    await server.sql(`SET GLOBAL sql_mode = 'NO_BACKSLASH_ESCAPES,ANSI_QUOTES';
      SET GLOBAL time_zone = '+05:30'; SET GLOBAL autocommit = 0; SET GLOBAL wait_timeout = 1`);
    try {
      const connection = await connectTo('t', everything);
      expect(await insert(connection, many(100, rowOf))).toBe(100);
      expect(await insert(connection, many(110, rowOf).slice(100))).toBe(10);
      const found = await server.sql(readBack, 'd');
      expect(found.map((row) => row.slice(0, 14))).toEqual(
        many(110, () => ({})).map((_, no) => textOf(no)),
      );
      await connection.close();
    } finally {
      await server.sql(`SET GLOBAL sql_mode = DEFAULT; SET GLOBAL time_zone = 'SYSTEM';
        SET GLOBAL autocommit = 1; SET GLOBAL wait_timeout = DEFAULT`);
    }
  });
});
