import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPgsqlDatabase } from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const missing = requirePostgres() ?? requireTools('openssl');

/** A port of 127.0.0.1 that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}

describe.skipIf(missing)(title('PostgreSQL: TLS', missing), () => {
  let server: PostgresServer;
  let folder: ScratchFolder;
  let port: number;
  beforeAll(async () => {
    folder = await ScratchFolder.create();
    port = await freePort();
    const [key, cert] = [folder.join('key'), folder.join('cert')];
    const names = ['-subj', '/CN=db.example', '-addext', 'subjectAltName=DNS:db.example'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', key, '-out', cert, '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...out, ...names], { stdio: 'ignore' });
    server = await PostgresServer.start();
    await server.sql('CREATE TABLE t (n int)');
    await server.addFile('server.key', await readFile(key, 'utf8'));
    await server.addFile('server.crt', await readFile(cert, 'utf8'));
    await server.stop();
    await server.start('listen_addresses=127.0.0.1', `port=${port}`, 'ssl=on');
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  /** What the server says about the connection, or the error. */
  async function attempt(words: string): Promise<boolean | string> {
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
    const root = `sslrootcert=${folder.join('cert')}`;
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
    await server.stop();
    await server.start('listen_addresses=127.0.0.1', `port=${port}`);
    expect(await attempt('')).toBe(false);
    expect(await attempt('sslmode=require')).toMatch(/The server does not support SSL connections/);
  });
});
