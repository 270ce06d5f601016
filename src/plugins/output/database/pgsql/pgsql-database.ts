import { userInfo } from 'node:os';
import type { ClientConfig } from 'pg';
import type { Database, TableConnection } from '../database.ts';
import { ConnectAttempt } from './connect-attempt.ts';
import { describeError, PgsqlError, type Place } from './pgsql-error.ts';
import { DEFAULT_SCHEMA, type PgsqlSettings } from './settings.ts';
import { readTable, type Wanted } from './table.ts';
import { PgsqlTableConnection } from './table-connection.ts';
import {
  isSocket,
  passwordOf,
  psqlCommand,
  resolveTarget,
  type Target,
  targetName,
} from './target.ts';
import { type TlsWays, tlsWays } from './tls.ts';

/** Until TCP asks whether the peer is still there. */
const KEEPALIVE_DELAY_MS = 30_000;

/** A table of a PostgreSQL database (12 or later), by the driver `pg`. */
export class PgsqlDatabase implements Database {
  readonly name: string;
  readonly #target: Target;
  readonly #wanted: Wanted;

  /** @throws Error if the connection string or a value is malformed; nothing is connected yet */
  constructor(settings: PgsqlSettings, environment = process.env) {
    this.#target = resolveTarget(settings, environment);
    this.name = targetName(this.#target);
    this.#wanted = {
      schema: settings.schema || DEFAULT_SCHEMA,
      table: settings.table,
      procedure: settings.procedure || 'INSERT',
    };
  }

  /**
   * The files for passwords and certificates are read, and the connect(2) of a Unix socket is
   * called, before this returns its promise: the caller can have another effective user meanwhile,
   * which is the one that the server sees (`peer` in pg_hba.conf).
   */
  async connect(lost: (error: Error) => void): Promise<TableConnection> {
    const target = this.#target;
    const user = target.user ?? userInfo().username;
    const database = target.database ?? user;
    const { schema, table } = this.#wanted;
    const place: Place = {
      name: this.name,
      database,
      table: `${schema}.${table}`,
      command: psqlCommand(target, user, database),
    };
    const operation = `connect to ${this.name}`;
    let ways: TlsWays;
    let config: ClientConfig;
    try {
      ways = isSocket(target.host) ? [false] : tlsWays(target.tls);
      config = clientConfig(target, user, database);
    } catch (error) {
      throw describeError(operation, error, place);
    }
    const attempt = new ConnectAttempt(config, target.connectTimeout);
    try {
      const connection = await attempt.connect(ways);
      const found = await readTable(connection.client, this.#wanted);
      attempt.succeed();
      connection.watch((error) => {
        lost(describeError(`connection to ${this.name}`, error, place));
      });
      return new PgsqlTableConnection(connection, found, place);
    } catch (error) {
      attempt.abandon();
      if (!attempt.isTooLate) throw describeError(operation, error, place);
      const reason = `no answer within ${target.connectTimeout} ms`;
      const hint = `to try: ${place.command}`;
      throw new PgsqlError(operation, reason, { code: 'ETIMEDOUT', hint, cause: error });
    }
  }
}

function clientConfig(target: Target, user: string, database: string): ClientConfig {
  const { host, port, applicationName, options } = target;
  const password = passwordReader(target, user, database);
  return {
    ...{ host, port, user, database, password, options },
    application_name: applicationName,
    // Said, for the driver not to look into the environment, and fail without TLS.
    sslnegotiation: 'postgres',
    keepAlive: true,
    keepAliveInitialDelayMillis: KEEPALIVE_DELAY_MS,
  };
}

/** What the driver asks when the server wants a password; the file for it is read at once. */
function passwordReader(target: Target, user: string, database: string): () => string {
  let password: string | undefined;
  let failure: unknown;
  try {
    password = passwordOf(target, user, database);
  } catch (error) {
    // Nobody may ever ask for what is in ~/.pgpass.
    if (target.needsPassfile) throw error;
    failure = error;
  }
  return () => {
    if (failure !== undefined) throw failure;
    if (password !== undefined) return password;
    throw new Error(
      `the server wants a password for ${user}, and there is none: give one, or put it into ${target.passfile}`,
    );
  };
}
