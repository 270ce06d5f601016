import { existsSync } from 'node:fs';
import { homedir } from 'node:os';
import { isAbsolute, join } from 'node:path';
import { parseConnectionString } from './connection-string.ts';
import { findPassword, type Login, readPasswordFile } from './password-file.ts';
import { DEFAULT_CONNECT_TIMEOUT_MS, DEFAULT_PORT, type PgsqlSettings } from './settings.ts';
import type { TlsSettings } from './tls.ts';

/** Where to connect, and as whom; the password aside. */
export interface Target {
  /** A name, an address, or the folder of a socket. */
  readonly host: string;
  /** The name, where `host` is its address because of `hostaddr`: for certificates and passwords. */
  readonly hostName: string | undefined;
  readonly port: number;
  /** Undefined: the name of the process's user when it connects. */
  readonly user: string | undefined;
  /** Undefined: the user's name. */
  readonly database: string | undefined;
  readonly applicationName: string;
  /** Of the server, for this connection: `-c work_mem=8MB`. */
  readonly options: string | undefined;
  /** Milliseconds; 0: as long as it takes. */
  readonly connectTimeout: number;
  readonly tls: TlsSettings;
  readonly password: string | undefined;
  readonly passfile: string;
  /** The file was named; it has to be there. */
  readonly needsPassfile: boolean;
}

type Environment = Readonly<Record<string, string | undefined>>;

/** Where servers have their socket: as Debian's, and others', libpq has it. */
const socketFolders = ['/var/run/postgresql', '/run/postgresql', '/tmp'];
const [DEFAULT_SOCKET_FOLDER = ''] = socketFolders;

/**
 * Puts together where to connect: the connection string, which ulogd2 lets go before all others, then
 * options, then libpq's environment variables (PostgreSQL's documentation, section 34.15), then its
 * defaults.
 *
 * @throws Error if the connection string or a value is malformed; it shows no password
 */
export function resolveTarget(settings: PgsqlSettings, environment: Environment): Target {
  const words = parseConnectionString(settings.connstring ?? '');
  const find = (keyword: string, variable: string, option?: string): string | undefined =>
    words.get(keyword) || option || environment[variable] || undefined;
  const port = portOf(find('port', 'PGPORT', settings.port?.toString()));
  const host = find('host', 'PGHOST', settings.host);
  // That of the environment is one of the host there.
  const address =
    words.get('host') || settings.host ? words.get('hostaddr') : find('hostaddr', 'PGHOSTADDR');
  const home = environment.HOME || homedir();
  const passfile = find('passfile', 'PGPASSFILE', settings.passfile);
  const hostName = address === undefined ? undefined : host;
  return {
    host: address ?? host ?? socketFolder(port),
    hostName,
    port,
    user: find('user', 'PGUSER', settings.user),
    database: find('dbname', 'PGDATABASE', settings.db),
    applicationName: find('application_name', 'PGAPPNAME') ?? 'specter',
    options: find('options', 'PGOPTIONS'),
    connectTimeout:
      timeoutOf(words.get('connect_timeout')) ??
      settings.connectTimeout ??
      timeoutOf(environment.PGCONNECT_TIMEOUT) ??
      DEFAULT_CONNECT_TIMEOUT_MS,
    tls: {
      sslmode: find('sslmode', 'PGSSLMODE'),
      sslrootcert: find('sslrootcert', 'PGSSLROOTCERT'),
      sslcert: find('sslcert', 'PGSSLCERT'),
      sslkey: find('sslkey', 'PGSSLKEY'),
      servername: hostName,
      home,
    },
    password: find('password', 'PGPASSWORD', settings.password),
    passfile: passfile ?? join(home, '.pgpass'),
    needsPassfile: passfile !== undefined,
  };
}

/** Whether the host is the folder of a Unix socket. */
export const isSocket = (host: string): boolean => isAbsolute(host);

/** For messages, without password: `postgresql://ulog@localhost:5432/ulog`. */
export function targetName({ host, port, user, database }: Target): string {
  const who = user === undefined ? '' : `${encodeURIComponent(user)}@`;
  const where = database === undefined ? '' : encodeURIComponent(database);
  if (isSocket(host)) {
    const parameters = port === DEFAULT_PORT ? '' : `&port=${port}`;
    return `postgresql://${who}/${where}?host=${host}${parameters}`;
  }
  return `postgresql://${who}${host.includes(':') ? `[${host}]` : host}:${port}/${where}`;
}

/** psql with the same way to the server: what a user can try. */
export function psqlCommand({ host, port }: Target, user: string, database: string): string {
  return `psql -h ${host} -p ${port} -U ${user} -d ${database}`;
}

/**
 * The password for a user and database, from a file if it was not given.
 *
 * @returns undefined if there is none
 * @throws Error if the file cannot be used
 */
export function passwordOf(target: Target, user: string, database: string): string | undefined {
  if (target.password !== undefined) return target.password;
  if (!target.needsPassfile && !existsSync(target.passfile)) return undefined;
  const { host, hostName, port } = target;
  const named = hostName ?? host;
  const login: Login = {
    host: named === DEFAULT_SOCKET_FOLDER ? 'localhost' : named,
    port,
    database,
    user,
  };
  return findPassword(readPasswordFile(target.passfile), login);
}

const socketFolder = (port: number): string =>
  socketFolders.find((folder) => existsSync(join(folder, `.s.PGSQL.${port}`))) ??
  DEFAULT_SOCKET_FOLDER;

function portOf(text: string | undefined): number {
  if (text === undefined) return DEFAULT_PORT;
  const port = Number(text);
  if (Number.isInteger(port) && port >= 1 && port <= 65_535) return port;
  throw new Error('the port of the connection string, or in PGPORT, is no number from 1 to 65535');
}

/** libpq has seconds. */
function timeoutOf(text: string | undefined): number | undefined {
  if (!text) return undefined;
  const seconds = Number(text);
  if (Number.isInteger(seconds)) return Math.max(0, 1000 * seconds);
  throw new Error(
    'connect_timeout of the connection string, or PGCONNECT_TIMEOUT, is no number of seconds',
  );
}
