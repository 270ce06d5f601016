import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import {
  RefusedRows,
  type TableConnection,
} from '../../../src/plugins/output/database/database.ts';
import {
  createPgsqlDatabase,
  PgsqlError,
  type PgsqlSettings,
} from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { title } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { type CellRow, cellsOf, idOf } from './driver-cells.ts';
import { lockTable } from './pgsql-lock.ts';

const missing = requirePostgres();
const noOneLost = (error: Error) => {
  throw error;
};
const rowsOf = (from: number, to: number): CellRow[] =>
  Array.from({ length: to - from }, (_, i) => ({ specter_id: idOf(from + i), n: from + i }));

describe.skipIf(missing)(title('PostgreSQL: storing', missing), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
  });
  afterAll(async () => await server[Symbol.asyncDispose]());
  beforeEach(async () => {
    await server.sql(
      'DROP SCHEMA public CASCADE; CREATE SCHEMA public; GRANT ALL ON SCHEMA public TO PUBLIC',
    );
  });

  async function connect(
    settings: Partial<PgsqlSettings> = {},
    lost: (error: Error) => void = noOneLost,
  ): Promise<TableConnection> {
    const where = { host: server.host, user: 'postgres', table: 't', ...settings };
    const connection = await createPgsqlDatabase(where).connect(lost);
    await connection.prepare(connection.layout.columns);
    return connection;
  }

  const insert = (connection: TableConnection, rows: readonly CellRow[]): Promise<number> =>
    connection.insert(cellsOf(connection.layout.columns, rows), 0, rows.length);

  const numbers = async (): Promise<unknown[]> =>
    (await server.sql('SELECT n FROM t ORDER BY n')).map(({ n }) => n);

  test('a part of the rows, over many chunks', async () => {
    await server.sql('CREATE TABLE t (specter_id uuid UNIQUE, n int, s text)');
    const connection = await connect();
    const rows = rowsOf(0, 7000).map((row) => ({ ...row, s: 'x'.repeat(Number(row.n) % 500) }));
    const cells = cellsOf(connection.layout.columns, rows);
    expect(await connection.insert(cells, 10, 6990)).toBe(6980);
    await connection.close();
    expect(
      await server.sql(
        'SELECT min(n), max(n), count(*)::int, bool_and(length(s) = n % 500) FROM t',
      ),
    ).toEqual([{ min: 10, max: 6989, count: 6980, bool_and: true }]);
  });

  test('rows with whole packets', async () => {
    await server.sql('CREATE TABLE t (n int, p bytea)');
    const connection = await connect();
    const packet = Buffer.alloc(65_535, 'p');
    expect(
      await insert(
        connection,
        Array.from({ length: 100 }, (_, n) => ({ n, p: packet })),
      ),
    ).toBe(100);
    await connection.close();
    expect(await server.sql('SELECT count(DISTINCT n)::int, sum(length(p))::int FROM t')).toEqual([
      { count: 100, sum: 6_553_500 },
    ]);
  });

  test.each([
    ['a unique column', 'CREATE TABLE t (specter_id uuid UNIQUE, n int)'],
    [
      'a primary key with another column',
      'CREATE TABLE t (specter_id uuid, n int, PRIMARY KEY (n, specter_id))',
    ],
    [
      'a partitioned table',
      'CREATE TABLE t (specter_id uuid, n int, UNIQUE (specter_id, n)) PARTITION BY RANGE (n); CREATE TABLE t0 PARTITION OF t DEFAULT',
    ],
    [
      'a view',
      'CREATE TABLE base (n int, specter_id uuid UNIQUE, x int); CREATE VIEW t AS SELECT specter_id, n FROM base WHERE x IS NULL',
    ],
    [
      'row security',
      `CREATE TABLE t (specter_id uuid UNIQUE, n int); ALTER TABLE t ENABLE ROW LEVEL SECURITY;
       ALTER TABLE t FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t USING (true) WITH CHECK (n >= 0)`,
    ],
  ])('rows that are there already are left out: %s', async (_, sql) => {
    await server.sql(sql);
    const connection = await connect();
    expect(await insert(connection, rowsOf(0, 3))).toBe(3);
    expect(await insert(connection, rowsOf(2, 5))).toBe(2);
    expect(await insert(connection, [...rowsOf(5, 6), ...rowsOf(5, 6)])).toBe(1);
    expect(await insert(connection, rowsOf(0, 6))).toBe(0);
    await connection.close();
    expect(await numbers()).toEqual([0, 1, 2, 3, 4, 5]);
  });

  test('without an index by id rows are stored again', async () => {
    await server.sql(
      'CREATE TABLE t (specter_id uuid, n int); CREATE UNIQUE INDEX ON t (specter_id) WHERE n > 100',
    );
    const connection = await connect();
    await insert(connection, rowsOf(0, 2));
    expect(await insert(connection, rowsOf(1, 3))).toBe(2);
    await connection.close();
    expect(await numbers()).toEqual([0, 1, 1, 2]);
  });

  // Not to be compressed into a page.
  const noise = Array.from({ length: 20_000 }, (_, i) => ((i * 7919) ^ (i >> 3)).toString(36));

  test.each<[string, string, CellRow[], CellRow]>([
    ['null value in column "n" .* \\(23502\\)', 'n int NOT NULL', [{ n: 1 }, {}], { n: 1 }],
    ['value too long .* \\(22001\\)', 'v varchar(3)', [{ v: 'abcd' }], { v: 'abc' }],
    ['violates check .* \\(23514\\)', 'n int CHECK (n < 2)', [{ n: 1 }, { n: 2 }], { n: 1 }],
    ['duplicate key .* \\(23505\\)', 'n int UNIQUE', [{ n: 1 }, { n: 1 }], { n: 1 }],
    [
      'duplicate key .*"t_n_key" \\(23505\\)',
      'specter_id uuid UNIQUE, n int UNIQUE',
      [...rowsOf(1, 2), { specter_id: idOf(2), n: 1 }],
      { specter_id: idOf(3), n: 3 },
    ],
    ['invalid input syntax for type inet: "x" \\(22P02\\)', 'v inet', [{ v: 'x' }], { v: '::1' }],
    [
      'row-level security policy .* \\(42501\\)',
      'n int); ALTER TABLE t ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY; CREATE POLICY p ON t FOR INSERT WITH CHECK (n < 2',
      [{ n: 1 }, { n: 2 }],
      { n: 1 },
    ],
    ['index row .* \\(54000\\)', 'v text UNIQUE', [{ v: noise.join('') }], { v: 'short' }],
  ])('a refusal leaves nothing behind: %s', async (reason, columns, rows, good) => {
    await server.sql(`DROP ROLE IF EXISTS u; CREATE ROLE u LOGIN; CREATE TABLE t (${columns});
      GRANT INSERT, SELECT ON t TO u`);
    const connection = await connect({ user: 'u', db: 'postgres' });
    const error = await insert(connection, rows).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(RefusedRows);
    expect(String(error)).toMatch(new RegExp(reason));
    expect(await server.sql('SELECT * FROM t')).toEqual([]);
    expect(await insert(connection, [good])).toBe(1);
    await connection.close();
  });

  test('a refusal in the last of many chunks', async () => {
    await server.sql('CREATE TABLE t (specter_id uuid UNIQUE, n int CHECK (n <> 6999))');
    const connection = await connect();
    await expect(insert(connection, rowsOf(0, 7000))).rejects.toThrow(RefusedRows);
    expect(await numbers()).toEqual([]);
    await expect(insert(connection, rowsOf(6999, 14_000))).rejects.toThrow(RefusedRows);
    expect(await insert(connection, rowsOf(0, 6999))).toBe(6999);
    await connection.close();
  });

  test('a trigger that raises, one that leaves rows out, and one behind a view', async () => {
    await server.sql(`CREATE TABLE t (n int); CREATE TABLE seen (n int); CREATE VIEW v AS SELECT n FROM t;
      CREATE FUNCTION f() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        IF NEW.n = 1 THEN RAISE EXCEPTION 'not one'; END IF;
        IF NEW.n = 2 THEN RETURN NULL; END IF;
        RETURN NEW; END $$;
      CREATE FUNCTION g() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
        INSERT INTO seen VALUES (NEW.n); RETURN NEW; END $$;
      CREATE TRIGGER f BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION f();
      CREATE TRIGGER g INSTEAD OF INSERT ON v FOR EACH ROW EXECUTE FUNCTION g()`);
    const table = await connect();
    await expect(insert(table, [{ n: 1 }])).rejects.toThrow(/^not one \(P0001\)$/);
    expect(await insert(table, [{ n: 2 }, { n: 3 }])).toBe(2);
    await table.close();
    const view = await connect({ table: 'v' });
    expect(await insert(view, [{ n: 1 }])).toBe(1);
    await view.close();
    expect(await server.sql('SELECT n FROM t UNION ALL SELECT -n FROM seen')).toEqual([
      { n: 3 },
      { n: -1 },
    ]);
  });

  test('a missing partition is no fault of the rows', async () => {
    await server.sql('CREATE TABLE t (n int) PARTITION BY RANGE (n)');
    const connection = await connect();
    const error = await insert(connection, [{ n: 1 }]).catch((each: unknown) => each);
    expect(error).toBeInstanceOf(PgsqlError);
    expect(String(error)).toMatch(
      /insert into public\.t: no partition .* \(23514\); create the partition/,
    );
    await connection.close();
  });

  test('a table that is gone, or may not be written any more', async () => {
    await server.sql(
      'CREATE TABLE t (n int); DROP ROLE IF EXISTS u; CREATE ROLE u LOGIN; GRANT INSERT ON t TO u',
    );
    const connection = await connect({ user: 'u', db: 'postgres' });
    await insert(connection, [{ n: 1 }]);
    await server.sql('REVOKE INSERT ON t FROM u');
    await expect(insert(connection, [{ n: 2 }])).rejects.toMatchObject({
      name: 'PgsqlError',
      code: '42501',
    });
    await server.sql('DROP TABLE t');
    await expect(insert(connection, [{ n: 2 }])).rejects.toMatchObject({
      name: 'PgsqlError',
      code: '42P01',
    });
    await connection.close();
  });

  test('other columns, prepared anew', async () => {
    await server.sql('CREATE TABLE t (n int, m int)');
    const connection = await connect();
    const [n, m] = connection.layout.columns;
    if (!n || !m) throw new Error('columns expected');
    await connection.insert(cellsOf([n, m], [{ n: 1, m: 2 }]), 0, 1);
    await connection.prepare([m]);
    await connection.insert(cellsOf([m], [{ m: 3 }]), 0, 1);
    // The same column with values in another form.
    await connection.insert(cellsOf([m], [{ m: '4' }]), 0, 1);
    await connection.close();
    expect(await server.sql('SELECT n, m FROM t ORDER BY m')).toEqual([
      { n: 1, m: 2 },
      { n: null, m: 3 },
      { n: null, m: 4 },
    ]);
  });

  test('destroy breaks an insert that is not answered', async () => {
    await server.sql('CREATE TABLE t (n int)');
    const connection = await connect();
    await insert(connection, [{ n: 1 }]);
    const held = await lockTable(server, 't');
    const result = insert(connection, rowsOf(0, 3)).catch((error: unknown) => error);
    connection.destroy();
    expect(await result).toBeInstanceOf(PgsqlError);
    await held[Symbol.asyncDispose]();
    await connection.close();
    expect(await numbers()).toEqual([1]);
  });

  test('kill -9 of the server: the insert fails, the loss is told once', async () => {
    await server.sql('CREATE TABLE t (n int)');
    const losses: Error[] = [];
    const connection = await connect({}, (error) => losses.push(error));
    const idle = await connect({}, (error) => losses.push(error));
    await server.sql(
      'CREATE FUNCTION slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(30); RETURN NEW; END $$; CREATE TRIGGER s BEFORE INSERT ON t FOR EACH ROW EXECUTE FUNCTION slow()',
    );
    const result = insert(connection, [{ n: 1 }]).catch((error: unknown) => error);
    await server.kill();
    expect(await result).toBeInstanceOf(PgsqlError);
    await until(async () => losses.length >= 2, 'two losses');
    connection.destroy();
    await idle.close();
    await connection.close();
    expect(losses).toHaveLength(2);
    await expect(connect()).rejects.toThrow(/^connect to postgresql:.*ECONNREFUSED/);
    await server.start();
    expect(await numbers()).toEqual([]);
  });

  test('the server is stopped in order: the loss is told with its reason', async () => {
    await server.sql('CREATE TABLE t (n int)');
    let tell: (error: Error) => void = () => {};
    const lost = new Promise<Error>((resolve) => {
      tell = resolve;
    });
    const connection = await connect({}, (error) => tell(error));
    await server.stop();
    expect((await lost).message).toMatch(
      /^connection to postgresql:\/\/.*: terminating connection due to administrator command \(57P01\); to try: psql /,
    );
    await connection.close();
    await server.start();
  });
});
