import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, fstatSync, writeSync } from 'node:fs';
import type { Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { NO_INSPECTOR_OPTION } from './inspector.ts';
import { messageOf } from './to-error.ts';

/** Tells the child where its status pipe is; removed as soon as it has been read. */
const VARIABLE = 'SPECTER_STATUS_FD';
/** The pipe's descriptor in the child: the first after the standard ones. */
const STATUS_FD = 3;

/** The one message on the status pipe, as JSON. */
type Status = { readonly ready: true } | { readonly failure: string };

export interface BackgroundStart {
  /** The program's file: `process.argv[1]`. */
  readonly script: string;
  /**
   * Its arguments, unchanged: the child knows by {@link ParentLink} that it is in the background
   * already and starts no further process for `-d`.
   */
  readonly args: readonly string[];
  /** Where the child logs, for the message when it dies without a word. */
  readonly log: string;
  /** Aborting ends the child with SIGTERM: for SIGINT and SIGTERM while the parent waits. */
  readonly signal?: AbortSignal;
}

/**
 * Starts the daemon in the background (`-d`) and waits until it is ready or has failed, so that the
 * shell sees the true outcome. Node cannot fork: the child is a new process in a session of its
 * own, with nothing but a status pipe to the parent. It is killed if the parent exits before.
 *
 * @returns what to tell the user, or undefined when the child is ready
 */
export async function startInBackground(start: BackgroundStart): Promise<string | undefined> {
  const child = spawn(process.execPath, [...nodeOptions(), start.script, ...start.args], {
    detached: true, // setsid(2)
    stdio: ['ignore', 'ignore', 'ignore', 'pipe'],
    env: { ...process.env, [VARIABLE]: String(STATUS_FD) },
  });
  const exit = endOf(child, start.log);
  const kill = (): boolean => child.kill('SIGKILL');
  const terminate = (): boolean => child.kill('SIGTERM');
  process.once('exit', kill);
  start.signal?.addEventListener('abort', terminate, { once: true });
  if (start.signal?.aborted) terminate();
  try {
    const status = parseStatus(await text(statusPipe(child)));
    if (status === undefined) return await exit;
    if ('failure' in status) return status.failure;
    child.unref();
    return undefined;
  } finally {
    process.off('exit', kill);
    start.signal?.removeEventListener('abort', terminate);
  }
}

/** The child's side of {@link startInBackground}: one message, then the pipe is closed. */
export class ParentLink {
  #fd: number | undefined;

  private constructor(fd: number) {
    this.#fd = fd;
  }

  /** @returns undefined in a process that {@link startInBackground} did not start */
  static fromEnvironment(environment: NodeJS.ProcessEnv = process.env): ParentLink | undefined {
    const isNamed = environment[VARIABLE] === String(STATUS_FD);
    delete environment[VARIABLE];
    return isNamed && isSocket(STATUS_FD) ? new ParentLink(STATUS_FD) : undefined;
  }

  /**
   * Makes the umask at least 027, since what is logged is nobody else's business. Before any file
   * is created. In the foreground it stays as the service manager has set it.
   */
  restrictUmask(): void {
    const inherited = process.umask(0o027);
    process.umask(inherited | 0o027);
  }

  /**
   * The working folder becomes `/`, so that no file system is kept from being unmounted. Once
   * everything is open and relative paths were made absolute. In the foreground it stays.
   */
  leaveFolder(): void {
    process.chdir('/');
  }

  /** The daemon is up: the parent exits with 0. */
  ready(): void {
    this.#send({ ready: true });
  }

  /** The daemon cannot start: the parent prints the message and exits with 1. */
  failed(message: string): void {
    this.#send({ failure: message });
  }

  #send(status: Status): void {
    if (this.#fd === undefined) return;
    const fd = this.#fd;
    this.#fd = undefined;
    try {
      const bytes = Buffer.from(JSON.stringify(status));
      for (let sent = 0; sent < bytes.length; ) sent += writeSync(fd, bytes, sent);
    } catch {
      // The parent was killed: there is nobody left to tell, and the daemon goes its way.
    } finally {
      closeSync(fd);
    }
  }
}

/** Node's options of this process for the child, which no debugger may follow. */
function nodeOptions(): string[] {
  return [
    ...process.execArgv.filter((option) => !option.startsWith('--inspect')),
    NO_INSPECTOR_OPTION,
  ];
}

async function endOf(child: ChildProcess, log: string): Promise<string> {
  try {
    const [code, signal]: [number | null, string | null] = await exitOf(child);
    const cause = signal === null ? `exit code ${code}` : `signal ${signal}`;
    return `the background process ended with ${cause} before it was ready; see ${log}, or start it without -d to see what it says`;
  } catch (error) {
    return `cannot start the background process: ${messageOf(error)}`;
  }
}

async function exitOf(child: ChildProcess): Promise<[number | null, string | null]> {
  const [code, signal]: unknown[] = await once(child, 'exit');
  return [typeof code === 'number' ? code : null, typeof signal === 'string' ? signal : null];
}

function statusPipe(child: ChildProcess): Readable {
  const stream = child.stdio[STATUS_FD];
  if (stream && 'read' in stream) return stream;
  throw new Error('the status pipe was not opened');
}

/** @returns undefined when the child died before its message was complete */
function parseStatus(message: string): Status | undefined {
  try {
    const status: unknown = JSON.parse(message);
    if (typeof status !== 'object' || status === null) return undefined;
    if ('ready' in status) return { ready: true };
    if ('failure' in status) return { failure: String(status.failure) };
  } catch {}
  return undefined;
}

/** Node's pipes to children are sockets; anything else is a descriptor that merely has the number. */
function isSocket(fd: number): boolean {
  try {
    return fstatSync(fd).isSocket();
  } catch {
    return false;
  }
}
