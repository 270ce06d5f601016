import { type SpawnOptions, spawn } from 'node:child_process';
import { chown, mkdir, rename } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { accountByName } from '../../src/libc/accounts.ts';
import { runsAsRoot, searchPath } from './requirements.ts';
import { runCommand } from './run-command.ts';
import { RunningProcess } from './running-process.ts';
import { ScratchFolder } from './scratch-folder.ts';
import { until } from './until.ts';

/** The user that MariaDB's package makes; servers refuse to run as root. */
const SERVER_USER = 'mysql';

/** A MariaDB server with data of its own, which nobody reaches but through its Unix socket. */
export class MariadbServer implements AsyncDisposable {
  readonly #folder: ScratchFolder;
  #process: RunningProcess | undefined;
  /** Where the socket is now. */
  #socket: string;

  private constructor(folder: ScratchFolder) {
    this.#folder = folder;
    this.#socket = this.socket;
  }

  /**
   * Makes an empty server and starts it. `root` has no password there.
   *
   * @param options for mariadbd: `--local-infile=0`
   */
  static async start(...options: string[]): Promise<MariadbServer> {
    const server = new MariadbServer(await ScratchFolder.create());
    try {
      await server.#install();
      await server.start(...options);
    } catch (error) {
      await server[Symbol.asyncDispose]();
      throw error;
    }
    return server;
  }

  /** Its process, while it runs. */
  get pid(): number {
    return this.#process?.pid ?? 0;
  }

  get folder(): string {
    return this.#folder.path;
  }

  /** Path of the Unix socket. Everyone may connect. */
  get socket(): string {
    return this.#folder.join('run/socket');
  }

  /** Starts it, or starts it again with what it has. Takes connections when it returns. */
  async start(...options: string[]): Promise<void> {
    this.#socket = this.socket;
    const where = [...this.#folders(), `--socket=${this.socket}`];
    const network = options.some((option) => option.startsWith('--port'))
      ? ['--bind-address=127.0.0.1']
      : ['--skip-networking'];
    const small = ['--innodb-log-file-size=32M', '--skip-name-resolve', '--skip-log-bin'];
    // What a failed test left open shall not hold up the next one for a day.
    small.push('--lock-wait-timeout=5');
    const words = ['--no-defaults', ...userOption(), ...where, ...network, ...small, ...options];
    this.#process = new RunningProcess('mariadbd', spawn('mariadbd', words, spawnOptions));
    await until(async () => await this.#answers(), 'answer of mariadbd');
  }

  /** Ends it in order. */
  async stop(): Promise<void> {
    await this.#process?.stop('SIGTERM');
    this.#process = undefined;
  }

  /** kill -9. */
  async kill(): Promise<void> {
    this.#process?.signal('SIGKILL');
    await this.#process?.exit;
    this.#process = undefined;
  }

  /** Takes the socket away from everyone but `sql`. The server itself notices nothing. */
  async hideSocket(): Promise<void> {
    this.#socket = `${this.socket}.away`;
    await rename(this.socket, this.#socket);
  }

  /** Puts a hidden socket back. */
  async showSocket(): Promise<void> {
    if (this.#socket !== this.socket) await rename(this.#socket, this.socket);
    this.#socket = this.socket;
  }

  /** SIGSTOP: it answers no more; SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.signal(signal);
  }

  /**
   * Runs SQL with the client, as `root`, and returns the rows: values as the client writes them,
   * `NULL` for NULL.
   */
  async sql(text: string, database = ''): Promise<string[][]> {
    const words = ['--no-defaults', '-S', this.#socket, '-uroot', '-N', '-B', database];
    const output = await run('mariadb', words, text);
    return output.split('\n').flatMap((line) => (line === '' ? [] : [line.split('\t')]));
  }

  async #install(): Promise<void> {
    for (const name of ['data', 'run', 'tmp']) {
      const path = this.#folder.join(name);
      await mkdir(path);
      const user = runsAsRoot ? accountByName(SERVER_USER) : undefined;
      if (user) await chown(path, user.uid, user.gid);
    }
    const plain = ['--auth-root-authentication-method=normal', '--skip-test-db'];
    const words = ['--no-defaults', ...userOption(), ...this.#folders(), ...plain];
    await run('mariadb-install-db', words, '');
  }

  /** A server that starts deletes the temporary tables that it finds, also those of others. */
  #folders(): string[] {
    return [`--datadir=${this.#folder.join('data')}`, `--tmpdir=${this.#folder.join('tmp')}`];
  }

  async #answers(): Promise<boolean> {
    if (!this.#process) return false;
    // An error of its own tells more than that it does not answer.
    const ended = await Promise.race([this.#process.exit, Promise.resolve(undefined)]);
    if (ended) throw new Error(`mariadbd: ${ended.stderr}`);
    try {
      await this.sql('SELECT 1');
      return true;
    } catch {
      return false;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const userOption = (): string[] => (runsAsRoot ? [`--user=${SERVER_USER}`] : []);

const spawnOptions: SpawnOptions = {
  stdio: ['pipe', 'pipe', 'pipe'],
  env: { ...process.env, PATH: searchPath.join(delimiter) },
};

const run = (command: string, words: string[], input: string): Promise<string> =>
  runCommand(command, words, input, spawnOptions);
