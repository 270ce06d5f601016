import { connect, isIP, type Socket } from 'node:net';
import type { Readable } from 'node:stream';
import type * as Mysql from 'mysql2';
import { loadDriver } from '../load-driver.ts';
import { failureOf, MysqlError, mysqlError } from './mysql-error.ts';
import { endpointOf, type MysqlSettings, nameOf } from './settings.ts';

/** Seconds until TCP looks whether a silent peer is still there: its default is two hours. */
const KEEPALIVE_MS = 60_000;

/**
 * What every session is set to, so that the server's configuration changes nothing of what is stored:
 * values that do not fit are errors on any engine, times are UTC, transactions are ended by COMMIT
 * alone. A connection may be silent for a year, the most there is, before the server closes it.
 */
const SETUP = `SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION',
  time_zone = '+00:00', autocommit = 1, sql_notes = 1, wait_timeout = 31536000`;

/** What the server answers to a statement that has no rows. */
export interface Done {
  readonly affectedRows: number;
  readonly warnings: number;
}

/** A connection to a server. One statement at a time is under way there; others wait. */
export class MysqlSession {
  readonly #settings: MysqlSettings;
  readonly #socket: Socket;
  readonly #connection: Mysql.Connection;
  /** Why the connection has ended, where the server or the system has said it. */
  #reason: unknown;
  #ending = false;

  private constructor(settings: MysqlSettings, socket: Socket, connection: Mysql.Connection) {
    this.#settings = settings;
    this.#socket = socket;
    this.#connection = connection;
  }

