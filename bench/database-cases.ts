import { readdirSync, readFileSync } from 'node:fs';
import { DatabaseSync, type DatabaseSyncInstance } from '@photostructure/sqlite';
import { MariadbServer } from '../test/support/mariadb-server.ts';
import { PostgresServer } from '../test/support/postgres-server.ts';
import { ScratchFolder } from '../test/support/scratch-folder.ts';
import type { UlogdStack } from '../test/support/ulogd.ts';
import { processUsage } from './process-usage.ts';

/** A database at work, with a table for each daemon. */
export interface BenchDatabase extends AsyncDisposable {
  /** Plugin and options of specter's block. */
  readonly specter: string;
  readonly ulogd: UlogdStack;
  /** Empties the tables. */
  clear(): Promise<void>;
  /** Rows of specter's table, or of ulogd2's. */
  count(ofUlogd?: boolean): Promise<number>;
  /** Microseconds that the server has run. */
  cpu(): number;
}

export interface DatabaseCase {
  readonly name: string;
  readonly plugin: string;
  /** Rows a second to try, in rising order. */
  readonly rates: readonly number[];
  readonly ulogdRates: readonly number[];
  start(): Promise<BenchDatabase>;
}

const ulogdRates = [1000, 1500, 2000, 2500, 3000, 4000, 5000, 7000, 10_000];
const filters = ['filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR'];
const memory = 'queue 1G';

/**
 * The columns of specter's own table, as far as ulogd2 knows them. Around them stands what makes as much
 * work as specter's: a unique index, where ulogd2 leaves such a column to the database, and on the time the
 * index that specter's table has.
 */
const ulogdColumns = (integer: string, address: string, text: string): string =>
  [
    ...['oob_time_sec', 'oob_time_usec', 'raw_label', 'oob_hook', 'oob_mark', 'ip_protocol'],
    ...['ip_totlen', 'ip_ttl', 'tcp_sport', 'tcp_dport', 'udp_sport', 'udp_dport'],
    ...['icmp_type', 'icmp_code'],
  ]
    .map((name) => `${name} ${integer}`)
    .concat(['oob_prefix', 'oob_in', 'oob_out', 'mac_saddr_str'].map((name) => `${name} ${text}`))
    .concat(['ip_saddr_str', 'ip_daddr_str'].map((name) => `${name} ${address}`))
    .join(', ');

const script = (name: string): string =>
  readFileSync(new URL(`../contrib/sql/${name}.sql`, import.meta.url), 'utf8');

export const databaseCases: readonly DatabaseCase[] = [
  {
    name: 'SQLite',
    plugin: 'SQLITE3',
    rates: [50_000, 100_000, 125_000, 150_000, 175_000],
    ulogdRates,
    start: startSqlite,
  },
  {
    name: 'PostgreSQL',
    plugin: 'PGSQL',
    rates: [20_000, 40_000, 60_000, 80_000, 100_000],
    ulogdRates,
    start: startPostgres,
  },
  {
    name: 'MariaDB',
    plugin: 'MYSQL',
    rates: [20_000, 50_000, 70_000, 85_000, 100_000],
    ulogdRates,
    start: startMariadb,
  },
];

