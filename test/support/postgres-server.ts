import { type SpawnOptions, spawn } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { appendFile, chown, mkdir, rename, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { accountByName } from '../../src/libc/accounts.ts';
import { runsAsRoot } from './requirements.ts';
import { runCommand } from './run-command.ts';
import { RunningProcess } from './running-process.ts';
import { ScratchFolder } from './scratch-folder.ts';
import { until } from './until.ts';

/** Where Debian has the servers of all versions; their programs are in no PATH. */
const VERSIONS = '/usr/lib/postgresql';
/** The user that Debian's package makes; the server refuses to run as root. */
const SERVER_USER = 'postgres';

/** The newest server's programs; undefined if none is installed. */
function programs(): string | undefined {
  try {
    const versions = readdirSync(VERSIONS).map(Number).filter(Number.isFinite);
    const newest = Math.max(...versions);
    return Number.isFinite(newest) ? join(VERSIONS, String(newest), 'bin') : undefined;
  } catch {
    return undefined;
  }
}

/**
 * Why a test that needs PostgreSQL cannot run here; undefined when it can.
 *
 * @throws Error with the same reason when `CI` is set
 */
export function requirePostgres(): string | undefined {
  if (programs() !== undefined) return undefined;
  const reason = 'postgres not installed: apt-get install postgresql';
  if (process.env.CI) throw new Error(reason);
  return reason;
}

/** A PostgreSQL server with data of its own, which nobody reaches but through its Unix socket. */
export class PostgresServer implements AsyncDisposable {
  readonly #folder: ScratchFolder;
  #process: RunningProcess | undefined;
  #port = 5432;
  #hidden = false;

  private constructor(folder: ScratchFolder) {
    this.#folder = folder;
  }

  /** Makes an empty server and starts it with these settings: `port=5433`. */
  static async start(...settings: string[]): Promise<PostgresServer> {
    const server = new PostgresServer(await ScratchFolder.create());
    try {
      await server.#install();
      await server.start(...settings);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** The folder of the Unix socket, as `host`. Everyone may connect, as whomever. */
  get host(): string {
    return this.#folder.join('run');
  }

  /** Its process, while it runs. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Starts it, or starts it again with what it has. Takes connections when it returns. */
  async start(...settings: string[]): Promise<void> {
    const all = [
      'listen_addresses=',
      `unix_socket_directories=${this.host}`,
      'shared_buffers=32MB',
      // Rows outlive kill -9 of the server without it, and the tests' disk is spared.
      'fsync=off',
      ...settings,
    ];
    this.#port = Number(all.findLast((each) => each.startsWith('port='))?.slice(5) ?? 5432);
    const words = ['-D', this.#folder.join('data'), ...all.flatMap((each) => ['-c', each])];
    this.#process = new RunningProcess('postgres', spawn(program('postgres'), words, asServer()));
    await until(async () => await this.#answers(), 'answer of postgres');
  }

  /** Ends it in order, connections included (SIGINT: "fast shutdown"). */
  async stop(): Promise<void> {
    await this.#process?.stop('SIGINT');
    this.#process = undefined;
  }

  /** kill -9, which the processes of the connections notice by themselves. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exit;
    this.#process = undefined;
  }

  /** Takes the socket away from everyone but `sql`. The server itself notices nothing. */
  async hideSocket(): Promise<void> {
    await this.#moveSocket(this.#port + 1);
    this.#hidden = true;
  }

  /** Puts a hidden socket back. */
  async showSocket(): Promise<void> {
    if (this.#hidden) await this.#moveSocket(this.#port - 1);
    this.#hidden = false;
  }

  /** The port is nothing but a part of its name. */
  async #moveSocket(port: number): Promise<void> {
    const path = (number: number) => `${this.host}/.s.PGSQL.${number}`;
    await rename(path(this.#port), path(port));
    this.#port = port;
  }

  /** Writes a file into the server's folder, for the server alone; returns its path. */
  async addFile(name: string, content: string): Promise<string> {
    const path = this.#folder.join(`data/${name}`);
    await writeFile(path, content, { mode: 0o600 });
    const user = runsAsRoot ? accountByName(SERVER_USER) : undefined;
    if (user) await chown(path, user.uid, user.gid);
    return path;
  }

  /** Puts lines in front of those that say who may connect (pg_hba.conf), and makes them count. */
  async allow(lines: string): Promise<void> {
    const rest = 'local all all trust\nhost all all 127.0.0.1/32 trust\n';
    await writeFile(this.#folder.join('data/pg_hba.conf'), `${lines}\n${rest}`);
    await this.sql('SELECT pg_reload_conf()');
  }

  /** Adds to who is whom (pg_ident.conf); for `allow` to make it count. */
  async identify(lines: string): Promise<void> {
    await appendFile(this.#folder.join('data/pg_ident.conf'), `${lines}\n`);
  }

  /** Runs SQL as the superuser `postgres`, and returns the rows of the last statement. */
  async sql(
    text: string,
    database = 'postgres',
    values?: unknown[],
  ): Promise<Record<string, unknown>[]> {
    const client = new pg.Client({
      host: this.host,
      port: this.#port,
      user: SERVER_USER,
      database,
    });
    await client.connect();
    try {
      const result: pg.QueryResult | pg.QueryResult[] = await client.query(text, values);
      return (Array.isArray(result) ? result.at(-1) : result)?.rows ?? [];
    } finally {
      await client.end();
    }
  }

  /** Makes a database, and runs a script in it with psql, as its users would. */
  async createDatabase(name: string, script = ''): Promise<void> {
    await this.sql(`CREATE DATABASE "${name}"`);
    await this.psql(name, script);
  }

  /** Runs a script with psql; an error ends it. Returns what psql writes. */
  async psql(database: string, script: string): Promise<string> {
    const quiet = ['-X', '-q', '-A', '-t', '-v', 'ON_ERROR_STOP=1'];
    const words = [
      ...quiet,
      '-h',
      this.host,
      '-p',
      String(this.#port),
      '-U',
      SERVER_USER,
      '-d',
      database,
      '-f',
      '-',
    ];
    return await run('psql', words, script);
  }

  async #install(): Promise<void> {
    for (const name of ['data', 'run']) {
      const path = this.#folder.join(name);
      await mkdir(path);
      const user = runsAsRoot ? accountByName(SERVER_USER) : undefined;
      if (user) await chown(path, user.uid, user.gid);
    }
    const how = ['-A', 'trust', '-U', SERVER_USER, '-E', 'UTF8', '--locale=C.UTF-8', '-N'];
    await run('initdb', ['-D', this.#folder.join('data'), ...how], '');
  }

  async #answers(): Promise<boolean> {
    if (!this.#process) return false;
    // An error of its own tells more than that it does not answer.
    const ended = await Promise.race([this.#process.exit, Promise.resolve(undefined)]);
    if (ended) throw new Error(`postgres: ${ended.stderr}`);
    try {
      await this.sql('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.stop('SIGINT');
    await this.#folder[Symbol.asyncDispose]();
  }
}

const program = (name: string): string => join(programs() ?? '', name);

/** As the user of the server, where this is root. */
function asServer(): SpawnOptions {
  const user = runsAsRoot ? accountByName(SERVER_USER) : undefined;
  const identity = user && { uid: user.uid, gid: user.gid };
  return { stdio: ['pipe', 'pipe', 'pipe'], cwd: '/', ...identity };
}

const run = (command: string, words: string[], input: string): Promise<string> =>
  runCommand(program(command), words, input, asServer());
