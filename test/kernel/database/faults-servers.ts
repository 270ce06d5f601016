import { readFileSync } from 'node:fs';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { requireTools } from '../../support/requirements.ts';
import { until } from '../../support/until.ts';

/** The packets' numbers in a table: each is there once where `rows` is `distinct`. */
export interface Stored {
  readonly rows: number;
  readonly distinct: number;
  readonly first: number;
  readonly last: number;
}

/** What the fault tests need of a server, whatever it is. specter is its user `specter`. */
export interface FaultyServer extends AsyncDisposable {
  readonly folder: string;
  /** Options of the plugin that lead to the table `packet` of a database, but for the user. */
  target(database: string): string;
  createDatabase(name: string): Promise<void>;
  /** Makes what there is not yet of our schema, and gives specter the rights it needs. */
  loadSchema(database: string): Promise<void>;
  /** Starts it unless it runs, and puts its socket back. */
  start(): Promise<void>;
  stop(): Promise<void>;
  kill(): Promise<void>;
  /** Takes the socket away, then ends specter's connections. The server itself notices nothing. */
  cut(): Promise<void>;
  /** Puts the socket back. */
  mend(): Promise<void>;
  sql(database: string, text: string): Promise<unknown>;
  /** Takes the table for itself; resolves, when it has it, to what gives it back. */
  lock(database: string): Promise<() => Promise<void>>;
  stored(database: string): Promise<Stored>;
  /** Lets the server ask specter's user for a password. */
  setPassword(password: string): Promise<void>;
  /** Lets the server let a user of the system in, and nobody else under this name. */
  admitUser(database: string, user: string): Promise<void>;
}

/** A kind of server. */
export interface ServerKind {
  /** `PGSQL` */
  readonly plugin: string;
  /** What the plugin's options begin with. */
  readonly prefix: string;
  /** Code of its errors about a table that is not there. */
  readonly noTable: string;
  missing(): string | undefined;
  begin(): Promise<FaultyServer>;
}

/** Rows outlive kill -9 of the server, and the tests' disk is spared. */
const MARIADB_OPTIONS = ['--innodb-flush-log-at-trx-commit=2'];

export const COUNTS = `SELECT count(*) AS "rows", count(DISTINCT oob_mark) AS "distinct",
  min(oob_mark) AS first, max(oob_mark) AS last FROM packet`;

const schemaOf = (name: string): string =>
  readFileSync(new URL(`../../../contrib/sql/${name}.sql`, import.meta.url), 'utf8');

const grantTo = (user: string): string =>
  `GRANT INSERT, SELECT (specter_id, oob_time) ON packet TO ${user}`;

