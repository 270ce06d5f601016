import { constants } from 'node:os';

/** What the daemon does on each signal; called from the event loop, never inside a signal handler. */
export interface SignalHandlers {
  /** SIGHUP: open log and output files again, as after logrotate's move. */
  reopen(): void;
  /** SIGUSR1: read the configuration again. */
  reload(): void;
  /** SIGUSR2: log the statistics now. */
  statistics(): void;
  /** SIGTERM, SIGINT: stop receiving, flush, end. Called once. */
  stop(signal: StopSignal): void;
}

export type StopSignal = 'SIGTERM' | 'SIGINT';

/** What to call for which signal. */
const actions = {
  SIGHUP: (handlers) => handlers.reopen(),
  SIGUSR1: (handlers) => handlers.reload(),
  SIGUSR2: (handlers) => handlers.statistics(),
  SIGTERM: (handlers) => handlers.stop('SIGTERM'),
  SIGINT: (handlers) => handlers.stop('SIGINT'),
} as const satisfies Record<string, (handlers: SignalHandlers) => void>;

type Signal = keyof typeof actions;

/** Signals that arrived, and who is told about them. */
export class SignalInbox {
  #handlers: SignalHandlers | undefined;
  /** In order of arrival; as with the kernel's own, a second of a kind adds nothing. */
  readonly #pending = new Set<Signal>();
  readonly #stop = new AbortController();

  /**
   * Aborted by the first SIGTERM or SIGINT, handlers or not: for what a start waits for. The reason
   * is an Error that names the signal.
   */
  get stopRequest(): AbortSignal {
    return this.#stop.signal;
  }

  /** Delivers what has arrived so far, and everything from now on. May be called again. */
  deliver(handlers: SignalHandlers): void {
    this.#handlers = handlers;
    for (const signal of this.#pending) {
      this.#pending.delete(signal);
      actions[signal](handlers);
    }
  }

  /**
   * Takes a signal. The second SIGTERM or SIGINT ends the process at once, with the shell's exit
   * status for a process killed by it: 128 + the signal's number.
   */
  receive(signal: Signal): void {
    if (signal === 'SIGTERM' || signal === 'SIGINT') {
      if (this.#stop.signal.aborted) process.exit(128 + constants.signals[signal]);
      this.#stop.abort(new Error(`${signal}: stopped before it was ready`));
    }
    if (this.#handlers === undefined) this.#pending.add(signal);
    else actions[signal](this.#handlers);
  }
}

/**
 * Listens for the daemon's signals: the first thing that the program does, before any module that
 * takes time to load. What arrives before {@link SignalInbox.deliver} is remembered.
 *
 * The listener for SIGUSR1 also takes that signal from Node, which otherwise opens its debugger on
 * it (see inspector.ts for the time before). SIGPIPE needs no listener: Node ignores it, and writes
 * fail with EPIPE instead.
 */
export function installSignals(): SignalInbox {
  const inbox = new SignalInbox();
  for (const signal of signalNames) process.on(signal, () => inbox.receive(signal));
  return inbox;
}

const signalNames = [
  'SIGUSR1',
  'SIGHUP',
  'SIGUSR2',
  'SIGTERM',
  'SIGINT',
] as const satisfies Signal[];
