import { spawnSync } from 'node:child_process';
import { chmod, readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  createMysqlDatabase,
  type MysqlSettings,
} from '../../../src/plugins/output/database/mysql/index.ts';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { requireTools, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const missing = requireTools('mariadbd', 'mariadb', 'mariadb-install-db', 'openssl');

/** `localhost` would mean the Unix socket. */
const HOST = 'LOCALHOST';

describe.skipIf(missing)(title('MySQL over TCP', missing), () => {
  let server: MariadbServer;
  let folder: ScratchFolder;
  let port: number;

  /** A certificate that is its own authority, good for this name. */
  async function certificate(name: string, subject: string): Promise<string> {
    const path = folder.join(name);
    const words = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=x'];
    const files = ['-keyout', `${path}.key`, '-out', `${path}.crt`];
    const { status, stderr } = spawnSync('openssl', [
      ...words,
      ...files,
      '-addext',
      `subjectAltName=${subject}`,
    ]);
    if (status !== 0) throw new Error(String(stderr));
    await chmod(`${path}.key`, 0o644);
    return path;
  }

  beforeAll(async () => {
    folder = await ScratchFolder.create();
    port = await freePort();
    const good = await certificate('good', 'DNS:localhost');
    await certificate('other', 'DNS:other.example');
    server = await MariadbServer.start(
      `--port=${port}`,
      `--ssl-cert=${good}.crt`,
      `--ssl-key=${good}.key`,
    );
    await server.sql(
      `CREATE DATABASE d; CREATE TABLE d.t (no INT); CREATE USER u@'127.0.0.1' IDENTIFIED BY 'p';
       GRANT SELECT, INSERT ON d.t TO u@'127.0.0.1'`,
    );
  });
  afterAll(async () => {
    await server[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const ca = (name: string) => readFile(folder.join(`${name}.crt`));

  async function connect(more: Partial<MysqlSettings>): Promise<string | undefined> {
    const settings = { host: HOST, port, db: 'd', user: 'u', password: 'p', table: 't' };
    const database = createMysqlDatabase({ ...settings, ...more });
    try {
      await (await database.connect(() => {})).close();
      return undefined;
    } catch (error) {
      return error instanceof Error ? error.message : String(error);
    }
  }

  test('without TLS', async () => {
    expect(await connect({})).toBe(undefined);
    await server.sql("ALTER USER u@'127.0.0.1' REQUIRE SSL");
    expect(await connect({})).toContain('ER_ACCESS_DENIED_ERROR');
    await server.sql("ALTER USER u@'127.0.0.1' REQUIRE NONE");
  });

  test('with TLS', async () => {
    await server.sql("ALTER USER u@'127.0.0.1' REQUIRE SSL");
    expect(await connect({ tls: { ca: await ca('good') } })).toBe(undefined);
    await server.sql("ALTER USER u@'127.0.0.1' REQUIRE NONE");
  });

  test('a server that nobody vouches for is an error', async () => {
    expect(await connect({ tls: {} })).toContain('self-signed certificate');
    expect(await connect({ tls: { ca: await ca('other') } })).toContain('self-signed certificate');
  });

  test('an address cannot be compared with a certificate', async () => {
    expect(await connect({ host: '127.0.0.1', tls: { ca: await ca('good') } })).toBe(
      `connect to mysql://u@127.0.0.1:${port}/d: with TLS the server needs a name, which its certificate is compared with (EINVAL); give its name in place of the address`,
    );
  });

  test('a server that is another one is an error', async () => {
    await server.stop();
    const path = folder.join('other');
    await server.start(`--port=${port}`, `--ssl-cert=${path}.crt`, `--ssl-key=${path}.key`);
    expect(await connect({ tls: { ca: await ca('other') } })).toContain(
      "not match certificate's altnames: Host: LOCALHOST. is not in the cert's altnames: DNS:other.example",
    );
  });

  test('a server without TLS is an error', async () => {
    await server.stop();
    await server.start(`--port=${port}`, '--skip-ssl');
    expect(await connect({ tls: { ca: await ca('good') } })).toContain(
      'the server has no TLS: configure ssl_cert and ssl_key there',
    );
  });
});

async function freePort(): Promise<number> {
  const probe = createServer();
  await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve));
  const address = probe.address();
  await new Promise((resolve) => probe.close(resolve));
  if (typeof address !== 'object' || address === null) throw new Error('no port');
  return address.port;
}
