import type { ChildProcess } from 'node:child_process';
import type { Writable } from 'node:stream';
import { PATIENCE } from './patience.ts';

/** How a process ended and everything it wrote. */
export interface ExitResult {
  /** Exit status, or `null` when a signal ended it. */
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Processes that still run; they shall not outlive this one, however it exits. */
const running = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of running) child.kill('SIGKILL');
});

/** The error event only repeats what the missing pid has told. */
const ignore = () => undefined;

/** A child process under test: its output collected, its end awaitable, never left running. */
export class RunningProcess implements AsyncDisposable {
  /** First word of its command line, for messages. */
  readonly name: string;
  readonly pid: number;
  /** Resolves when the process has ended and its output has been read to the end; never rejects. */
  readonly exit: Promise<ExitResult>;
  readonly stdin: Writable | null;
  readonly #child: ChildProcess;
  readonly #observers = new Set<() => void>();
  #stdout = '';
  #stderr = '';
  #ended = false;

  /**
   * @param child spawned with pipes for standard output and standard error
   * @throws Error when the command could not be started at all
   */
  constructor(name: string, child: ChildProcess) {
    const { pid, stdin, stdout, stderr } = child;
    if (pid === undefined) {
      child.once('error', ignore);
      throw new Error(`${child.spawnfile}: cannot be started`);
    }
    if (!stdout || !stderr) throw new TypeError(`${name}: its output has to be a pipe`);
    this.name = name;
    this.pid = pid;
    this.stdin = stdin;
    this.#child = child;
    running.add(child);
    stdout.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout += text;
      this.#notify();
    });
    stderr.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr += text;
      this.#notify();
    });
    this.exit = new Promise((resolve) => {
      child.once('close', (code, signal) => {
        this.#ended = true;
        running.delete(child);
        resolve({ code, signal, stdout: this.#stdout, stderr: this.#stderr });
        this.#notify();
      });
    });
  }

  get stdout(): string {
    return this.#stdout;
  }

  get stderr(): string {
    return this.#stderr;
  }

  /**
   * The first match of `pattern` in standard error, or in standard output.
   * @throws Error with all output when the process ends first, or after `timeout` ms.
   */
  async waitForLog(pattern: RegExp, timeout = PATIENCE): Promise<RegExpMatchArray> {
    const find = () => this.#stderr.match(pattern) ?? this.#stdout.match(pattern);
    return await new Promise((resolve, reject) => {
      const observe = () => {
        const match = find();
        if (!match && !this.#ended) return;
        finish();
        if (match) resolve(match);
        else reject(this.#failure(`ended without writing ${pattern}`));
      };
      const timer = setTimeout(() => {
        finish();
        reject(this.#failure(`wrote no ${pattern} within ${timeout} ms`));
      }, timeout);
      const finish = () => {
        clearTimeout(timer);
        this.#observers.delete(observe);
      };
      this.#observers.add(observe);
      observe();
    });
  }

  signal(signal: NodeJS.Signals): void {
    if (!this.#child.kill(signal)) throw this.#failure(`has ended, ${signal} cannot be sent`);
  }

  /**
   * Sends `signal` unless the process has ended already, and waits for its end.
   * @throws Error when it is still there after `timeout` ms; it has been killed then.
   */
  async stop(signal: NodeJS.Signals = 'SIGTERM', timeout = PATIENCE): Promise<ExitResult> {
    this.#child.kill(signal);
    let late = false;
    const timer = setTimeout(() => {
      late = true;
      this.#child.kill('SIGKILL');
    }, timeout);
    const result = await this.exit;
    clearTimeout(timer);
    if (late) throw this.#failure(`did not end within ${timeout} ms of ${signal}`);
    return result;
  }

  /** Kills what a failed test left running. */
  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.kill('SIGKILL');
    await this.exit;
  }

  #notify(): void {
    for (const observe of [...this.#observers]) observe();
  }

  #failure(what: string): Error {
    return new Error(
      `${this.name} (pid ${this.pid}) ${what}; its output:\n${this.#stdout}${this.#stderr}`,
    );
  }
}
