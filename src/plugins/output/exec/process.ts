import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launcherPath } from '../../../launcher-path.ts';
import { keepDescriptors } from '../../../libc/descriptors.ts';
import type { Invocation } from './invocation.ts';
import { OutputCapture } from './output-capture.ts';
import { signalGroup } from './process-group.ts';

/** Between TERM and KILL. */
export const KILL_DELAY_MS = 2000;
/**
 * How long output is still read after the command has ended. What it leaves running in the
 * background may hold the pipe for ever.
 */
const OUTPUT_GRACE_MS = 100;
/** Descriptors that starting a process takes for a moment: two socket pairs and a pipe, and some. */
const DESCRIPTORS = 8;

/** How a command ended. */
export interface CommandEnd {
  /** Exit code; undefined when a signal ended it. */
  readonly code: number | undefined;
  readonly signal: string | undefined;
  /** It ran for longer than it may and was ended for that. */
  readonly timedOut: boolean;
  /** Milliseconds from its start to its end. */
  readonly duration: number;
  /** Standard output and standard error as they came, at most {@link CAPTURED} bytes. */
  readonly output: Uint8Array;
  /** Bytes of output beyond those. */
  readonly more: number;
}

/** Called once: with how the command ended, or with the error that it could not be started for. */
export type OnCommandEnd = (end: CommandEnd | Error) => void;

export interface RunningCommand {
  /** TERM to its process group, and KILL to whatever is left of that after two seconds. */
  terminate(): void;
}

export type StartCommand = (invocation: Invocation, onEnd: OnCommandEnd) => RunningCommand;

export interface ProcessOptions {
  /** Milliseconds that a command may run. */
  readonly timeout: number;
  /** Whose rights it runs with; default: specter's. */
  readonly account: { readonly uid: number; readonly gid: number } | undefined;
  /** Program and arguments that run the words that follow them, encoded as launch.ts says. */
  readonly launcher?: readonly [string, ...string[]];
}

/**
 * Gives a function that starts commands: each leads a process group and a session of its own, in
 * the folder `/`, with no descriptors but an empty standard input and pipes for its output, and with all
 * signals as they are by default. Ends are reported by `onEnd`, never before the call returns.
 */
export function commandStarter(options: ProcessOptions): StartCommand {
  // Loading takes a tenth of a second: only configs that use it shall pay for that. It has to be
  // done at once because its files may be out of reach once specter has changed its user.
  const { execa }: typeof import('execa') = createRequire(import.meta.url)('execa');
  keepDescriptors();
  return (invocation, onEnd) => new Command(execa, invocation, options, onEnd);
}

type Execa = typeof import('execa').execa;

const defaultLauncher = [process.execPath, launcherPath] as const;

class Command implements RunningCommand {
  readonly #onEnd: OnCommandEnd;
  readonly #begun = performance.now();
  readonly #output = new OutputCapture();
  #pid: number | undefined;
  #timedOut = false;
  #timeout: NodeJS.Timeout | undefined;
  #kill: NodeJS.Timeout | undefined;
  #killed = false;
  /** What is left to tell when the group has ended as well. */
  #end: CommandEnd | undefined;

  constructor(
    execa: Execa,
    invocation: Invocation,
    { timeout, account, launcher = defaultLauncher }: ProcessOptions,
    onEnd: OnCommandEnd,
  ) {
    this.#onEnd = onEnd;
    const { argv, env, encoding } = invocation;
    const [file = '', ...words] = encoding === 'utf8' ? argv : [...launcher, ...argv];
    const shortage = descriptorShortage();
    if (shortage) {
      queueMicrotask(() => onEnd(shortage));
      return;
    }
    const child = execa(file, words, {
      ...account,
      cwd: '/',
      env,
      extendEnv: false,
      shell: false,
      preferLocal: false,
      detached: true,
      cleanup: false,
      stdin: 'ignore',
      buffer: false,
      encoding: 'buffer',
      reject: false,
    });
    if (child.pid === undefined) {
      child.then(({ cause, message }) =>
        onEnd(cause instanceof Error ? cause : new Error(message)),
      );
      return;
    }
    this.#pid = child.pid;
    this.#timeout = setTimeout(() => this.#runOut(), timeout);
    const { stdout, stderr } = child;
    stdout.on('data', (chunk: Uint8Array) => this.#output.add(chunk));
    stderr.on('data', (chunk: Uint8Array) => this.#output.add(chunk));
    let grace: NodeJS.Timeout | undefined;
    child.once('exit', () => {
      clearTimeout(this.#timeout);
      grace = setTimeout(() => {
        stdout.destroy();
        stderr.destroy();
      }, OUTPUT_GRACE_MS);
    });
    child.once('close', (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(grace);
      this.#ended(code ?? undefined, signal ?? undefined);
    });
  }

  terminate(): void {
    if (this.#pid === undefined || this.#kill !== undefined) return;
    signalGroup(this.#pid, 'SIGTERM');
    this.#kill = setTimeout(() => this.#killGroup(), KILL_DELAY_MS);
  }

  #runOut(): void {
    this.#timedOut = true;
    this.terminate();
  }

  #killGroup(): void {
    this.#killed = true;
    if (this.#pid !== undefined) signalGroup(this.#pid, 'SIGKILL');
    if (this.#end) this.#onEnd(this.#end);
  }

  #ended(code: number | undefined, signal: string | undefined): void {
    const duration = performance.now() - this.#begun;
    const { bytes: output, more } = this.#output;
    const end = { code, signal, timedOut: this.#timedOut, duration, output, more };
    if (this.#leavesStragglers()) this.#end = end;
    else {
      clearTimeout(this.#kill);
      this.#onEnd(end);
    }
  }

  /** Its children were told to end as well, and have the same time for it. */
  #leavesStragglers(): boolean {
    if (this.#pid === undefined || this.#kill === undefined || this.#killed) return false;
    return signalGroup(this.#pid, 0);
  }
}

/**
 * The error with which a start would fail for want of descriptors. Asked before, because Node then
 * makes a process object that lacks its streams, which execa does not expect.
 */
function descriptorShortage(): Error | undefined {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync('/dev/null', 'r'));
    return undefined;
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
