import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPgsqlDatabase } from '../../../src/plugins/output/database/pgsql/index.ts';
import { requirePostgres } from '../../support/postgres-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { PgsqlTlsServer } from './pgsql-tls-server.ts';

const missing = requirePostgres() ?? requireTools('openssl');

describe.skipIf(missing)(title('PostgreSQL: TLS', missing), () => {
  let secure: PgsqlTlsServer;
  beforeAll(async () => {
    secure = await PgsqlTlsServer.start();
    await secure.server.sql('CREATE TABLE t (n int)');
  });
  afterAll(async () => await secure[Symbol.asyncDispose]());

  /** What the server says about the connection, or the error. */
  async function attempt(words: string): Promise<boolean | string> {
    const { server, port } = secure;
    const connstring = `hostaddr=127.0.0.1 port=${port} dbname=postgres user=postgres ${words}`;
    try {
      const connection = await createPgsqlDatabase({ table: 't', connstring }).connect(() => {});
      const rows = await server.sql(
        "SELECT ssl FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'specter'",
        'postgres',
      );
      await connection.close();
      return rows[0]?.ssl === true;
    } catch (error) {
      return String(error);
    }
  }

  test('modes', async () => {
    const root = `sslrootcert=${secure.certificate}`;
    expect(await attempt('')).toBe(true);
    expect(await attempt('sslmode=disable')).toBe(false);
    expect(await attempt('sslmode=require')).toBe(true);
    expect(await attempt(`sslmode=verify-ca ${root}`)).toBe(true);
    expect(await attempt(`sslmode=verify-full ${root} host=db.example`)).toBe(true);
    expect(await attempt(`sslmode=verify-full ${root} host=other.example`)).toMatch(
      /ERR_TLS_CERT_ALTNAME_INVALID/,
    );
    expect(await attempt(`sslmode=verify-full sslrootcert=system host=db.example`)).toMatch(
      /DEPTH_ZERO_SELF_SIGNED_CERT/,
    );
    expect(await attempt('sslmode=verify-full sslrootcert=/nowhere')).toMatch(/ENOENT/);
  });

  test('a server without TLS', async () => {
    await secure.restart();
    expect(await attempt('')).toBe(false);
    expect(await attempt('sslmode=require')).toMatch(/The server does not support SSL connections/);
  });
});
