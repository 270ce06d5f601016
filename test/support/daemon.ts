import { fileURLToPath } from 'node:url';
import { lines, waitForLines } from './file-lines.ts';
import type { Namespace } from './namespace.ts';
import type { ExitResult, RunningProcess } from './running-process.ts';
import { ScratchFolder } from './scratch-folder.ts';

/** The program under test, as users start it. */
export const specterBinary = fileURLToPath(new URL('../../bin/specter', import.meta.url));

/** What specter writes to its own log, at level notice, once all its sources are bound. */
export const readyMessage = /specter \S+ ready/;

export interface SpecterOptions {
  readonly namespace: Namespace;
  /** The whole config, or a function that makes it from the folder its files shall go to. */
  readonly config: string | ((folder: string) => string);
  /** Added to `-v -c FILE`. */
  readonly args?: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
}

/** A logging daemon that runs in a namespace, with a folder of its own for its files. */
export class Daemon implements AsyncDisposable {
  readonly process: RunningProcess;
  /** Where config and output files are; removed at the end. */
  readonly folder: ScratchFolder;

  constructor(process: RunningProcess, folder: ScratchFolder) {
    this.process = process;
    this.folder = folder;
  }

  get pid(): number {
    return this.process.pid;
  }

  get stderr(): string {
    return this.process.stderr;
  }

  signal(signal: NodeJS.Signals): void {
    this.process.signal(signal);
  }

  /** As {@link RunningProcess.waitForLog}. */
  async waitForLog(pattern: RegExp, timeout?: number): Promise<RegExpMatchArray> {
    return await this.process.waitForLog(pattern, timeout);
  }

  /** As {@link RunningProcess.stop}. */
  async stop(signal?: NodeJS.Signals): Promise<ExitResult> {
    return await this.process.stop(signal);
  }

  /** The complete lines of a file in the daemon's folder. */
  async lines(name: string): Promise<string[]> {
    return await lines(this.folder.join(name));
  }

  /** Waits until a file in the daemon's folder has `count` lines; see file-lines.ts. */
  async waitForLines(name: string, count: number, timeout?: number): Promise<string[]> {
    return await waitForLines(this.folder.join(name), count, timeout);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.process[Symbol.asyncDispose]();
    await this.folder[Symbol.asyncDispose]();
  }
}

/**
 * Starts specter in the foreground; resolves when it is ready.
 * @throws Error with everything it wrote when it ends instead, as it does on a config error.
 */
export async function startSpecter(options: SpecterOptions): Promise<Daemon> {
  const daemon = await launchSpecter(options);
  return await whenReady(daemon, readyMessage);
}

/** Starts specter without waiting: for tests of configs it shall refuse. */
export async function launchSpecter(options: SpecterOptions): Promise<Daemon> {
  const { namespace, config, args = [], env = {} } = options;
  const folder = await ScratchFolder.create();
  const text = typeof config === 'string' ? config : config(folder.path);
  const file = await folder.write('specter.conf', text);
  const process = namespace.spawn(specterBinary, ['-v', '-c', file, ...args], { env });
  return new Daemon(process, folder);
}

/** Waits for the message that tells readiness; a daemon that fails leaves nothing behind. */
export async function whenReady(daemon: Daemon, message: RegExp): Promise<Daemon> {
  try {
    await daemon.waitForLog(message);
    return daemon;
  } catch (error) {
    await daemon[Symbol.asyncDispose]();
    throw error;
  }
}
