import { spawn } from 'node:child_process';
import { access } from 'node:fs/promises';
import { delimiter } from 'node:path';
import { lines, waitForLines } from './file-lines.ts';
import type { Namespace } from './namespace.ts';
import { searchPath } from './requirements.ts';
import { RunningProcess } from './running-process.ts';
import { ScratchFolder } from './scratch-folder.ts';
import { until } from './until.ts';

/**
 * An rsyslogd with a socket of its own, which is `/dev/log` only for what is started by
 * {@link spawn}: the host's /dev and its log daemon are not touched.
 *
 * Lines go to one file for each facility, as `local0.notice specter[123]: …`.
 */
export class Rsyslog implements AsyncDisposable {
  readonly #folder: ScratchFolder;
  #process: RunningProcess | undefined;

  private constructor(folder: ScratchFolder) {
    this.#folder = folder;
  }

  /** The place for an rsyslogd, which does not run yet. */
  static async create(): Promise<Rsyslog> {
    return new Rsyslog(await ScratchFolder.create());
  }

  static async start(): Promise<Rsyslog> {
    const rsyslog = await Rsyslog.create();
    await rsyslog.start();
    return rsyslog;
  }

  /** Starts it, or starts it again: it goes on with the files that it left. */
  async start(): Promise<void> {
    const folder = this.#folder;
    const file = await folder.write('rsyslog.conf', config(folder.path));
    const child = spawn('rsyslogd', ['-n', '-i', folder.join('pid'), '-f', file], {
      env: { ...process.env, PATH: searchPath.join(delimiter) },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.#process = new RunningProcess('rsyslogd', child);
    await until(async () => await isThere(folder.join('log')), 'socket of rsyslogd');
  }

  /** Ends it; its socket goes with it. */
  async stop(): Promise<void> {
    await this.#process?.stop();
    this.#process = undefined;
  }

  /** SIGSTOP: it reads no more; SIGCONT. */
  signal(signal: 'SIGSTOP' | 'SIGCONT'): void {
    this.#process?.signal(signal);
  }

  /** Starts a command in `namespace` whose /dev has nothing but the socket `log`. */
  spawn(namespace: Namespace, command: readonly string[]): RunningProcess {
    const mount = 'mount --bind "$0" /dev && exec "$@"';
    return namespace.spawn('unshare', [
      ...['--mount', 'sh', '-c', mount, this.#folder.path],
      ...command,
    ]);
  }

  async lines(facility: string): Promise<string[]> {
    return await lines(this.#file(facility));
  }

  /** As {@link waitForLines} of file-lines.ts. */
  async waitForLines(facility: string, count: number, timeout?: number): Promise<string[]> {
    return await waitForLines(this.#file(facility), count, timeout);
  }

  #file(facility: string): string {
    return this.#folder.join(`${facility}.log`);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#process?.[Symbol.asyncDispose]();
    await this.#folder[Symbol.asyncDispose]();
  }
}

const config = (folder: string): string => `global(workDirectory="${folder}" net.enableDNS="off")
module(load="imuxsock" SysSock.Use="off")
input(type="imuxsock" Socket="${folder}/log" RateLimit.Interval="0")
template(name="file" type="string" string="${folder}/%syslogfacility-text%.log")
template(name="line" type="string" string="%pri-text% %syslogtag%%msg%\\n")
*.* action(type="omfile" dynaFile="file" template="line")
`;

async function isThere(path: string): Promise<boolean> {
  try {
    await access(path);
    return true;
  } catch {
    return false;
  }
}