async function startSqlite(): Promise<BenchDatabase> {
  const folder = await ScratchFolder.create();
  const file = folder.join('specter.db');
  const ulogdFile = folder.join('ulogd.db');
  const inFile = <Result>(path: string, action: (db: DatabaseSyncInstance) => Result): Result => {
    const db = new DatabaseSync(path, { timeout: 30_000 });
    try {
      return action(db);
    } finally {
      db.close();
    }
  };
  const count = (path: string, table: string): number =>
    inFile(path, (db) => Number(db.prepare(`SELECT count(*) AS n FROM ${table}`).get()?.n));
  inFile(ulogdFile, (db) =>
    db.exec(
      `CREATE TABLE ulog (${ulogdColumns('INTEGER', 'TEXT', 'TEXT')}); CREATE INDEX ulog_time ON ulog (oob_time_sec)`,
    ),
  );
  inFile(file, (db) => db.exec(script('sqlite3')));
  return {
    specter: `  plugin SQLITE3\n  sqlite3db ${file}\n  sqlite3${memory}`,
    ulogd: {
      plugins: [...filters, 'output_SQLITE3'],
      options: { db: ulogdFile, table: 'ulog' },
    },
    clear: async () => {
      inFile(file, (db) => db.exec('DELETE FROM packet'));
      inFile(ulogdFile, (db) => db.exec('DELETE FROM ulog'));
    },
    count: async (ofUlogd = false) => (ofUlogd ? count(ulogdFile, 'ulog') : count(file, 'packet')),
    cpu: () => 0,
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}

async function startPostgres(): Promise<BenchDatabase> {
  // As Debian sets it up, but for where it listens.
  const server = await PostgresServer.start('fsync=on', 'shared_buffers=128MB');
  const table = `CREATE TABLE ulog (_id bigserial PRIMARY KEY, ${ulogdColumns('bigint', 'inet', 'varchar(255)')});\nCREATE INDEX ON ulog USING brin (oob_time_sec);`;
  await server.createDatabase('ulog', `${script('pgsql')}\n${table}`);
  const where = { host: server.host, user: 'postgres', db: 'ulog' };
  return {
    specter: `  plugin PGSQL\n  pgsqlhost ${server.host}\n  pgsqluser postgres\n  pgsqldb ulog\n  pgsqltable packet\n  pgsql${memory}`,
    ulogd: {
      plugins: [...filters, 'output_PGSQL'],
      options: { ...where, table: 'ulog', procedure: 'INSERT' },
    },
    clear: async () => {
      await server.sql('TRUNCATE packet, ulog', 'ulog');
    },
    count: async (ofUlogd = false) => {
      const [row] = await server.sql(
        `SELECT count(*) AS n FROM ${ofUlogd ? 'ulog' : 'packet'}`,
        'ulog',
      );
      return Number(row?.n);
    },
    cpu: () => cpuOf(server.pid),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

async function startMariadb(): Promise<BenchDatabase> {
  const server = await MariadbServer.start();
  // What ulogd2's library has no option for.
  process.env.MYSQL_UNIX_PORT = server.socket;
  await server.sql('CREATE DATABASE ulog');
  await server.sql("CREATE USER ulogd@localhost IDENTIFIED BY 'ulogd'");
  await server.sql('GRANT ALL ON ulog.* TO ulogd@localhost');
  await server.sql(script('mysql'), 'ulog');
  await server.sql(
    `CREATE TABLE ulog (_id BIGINT AUTO_INCREMENT PRIMARY KEY, ${ulogdColumns('BIGINT', 'VARCHAR(45)', 'VARCHAR(255)')})`,
    'ulog',
  );
  return {
    specter: `  plugin MYSQL\n  mysqlsocket ${server.socket}\n  mysqluser root\n  mysqldb ulog\n  mysqltable packet\n  mysql${memory}`,
    ulogd: {
      plugins: [...filters, 'output_MYSQL'],
      options: {
        host: 'localhost',
        user: 'ulogd',
        pass: 'ulogd',
        db: 'ulog',
        table: 'ulog',
        procedure: 'INSERT',
      },
    },
    clear: async () => {
      await server.sql('TRUNCATE packet; TRUNCATE ulog', 'ulog');
    },
    count: async (ofUlogd = false) => {
      const [[count] = []] = await server.sql(
        `SELECT count(*) FROM ${ofUlogd ? 'ulog' : 'packet'}`,
        'ulog',
      );
      return Number(count);
    },
    cpu: () => cpuOf(server.pid),
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}

/** Microseconds of a server and of its children that are there. */
function cpuOf(pid: number): number {
  let sum = 0;
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'utf8');
      const [, parent] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      if (Number(name) === pid || Number(parent) === pid) sum += processUsage(Number(name)).cpu;
    } catch {
      // It has ended meanwhile.
    }
  }
  return sum;
}
