import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createPgsqlDatabase,
  type PgsqlSettings,
} from '../../../src/plugins/output/database/pgsql/index.ts';
import { requirePostgres } from '../../support/postgres-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';
import { type CellRow, cellsOf } from './driver-cells.ts';
import { lockTable } from './pgsql-lock.ts';
import { PgsqlTlsServer } from './pgsql-tls-server.ts';

const missing = requirePostgres() ?? requireTools('openssl');

describe.skipIf(missing)(title('PostgreSQL: locked tables', missing), () => {
  let secure: PgsqlTlsServer;
  beforeAll(async () => {
    secure = await PgsqlTlsServer.start();
    await secure.server.sql(`CREATE TABLE t (n int); CREATE VIEW v AS SELECT n FROM t;
      CREATE TABLE limits (lock text, statement text, n int);
      ALTER TABLE limits ALTER lock SET DEFAULT current_setting('lock_timeout'),
        ALTER statement SET DEFAULT current_setting('statement_timeout')`);
  });
  afterAll(async () => await secure[Symbol.asyncDispose]());

  /** Words of a connection string for each way to the server. */
  const ways = {
    'a Unix socket': () => `host=${secure.server.host}`,
    TCP: () => 'host=127.0.0.1 sslmode=disable',
    TLS: () =>
      `hostaddr=127.0.0.1 host=db.example sslmode=verify-full sslrootcert=${secure.certificate}`,
    'TLS, by name': () => `host=localhost sslmode=verify-ca sslrootcert=${secure.certificate}`,
  };
  type Way = keyof typeof ways;
  const names: readonly Way[] = ['a Unix socket', 'TCP', 'TLS', 'TLS, by name'];

  async function connect(settings: Partial<PgsqlSettings>, words = '', way: Way = 'a Unix socket') {
    const connstring = `${ways[way]()} port=${secure.port} dbname=postgres user=postgres ${words}`;
    const database = createPgsqlDatabase({ table: 't', connstring, ...settings });
    const connection = await database.connect(() => {});
    const columns = connection.layout.columns.filter(({ name }) => name === 'n');
    await connection.prepare(columns);
    const insert = (rows: readonly CellRow[]) =>
      connection.insert(cellsOf(columns, rows), 0, rows.length);
    return { connection, insert };
  }

  /** Waits until so many processes of the server are there for specter. */
  const serverHas = (backends: number, condition = 'true') =>
    until(async () => {
      const rows = await secure.server.sql(
        `SELECT pid FROM pg_stat_activity WHERE application_name = 'specter' AND ${condition}`,
      );
      return rows.length === backends;
    }, `${backends} backends`);
  const isWaiting = "wait_event_type = 'Lock'";
  /** Limits of an administrator that end nothing which is given up. */
  const patient = "options='-c lock_timeout=1h'";

  test('storing says that there is a lock, and goes on behind it', async () => {
    const held = await lockTable(secure.server, 't');
    const { connection, insert } = await connect({ connectTimeout: 400 });
    await expect(insert([{ n: 1 }])).rejects.toThrow(
      'insert into public.t: canceling statement due to lock timeout (55P03); another session holds a lock of public.t, or of what is behind it: SELECT pid, mode, relation::regclass FROM pg_locks WHERE granted',
    );
    await held[Symbol.asyncDispose]();
    expect(await insert([{ n: 2 }])).toBe(1);
    await connection.close();
    expect(await secure.server.sql('SELECT n FROM t')).toEqual([{ n: 2 }]);
  });

  test('connecting says so in time, where it has to wait', async () => {
    await using _held = await lockTable(secure.server, 'v');
    await expect(connect({ table: 'v', connectTimeout: 2000 })).rejects.toThrow(
      /^connect to postgresql:.* canceling statement due to lock timeout \(55P03\); another session holds a lock of public\.v, or of what is behind it: /,
    );
    await serverHas(0);
  });

  test.each(names)('connecting that is given up leaves nothing on the server: %s', async (way) => {
    await using _held = await lockTable(secure.server, 'v');
    const attempt = connect({ table: 'v', connectTimeout: 2000 }, patient, way);
    const failure = expect(attempt).rejects.toThrow(/no answer within 2000 ms \(ETIMEDOUT\)/);
    await serverHas(1, isWaiting);
    await failure;
    await serverHas(0);
  });

  test.each(names)('nor does storing: %s', async (way) => {
    const { connection, insert } = await connect({}, patient, way);
    await using _held = await lockTable(secure.server, 't');
    const failure = expect(insert([{ n: 3 }])).rejects.toMatchObject({ name: 'PgsqlError' });
    await serverHas(1, isWaiting);
    connection.destroy();
    await failure;
    await serverHas(0);
    await connection.close();
  });

  test('a way back that is gone is no error', async () => {
    const { server } = secure;
    const { connection, insert } = await connect({}, patient);
    await using _held = await lockTable(server, 't');
    const failure = expect(insert([{ n: 3 }])).rejects.toMatchObject({ name: 'PgsqlError' });
    await serverHas(1, isWaiting);
    await server.hideSocket();
    connection.destroy();
    await failure;
    await serverHas(1, isWaiting);
    await server.showSocket();
  });

  test('limits of time: those of the administrator, if there are any', async () => {
    const limits = async (words: string, connectTimeout: number) => {
      const { connection, insert } = await connect({ table: 'limits', connectTimeout }, words);
      await insert([{ n: 1 }]);
      await connection.close();
      return await secure.server.sql('DELETE FROM limits RETURNING lock, statement');
    };
    expect(await limits('', 10_000)).toEqual([{ lock: '5s', statement: '50s' }]);
    expect(await limits('', 3000)).toEqual([{ lock: '1500ms', statement: '50s' }]);
    expect(await limits('', 0)).toEqual([{ lock: '5s', statement: '50s' }]);
    const own = "options='-c lock_timeout=7s -c statement_timeout=2min'";
    expect(await limits(own, 0)).toEqual([{ lock: '7s', statement: '2min' }]);
  });
});
