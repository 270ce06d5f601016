import { isIP, type NetConnectOpts, Socket } from 'node:net';
import { join } from 'node:path';
import type { ConnectionOptions } from 'node:tls';
import type { Client, ClientConfig } from 'pg';
import { loadDriver } from '../load-driver.ts';
import { sendCancelRequest } from './cancel-request.ts';
import { cancelRequest } from './messages.ts';
import { isSocket } from './target.ts';

/** What names a session of the server, and shows that it is one's own: BackendKeyData. */
interface SessionKey {
  readonly processID: number;
  readonly secretKey: number;
}

/** A connection of the driver `pg`, which tells once of its end, and can break off what it does. */
export class ServerConnection {
  readonly client: Client;
  readonly #tls: ConnectionOptions | false;
  #key: SessionKey | undefined;
  #lost: ((error: Error) => void) | undefined;

  /** @param tls how to use it; false: not */
  constructor(config: ClientConfig, tls: ConnectionOptions | false) {
    const pg = loadDriver<typeof import('pg')>('pg');
    this.client = new pg.Client({ ...config, ssl: tls });
    this.#tls = tls;
    this.client.on('error', (error) => this.#tell(error));
    this.client.on('end', () => this.#tell(new Error('the server has closed the connection')));
    this.client.connection.on('backendKeyData', (key: SessionKey) => {
      this.#key = key;
    });
  }

  /** @param lost told once, if the connection ends by itself */
  watch(lost: (error: Error) => void): void {
    this.#lost = lost;
  }

  async close(): Promise<void> {
    this.#lost = undefined;
    await this.client.end();
  }

  destroy(): void {
    this.#lost = undefined;
    this.client.connection.stream.destroy();
  }

  /**
   * Ends the connection, and what the server is doing for it: while that waits for a lock, the
   * server does not notice a peer that is gone.
   */
  breakOff(): void {
    const peer = this.#peer();
    if (peer && this.#key) {
      const { processID, secretKey } = this.#key;
      sendCancelRequest(peer, this.#tlsTo(), cancelRequest(processID, secretKey));
    }
    this.destroy();
  }

  /** The very server that this is connected to: its name may have several addresses. */
  #peer(): NetConnectOpts | undefined {
    const { host, port, connection } = this.client;
    const { stream } = connection;
    if (stream.destroyed) return undefined;
    if (isSocket(host)) return { path: join(host, `.s.PGSQL.${port}`) };
    if (!(stream instanceof Socket)) return undefined;
    const { remoteAddress, remotePort } = stream;
    return remoteAddress && remotePort ? { host: remoteAddress, port: remotePort } : undefined;
  }

  /** As the driver did it: asks for the certificate of the host, if that is a name, and checks it. */
  #tlsTo(): ConnectionOptions | false {
    const { host } = this.client;
    return this.#tls && { host, ...(isIP(host) === 0 && { servername: host }), ...this.#tls };
  }

  #tell(error: Error): void {
    const lost = this.#lost;
    this.#lost = undefined;
    lost?.(error);
  }
}