const pgsql: ServerKind = {
  plugin: 'PGSQL',
  prefix: 'pgsql',
  noTable: '42P01',
  missing: requirePostgres,
  begin: async () => {
    const server = await PostgresServer.start();
    await server.sql('CREATE ROLE specter LOGIN');
    let runs = true;
    const sleeper = "SELECT pid FROM pg_stat_activity WHERE wait_event = 'PgSleep'";
    const loadSchema = async (database: string): Promise<void> => {
      await server.psql(database, `${schemaOf('pgsql')}; ${grantTo('specter')}`);
    };
    return {
      folder: server.folder,
      target: (database) => `pgsqlhost ${server.host}
        pgsqldb ${database}
        pgsqltable packet`,
      createDatabase: async (name) => {
        await server.createDatabase(name);
        await loadSchema(name);
      },
      loadSchema,
      start: async () => {
        await server.showSocket();
        if (!runs) await server.start();
        runs = true;
      },
      stop: () => {
        runs = false;
        return server.stop();
      },
      kill: () => {
        runs = false;
        return server.kill();
      },
      cut: async () => {
        await server.hideSocket();
        await server.sql(
          "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = 'specter'",
        );
      },
      mend: () => server.showSocket(),
      sql: (database, text) => server.sql(text, database),
      lock: async (database) => {
        const held = server.sql('BEGIN; LOCK TABLE packet; SELECT pg_sleep(600)', database);
        return lockedUntil(Promise.allSettled([held]), async () => {
          const [{ pid } = {}] = await server.sql(sleeper);
          return pid === undefined
            ? undefined
            : () => server.sql(`SELECT pg_cancel_backend(${pid})`);
        });
      },
      stored: async (database) => {
        const [{ rows, distinct, first, last } = {}] = await server.sql(COUNTS, database);
        return storedOf(rows, distinct, first, last);
      },
      setPassword: async (password) => {
        await server.sql(`ALTER ROLE specter PASSWORD '${password}'`);
        await server.allow('local all specter scram-sha-256');
      },
      admitUser: async (database, user) => {
        await server.sql(`CREATE ROLE ${user} LOGIN; ${grantTo(user)}`, database);
        await server.allow(`local all ${user} peer`);
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

const mysql: ServerKind = {
  plugin: 'MYSQL',
  prefix: 'mysql',
  noTable: 'ER_NO_SUCH_TABLE',
  missing: () => requireTools('mariadbd', 'mariadb', 'mariadb-install-db'),
  begin: async () => {
    const server = await MariadbServer.start(...MARIADB_OPTIONS);
    await server.sql('CREATE USER specter@localhost');
    const { socket } = server;
    let runs = true;
    const sleeper = "SELECT id FROM information_schema.PROCESSLIST WHERE state = 'User sleep'";
    const loadSchema = async (database: string): Promise<void> => {
      await server.sql(schemaOf('mysql'), database);
      await server.sql(`GRANT SELECT, INSERT ON ${database}.* TO specter@localhost`);
    };
    return {
      folder: server.folder,
      target: (database) => `mysqlsocket ${socket}
        mysqldb ${database}
        mysqltable packet`,
      createDatabase: async (name) => {
        await server.sql(`CREATE DATABASE ${name}`);
        await loadSchema(name);
      },
      loadSchema,
      start: async () => {
        await server.showSocket();
        if (!runs) await server.start(...MARIADB_OPTIONS);
        runs = true;
      },
      stop: () => {
        runs = false;
        return server.stop();
      },
      kill: () => {
        runs = false;
        return server.kill();
      },
      cut: async () => {
        await server.hideSocket();
        await server.sql('KILL CONNECTION USER specter@localhost');
      },
      mend: () => server.showSocket(),
      sql: (database, text) => server.sql(text, database),
      lock: async (database) => {
        const held = server.sql('LOCK TABLES packet WRITE; SELECT SLEEP(600)', database);
        return lockedUntil(Promise.allSettled([held]), async () => {
          const [[id] = []] = await server.sql(sleeper);
          return id === undefined ? undefined : () => server.sql(`KILL QUERY ${id}`);
        });
      },
      stored: async (database) => {
        const [row = []] = await server.sql(COUNTS.replaceAll('"', '`'), database);
        return storedOf(...row);
      },
      setPassword: async (password) => {
        await server.sql(`ALTER USER specter@localhost IDENTIFIED BY '${password}'`);
      },
      admitUser: async (database, user) => {
        await server.sql(
          `CREATE USER ${user}@localhost IDENTIFIED VIA unix_socket;
          GRANT SELECT, INSERT ON ${database}.* TO ${user}@localhost`,
        );
      },
      [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
    };
  },
};

export const serverKinds: readonly ServerKind[] = [pgsql, mysql];

/**
 * Waits until a session sleeps with its lock.
 *
 * @param held settles when the session has ended
 * @param findWaker finds the session that sleeps; what it returns wakes it
 * @returns ends the session, and its lock
 */
async function lockedUntil(
  held: Promise<unknown>,
  findWaker: () => Promise<(() => Promise<unknown>) | undefined>,
): Promise<() => Promise<void>> {
  let wake: (() => Promise<unknown>) | undefined;
  await until(async () => {
    wake = await findWaker();
    return wake !== undefined;
  }, 'the lock');
  return async () => {
    await wake?.();
    await held;
  };
}

/** Of a row that COUNTS has found. */
export function storedOf(...values: unknown[]): Stored {
  const [rows = 0, distinct = 0, first = 0, last = 0] = values.map(Number);
  return { rows, distinct, first, last };
}