  /**
   * Begins to connect. connect(2) to a Unix socket is made before this function returns the first
   * time, with the user that specter is at that moment: the server may know it by that.
   *
   * @param signal gives up connecting
   * @param lost called once if the connection ends by itself
   */
  static async open(
    settings: MysqlSettings,
    signal: AbortSignal,
    lost: (error: Error) => void,
  ): Promise<MysqlSession> {
    const { createConnection } = loadDriver<typeof Mysql>('mysql2');
    const operation = `connect to ${nameOf(settings)}`;
    const endpoint = endpointOf(settings);
    // mysql2 takes any address for `localhost` when it compares the name in the certificate.
    if (settings.tls && 'host' in endpoint && isIP(endpoint.host) !== 0) {
      const text = 'with TLS the server needs a name, which its certificate is compared with';
      throw new MysqlError(operation, 'EINVAL', text, 'give its name in place of the address');
    }
    const socket = connect(
      'path' in endpoint
        ? { path: endpoint.path }
        : { ...endpoint, noDelay: true, keepAlive: true, keepAliveInitialDelay: KEEPALIVE_MS },
    );
    const connection = createConnection({
      stream: socket,
      // The name that the certificate has to be good for.
      ...('path' in endpoint ? {} : { host: endpoint.host }),
      user: settings.user,
      database: settings.db,
      charset: 'utf8mb4',
      // Statements hold no placeholders: nothing has to look for them.
      queryFormat: (sql) => sql,
      disableEval: true,
      rowsAsArray: true,
      typeCast: (field) => field.string(),
      // The owner of the session has a timer for everything.
      connectTimeout: 0,
      ...(settings.password === undefined ? {} : { password: settings.password }),
      ...(settings.tls && !('path' in endpoint) ? { ssl: tlsOptions(settings.tls) } : {}),
    });
    const session = new MysqlSession(settings, socket, connection);
    connection.on('error', (error: unknown) => {
      if (!isEnd(error)) session.#reason ??= error;
    });
    socket.once('error', (error) => {
      session.#reason ??= error;
    });
    const giveUp = () => session.destroy();
    signal.addEventListener('abort', giveUp);
    try {
      await new Promise<void>((resolve, reject) => {
        socket.once('close', () => reject(session.#reason ?? closedByServer(settings)));
        connection.connect((error) => (error ? reject(error) : resolve()));
      });
      await session.run(operation, SETUP);
    } catch (error) {
      session.destroy();
      throw mysqlError(operation, error, settings);
    } finally {
      signal.removeEventListener('abort', giveUp);
    }
    const ended = () => {
      if (!session.#ending) lost(session.#lostError());
    };
    // It may have ended between the last answer and here.
    if (socket.destroyed) queueMicrotask(ended);
    else socket.once('close', ended);
    return session;
  }

  /**
   * Runs a statement that has no rows to give; those that it gives all the same are left out.
   *
   * @param operation for the error: `insert into ulog2`
   * @param source what the server is to read, for LOAD DATA LOCAL
   * @throws MysqlError
   */
  run(operation: string, sql: string, source?: Readable): Promise<Done> {
    return this.#send(operation, sql, source, doneOf);
  }

  /**
   * Runs a statement that gives rows: their values as texts.
   *
   * @throws MysqlError
   */
  select(operation: string, sql: string): Promise<readonly (readonly (string | null)[])[]> {
    return this.#send(operation, sql, undefined, rowsOf);
  }

  /** Ends in order: the server is told, and closes the connection. */
  close(): Promise<void> {
    this.#ending = true;
    return new Promise((resolve) => {
      if (this.#socket.destroyed) {
        resolve();
        return;
      }
      this.#socket.once('close', () => resolve());
      this.#connection.end();
    });
  }

  /** Ends at once: statements under way fail. */
  destroy(): void {
    this.#ending = true;
    this.#socket.destroy();
  }

  #send<Result>(
    operation: string,
    sql: string,
    source: Readable | undefined,
    resultOf: (answer: unknown) => Result,
  ): Promise<Result> {
    return new Promise((resolve, reject) => {
      const answered = (error: Mysql.QueryError | null, answer: unknown): void => {
        if (error) reject(mysqlError(operation, this.#causeOf(error), this.#settings));
        else resolve(resultOf(answer));
      };
      const options = source ? { sql, infileStreamFactory: () => source } : { sql };
      this.#connection.query(options, answered);
    });
  }

  /** What the server said before it closed the connection tells more than that it did. */
  #causeOf(error: unknown): unknown {
    return isEnd(error) ? (this.#reason ?? closedByServer(this.#settings)) : error;
  }

  #lostError(): MysqlError {
    const operation = `connection to ${nameOf(this.#settings)}`;
    const reason = this.#reason ?? closedByServer(this.#settings);
    return mysqlError(operation, reason, this.#settings);
  }
}

/** mysql2's error for a connection that is closed, which says nothing else. */
const isEnd = (error: unknown): boolean => failureOf(error).code === 'PROTOCOL_CONNECTION_LOST';

function tlsOptions({ ca }: { readonly ca?: string | Buffer | undefined }) {
  const verified = { rejectUnauthorized: true, verifyIdentity: true };
  return ca === undefined ? verified : { ...verified, ca: ca.toString() };
}

const closedByServer = (settings: MysqlSettings): MysqlError =>
  new MysqlError(
    `connection to ${nameOf(settings)}`,
    'PROTOCOL_CONNECTION_LOST',
    'the server has closed it',
    'its error log says why, unless it was shut down',
  );

/** The OK packet of mysql2, where the answer is one. */
function doneOf(answer: unknown): Done {
  const number = (name: string): number => {
    const value: unknown =
      typeof answer === 'object' && answer !== null ? Reflect.get(answer, name) : 0;
    return typeof value === 'number' ? value : 0;
  };
  return { affectedRows: number('affectedRows'), warnings: number('warningStatus') };
}

function rowsOf(answer: unknown): readonly (readonly (string | null)[])[] {
  if (!Array.isArray(answer)) return [];
  return answer.map((row: unknown) =>
    Array.isArray(row)
      ? row.map((value: unknown) => (value === null || value === undefined ? null : String(value)))
      : [],
  );
}
