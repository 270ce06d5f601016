import type { Duplex } from 'node:stream';
import type { OutputCounters, PluginLog } from '../../../api.ts';
import { Outage } from '../../outage.ts';

/** From the first attempt to the longest pause between two. */
const pace = { firstPause: 100, longestPause: 30_000, jitter: 0.5 };
/** A peer that does not answer, such as one behind a firewall that drops. */
const CONNECT_TIMEOUT_MS = 10_000;
/** A connection that takes no byte for so long is given up. TCP itself would wait a quarter of an hour. */
const STALL_MS = 60_000;
/** A connection that is lost sooner is a failed attempt: something accepts for a receiver that is gone. */
const STEADY_MS = 1000;

/** What is used of a net.Socket. */
export type ByteStream = Duplex & {
  /** Emits `timeout` when nothing has been transferred for so long. */
  setTimeout(ms: number): unknown;
};

/** How a connection has ended. */
export type End =
  /** The receiver closed it after it had read what there was. */
  | 'in order'
  /** Anything else: reset, timed out, unreachable. What was sent last may not have been read. */
  | 'broken';

export interface ConnectionOptions {
  /** For the log: `tcp://[::1]:12345`. */
  readonly name: string;
  /** Begins a connection, with `allowHalfOpen`. */
  readonly connect: () => ByteStream;
  readonly log: PluginLog;
  readonly counters: OutputCounters;
  /** What waits, for the log: `120 records wait`. */
  readonly waiting: () => string;
  /** The receiver takes records. */
  readonly up: () => void;
  /** It takes no more; a `write` under way will not end. */
  readonly down: (end: End) => void;
}

/**
 * A connection to the receiver that comes back when it breaks: after 100 ms, then after longer and
 * longer pauses of up to 30 s.
 */
export class Connection {
  /** Connections that were made. */
  made = 0;
  readonly #options: ConnectionOptions;
  readonly #outage = new Outage(pace);
  #socket: ByteStream | undefined;
  #isUp = false;
  #upSince = 0;
  /** A write is under way. */
  #writing = false;
  #announced = false;
  #retryTimer: NodeJS.Timeout | undefined;
  #closed = false;
  /** Told when a connection that is being finished has ended. */
  #finished: ((end: End) => void) | undefined;

  constructor(options: ConnectionOptions) {
    this.#options = options;
  }

  /** Whether the receiver takes records: no connection that is being made or finished. */
  get isUp(): boolean {
    return this.#isUp;
  }

  /** Whether an attempt to connect is under way. */
  get isConnecting(): boolean {
    return this.#socket !== undefined && !this.#isUp && !this.#finished;
  }

  /** Connects, at once even if a pause is not over. */
  start(): void {
    clearTimeout(this.#retryTimer);
    if (!this.#socket && !this.#closed) this.#connect();
  }

  /** Sends `parts` in order; `sent` is called when the kernel has taken all of them. */
  write(parts: readonly Uint8Array[], sent: () => void): void {
    const socket = this.#socket;
    if (!socket || !this.#isUp) throw new Error('not connected');
    this.#writing = true;
    socket.cork();
    const last = parts.length - 1;
    parts.forEach((part, index) => {
      if (index < last) socket.write(part);
      else {
        socket.write(part, (error) => {
          if (error || socket !== this.#socket) return;
          this.#writing = false;
          sent();
        });
      }
    });
    socket.uncork();
  }

  /**
   * Ends the connection: says that nothing more comes and waits until the receiver closes it, too, at
   * most `ms` milliseconds. `in order` then means that it has read everything.
   *
   * @returns undefined if it did neither close nor break
   */
  async finish(ms: number): Promise<End | undefined> {
    const socket = this.#socket;
    if (!socket || !this.#isUp) return undefined;
    this.#isUp = false;
    let timer: NodeJS.Timeout | undefined;
    const end = await new Promise<End | undefined>((resolve) => {
      this.#finished = resolve;
      timer = setTimeout(() => resolve(undefined), ms);
      socket.end();
    });
    clearTimeout(timer);
    this.#finished = undefined;
    if (this.#socket === socket) this.#socket = undefined;
    socket.destroy();
    return end;
  }

  /** Drops the connection, or the attempt, and makes no further one. */
  close(): void {
    this.#closed = true;
    this.#isUp = false;
    clearTimeout(this.#retryTimer);
    this.#socket?.destroy();
    this.#socket = undefined;
  }

  #connect(): void {
    const socket = this.#options.connect();
    this.#socket = socket;
    let reason: Error | undefined;
    let ended = false;
    const answer = setTimeout(() => {
      socket.destroy(new Error(`no answer within ${CONNECT_TIMEOUT_MS / 1000} s`));
    }, CONNECT_TIMEOUT_MS);
    socket.once('connect', () => {
      clearTimeout(answer);
      socket.setTimeout(STALL_MS);
      this.#connected(socket);
    });
    socket.on('timeout', () => {
      if (this.#writing) socket.destroy(new Error(`it took nothing for ${STALL_MS / 1000} s`));
    });
    socket.on('error', (error) => {
      reason ??= error;
    });
    socket.on('end', () => {
      ended = true;
      if (!this.#finished) socket.destroy();
    });
    socket.once('close', () => {
      clearTimeout(answer);
      // EPIPE: the end came before the error.
      const inOrder = (reason === undefined && ended) || codeOf(reason) === 'EPIPE';
      this.#gone(socket, inOrder && !this.#writing ? 'in order' : 'broken', reason);
    });
    // Whatever it says is of no interest, but its end is.
    socket.resume();
  }

  #connected(socket: ByteStream): void {
    if (socket !== this.#socket) return;
    const { name, log, waiting, up } = this.#options;
    this.made++;
    this.#isUp = true;
    this.#upSince = performance.now();
    if (!this.#outage.lasting) log.info(`connected to ${name}`);
    else if (!this.#announced) {
      const seconds = (this.#outage.duration / 1000).toFixed(1);
      log.notice(`connected to ${name} again after ${seconds} s; ${waiting()}`);
    }
    this.#announced = true;
    up();
  }

  #gone(socket: ByteStream, end: End, error: Error | undefined): void {
    if (socket !== this.#socket) return;
    this.#socket = undefined;
    const wasUp = this.#isUp;
    this.#isUp = false;
    this.#writing = false;
    if (this.#finished) {
      this.#finished(end);
      return;
    }
    if (this.#closed) return;
    this.#report(wasUp, error);
    this.#retryTimer = setTimeout(() => this.#connect(), this.#outage.nextPause());
    this.#options.down(end);
  }

  #report(wasUp: boolean, error: Error | undefined): void {
    const { counters, log, name } = this.#options;
    counters.errors++;
    if (wasUp && performance.now() - this.#upSince >= STEADY_MS) this.#outage.succeeded();
    const reason = error ? error.message || codeOf(error) : 'the receiver closed it';
    if (this.#outage.failed() !== 'begun') return;
    this.#announced = false;
    const what = wasUp ? `connection to ${name} lost` : `cannot connect to ${name}`;
    log.error(`${what}: ${reason}; trying again`);
  }
}

const codeOf = (error: Error | undefined): string | undefined =>
  error && 'code' in error && typeof error.code === 'string' ? error.code : undefined;
