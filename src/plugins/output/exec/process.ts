import { closeSync, openSync } from 'node:fs';
import { createRequire } from 'node:module';
import { launcherPath } from '../../../launcher-path.ts';
import { keepDescriptors } from '../../../libc/descriptors.ts';
import type { Invocation } from './invocation.ts';
import type { OutputCapture } from './output-capture.ts';
import { OutputPipe } from './output-pipe.ts';
import { signalGroup } from './process-group.ts';

/** Between TERM and KILL. */
export const KILL_DELAY_MS = 2000;
/**
 * How long output is still read after the command has ended. What it leaves running in the
 * background may hold the pipe for ever.
 */
const OUTPUT_GRACE_MS = 100;
/** Descriptors that starting a process takes for a moment: two pipes and /dev/null, and some. */
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
  /** Told of a command that goes on for all that, because specter may not signal it. */
  readonly onDenied: (invocation: Invocation) => void;
  /** Program and arguments that run the words that follow them, encoded as launch.ts says. */
  readonly launcher?: readonly [string, ...string[]];
}

/**
 * Gives a function that starts commands: each leads a process group and a session of its own, in
 * the folder `/`, with no descriptors but an empty standard input and a pipe for its output, and with all
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
  readonly #onDenied: () => void;
  readonly #begun = performance.now();
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
    { timeout, account, onDenied, launcher = defaultLauncher }: ProcessOptions,
    onEnd: OnCommandEnd,
  ) {
    this.#onEnd = onEnd;
    this.#onDenied = () => onDenied(invocation);
    const { argv, env, encoding } = invocation;
    const [file = '', ...words] = encoding === 'utf8' ? argv : [...launcher, ...argv];
    const output = outputPipe(account);
    if (output instanceof Error) {
      queueMicrotask(() => onEnd(output));
      return;
    }
    // Any descriptor will do, but execa's types know those of one digit.
    const writeEnd = output.writeEnd as 3;
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
      stdout: writeEnd,
      stderr: writeEnd,
      buffer: false,
      reject: false,
    });
    if (child.pid === undefined) {
      output.discard();
      child.then(({ cause, message }) =>
        onEnd(cause instanceof Error ? cause : new Error(message)),
      );
      return;
    }
    this.#pid = child.pid;
    this.#timeout = setTimeout(() => this.#runOut(), timeout);
    let grace: NodeJS.Timeout | undefined;
    let tell: (() => void) | undefined;
    let isRead = false;
    output.read(() => {
      isRead = true;
      clearTimeout(grace);
      tell?.();
    });
    child.once('exit', (code: number | null, signal: NodeJS.Signals | null) => {
      clearTimeout(this.#timeout);
      tell = () => this.#ended(code ?? undefined, signal ?? undefined, output.captured);
      if (isRead) tell();
      else grace = setTimeout(() => output.stop(), OUTPUT_GRACE_MS);
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
    const reached = this.#pid !== undefined && signalGroup(this.#pid, 'SIGKILL');
    if (this.#end) this.#onEnd(this.#end);
    else if (reached === 'denied') this.#onDenied();
  }

  #ended(code: number | undefined, signal: string | undefined, captured: OutputCapture): void {
    const duration = performance.now() - this.#begun;
    const { bytes: output, more } = captured;
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
    return signalGroup(this.#pid, 0) !== 'gone';
  }
}

/**
 * The pipe for a command's output, or the error with which its start would fail for want of
 * descriptors. Found out before, because Node then makes a process object that execa does not expect.
 */
function outputPipe(account: ProcessOptions['account']): OutputPipe | Error {
  const opened: number[] = [];
  try {
    while (opened.length < DESCRIPTORS) opened.push(openSync('/dev/null', 'r'));
    return new OutputPipe(account);
  } catch (error) {
    return error instanceof Error ? error : new Error(String(error));
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}
