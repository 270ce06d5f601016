import type { ClientConfig } from 'pg';
import { prepareSession } from './prepare-session.ts';
import { ServerConnection } from './server-connection.ts';
import type { TlsWays } from './tls.ts';

/** What the driver says where the server has no TLS; there is no code for it. */
const NO_TLS = 'The server does not support SSL connections';

/** Connecting, from the first byte until it is known what there is to fill; or given up. */
export class ConnectAttempt {
  /** The time was over before it succeeded. */
  isTooLate = false;
  readonly #config: ClientConfig;
  readonly #timeout: number;
  readonly #timer: NodeJS.Timeout | undefined;
  #connection: ServerConnection | undefined;

  /** @param timeout milliseconds; 0: as long as it takes */
  constructor(config: ClientConfig, timeout: number) {
    this.#config = config;
    this.#timeout = timeout;
    if (timeout > 0) {
      this.#timer = setTimeout(() => {
        this.isTooLate = true;
        this.#connection?.breakOff();
      }, timeout);
    }
  }

  /** Connects in the first of these ways that the server has. */
  async connect(ways: TlsWays): Promise<ServerConnection> {
    for (const [i, tls] of ways.entries()) {
      try {
        return await this.#connect(tls);
      } catch (error) {
        const isLast = i === ways.length - 1 || this.isTooLate;
        if (isLast || !(error instanceof Error) || error.message !== NO_TLS) throw error;
      }
    }
    throw new Error('there is no way to connect');
  }

  /** The connection is somebody else's from now on. */
  succeed(): void {
    clearTimeout(this.#timer);
  }

  /** Ends what there is. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#connection?.destroy();
  }

  async #connect(tls: TlsWays[number]): Promise<ServerConnection> {
    const connection = new ServerConnection(this.#config, tls);
    this.#connection = connection;
    await connection.client.connect();
    await prepareSession(connection.client, this.#timeout);
    return connection;
  }
}
