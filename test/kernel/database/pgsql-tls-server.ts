import { execFileSync } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { PostgresServer } from '../../support/postgres-server.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

/** A PostgreSQL server that also listens on 127.0.0.1, with TLS as `db.example`. */
export class PgsqlTlsServer implements AsyncDisposable {
  readonly server: PostgresServer;
  readonly port: number;
  /** Its certificate, which nobody but itself vouches for. */
  readonly certificate: string;
  readonly #folder: ScratchFolder;

  private constructor(server: PostgresServer, port: number, folder: ScratchFolder) {
    this.server = server;
    this.port = port;
    this.certificate = folder.join('cert');
    this.#folder = folder;
  }

  static async start(): Promise<PgsqlTlsServer> {
    const folder = await ScratchFolder.create();
    const [key, cert] = [folder.join('key'), folder.join('cert')];
    const names = ['-subj', '/CN=db.example', '-addext', 'subjectAltName=DNS:db.example'];
    const kind = ['-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes'];
    const out = ['-keyout', key, '-out', cert, '-days', '2'];
    execFileSync('openssl', ['req', ...kind, ...out, ...names], { stdio: 'ignore' });
    const server = await PostgresServer.start();
    const port = await freePort();
    await server.addFile('server.key', await readFile(key, 'utf8'));
    await server.addFile('server.crt', await readFile(cert, 'utf8'));
    const started = new PgsqlTlsServer(server, port, folder);
    await started.restart('ssl=on');
    return started;
  }

  /** Starts it again with other settings. */
  async restart(...settings: string[]): Promise<void> {
    await this.server.stop();
    await this.server.start('listen_addresses=127.0.0.1', `port=${this.port}`, ...settings);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.server[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

/** A port of 127.0.0.1 that nobody listens on. */
async function freePort(): Promise<number> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (typeof address !== 'object' || !address) throw new Error('no port');
  return address.port;
}
