import type { Client, ClientConfig } from 'pg';
import { loadDriver } from '../load-driver.ts';
import { PgsqlError } from './pgsql-error.ts';
import type { TlsWays } from './tls.ts';

/** What the driver says where the server has no TLS; there is no code for it. */
const NO_TLS = 'The server does not support SSL connections';

/** Connecting, from the first byte until it is known what there is to fill; or given up. */
export class ConnectAttempt {
  /** The time was over before it succeeded. */
  isTooLate = false;
  readonly #config: ClientConfig;
  readonly #timer: NodeJS.Timeout | undefined;
  #client: Client | undefined;
  #lost: ((error: Error) => void) | undefined;

  /** @param timeout milliseconds; 0: as long as it takes */
  constructor(config: ClientConfig, timeout: number) {
    this.#config = config;
    if (timeout > 0) {
      this.#timer = setTimeout(() => {
        this.isTooLate = true;
        this.abandon();
      }, timeout);
    }
  }

  /** Connects in the first of these ways that the server has. */
  async connect(ways: TlsWays): Promise<Client> {
    for (const [i, ssl] of ways.entries()) {
      try {
        return await this.#connect(ssl);
      } catch (error) {
        const isLast = i === ways.length - 1 || this.isTooLate;
        if (isLast || !(error instanceof Error) || error.message !== NO_TLS) throw error;
      }
    }
    throw new Error('there is no way to connect');
  }

  /**
   * It has succeeded.
   *
   * @param lost told once, if the connection ends by itself
   * @returns to be called before it is ended on purpose
   */
  succeed(lost: (error: Error) => void): () => void {
    clearTimeout(this.#timer);
    this.#lost = lost;
    return () => {
      this.#lost = undefined;
    };
  }

  /** Ends what there is. */
  abandon(): void {
    clearTimeout(this.#timer);
    this.#client?.connection.stream.destroy();
  }

  async #connect(ssl: TlsWays[number]): Promise<Client> {
    const pg = loadDriver<typeof import('pg')>('pg');
    const client = new pg.Client({ ...this.#config, ssl });
    this.#client = client;
    client.on('error', (error) => this.#tell(error));
    client.on('end', () => this.#tell(new Error('the server has closed the connection')));
    await client.connect();
    await prepareSession(client);
    return client;
  }

  #tell(error: Error): void {
    const lost = this.#lost;
    this.#lost = undefined;
    lost?.(error);
  }
}

/** Texts are UTF-8, whatever the database's encoding is; and it has to take rows. */
async function prepareSession(client: Client): Promise<void> {
  await client.query("SET client_encoding TO 'UTF8'");
  const { rows } = await client.query<{ is_standby: boolean; is_read_only: boolean }>(
    "SELECT pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only')::bool AS is_read_only",
  );
  const [state] = rows;
  if (!state?.is_standby && !state?.is_read_only) return;
  const reason = state.is_standby
    ? 'the server is a standby, which takes no rows'
    : 'transactions are read-only';
  const hint = state.is_standby
    ? 'connect to the primary server'
    : 'check default_transaction_read_only of server, database and user';
  throw new PgsqlError('prepare to store rows', reason, { code: '25006', hint });
}
