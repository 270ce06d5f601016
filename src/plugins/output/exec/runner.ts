import { Fifo } from './fifo.ts';
import type { Invocation } from './invocation.ts';
import type { CommandEnd, RunningCommand, StartCommand } from './process.ts';

/** Commands that wait may take about as much memory as this, however long their arguments are. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;

export interface RunnerOptions {
  readonly start: StartCommand;
  /** Commands that may run at the same time. */
  readonly max: number;
  /** Commands that may wait for others to end, and as many for their delay to pass. */
  readonly queue: number;
  /** Milliseconds from `add` until a command is due. */
  readonly delay: number;
  /** Called when a command is due; what it returns, when none is due or runs any more. */
  readonly hold?: (() => () => void) | undefined;
}

/** What becomes of the commands. */
export interface RunnerEvents {
  ended(invocation: Invocation, end: CommandEnd): void;
  failed(invocation: Invocation, error: Error): void;
  /** Given up because it was too late for them. */
  abandoned(count: number): void;
}

interface Delayed {
  readonly invocation: Invocation;
  /** By `performance.now()`. */
  readonly due: number;
}

/**
 * Runs commands in the order in which they were added, so many at a time. To start a process keeps
 * the event loop for a millisecond or more, so that at most one is started in each turn of it.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #events: RunnerEvents;
  readonly #delayed = new Fifo<Delayed>();
  /** Those that are due. */
  readonly #waiting = new Fifo<Invocation>();
  readonly #running = new Set<RunningCommand>();
  readonly #startNext = () => this.#startOne();
  #waitingBytes = 0;
  #nextStart: NodeJS.Immediate | undefined;
  #nextDue: NodeJS.Timeout | undefined;
  #release: (() => void) | undefined;
  #whenIdle: (() => void) | undefined;

  constructor(options: RunnerOptions, events: RunnerEvents) {
    this.#options = options;
    this.#events = events;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  get delayed(): number {
    return this.#delayed.size;
  }

  /** Whether there is room for one more; ask before `add`. */
  get hasRoom(): boolean {
    const { delay, queue } = this.#options;
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return false;
    return this.#hasRoomToWait || (delay > 0 && this.#delayed.size < queue);
  }

  /** Has a command run as soon as it is due and its turn has come. */
  add(invocation: Invocation): void {
    const { delay, queue } = this.#options;
    this.#waitingBytes += invocation.size;
    if (delay === 0) {
      this.#await(invocation);
      return;
    }
    // Rather too early than never: what is delayed may be what closes a door.
    if (this.#delayed.size >= queue) this.#awaitOldest();
    this.#delayed.push({ invocation, due: performance.now() + delay });
    this.#watchDelay();
  }

  /**
   * Has everything run that is delayed or waits, and resolves when no command runs any more. After
   * `deadline` ms what runs is ended and what waits is given up.
   */
  async close(deadline: number): Promise<void> {
    clearTimeout(this.#nextDue);
    while (this.#delayed.size > 0) this.#awaitOldest();
    if (this.#isIdle) return;
    const timer = setTimeout(() => this.#giveUp(), deadline);
    await new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    clearTimeout(timer);
  }

  get #hasRoomToWait(): boolean {
    const { max, queue } = this.#options;
    return this.#running.size + this.#waiting.size < max + queue;
  }

  get #isIdle(): boolean {
    return this.#running.size === 0 && this.#waiting.size === 0;
  }

  #await(invocation: Invocation): void {
    this.#waiting.push(invocation);
    this.#release ??= this.#options.hold?.();
    this.#scheduleStart();
  }

  #awaitOldest(): void {
    const oldest = this.#delayed.shift();
    if (oldest) this.#await(oldest.invocation);
  }

  /** Lets those wait whose delay has passed, as far as there is room, and comes back for the rest. */
  #watchDelay(): void {
    if (this.#nextDue !== undefined || this.#whenIdle) return;
    const now = performance.now();
    for (;;) {
      const next = this.#delayed.peek();
      // Without room the next command to end comes back here.
      if (!next || !this.#hasRoomToWait) return;
      if (next.due > now) {
        this.#nextDue = setTimeout(() => {
          this.#nextDue = undefined;
          this.#watchDelay();
        }, next.due - now);
        return;
      }
      this.#awaitOldest();
    }
  }

  #scheduleStart(): void {
    if (this.#nextStart !== undefined || this.#waiting.size === 0) return;
    if (this.#running.size < this.#options.max) this.#nextStart = setImmediate(this.#startNext);
  }

  #startOne(): void {
    this.#nextStart = undefined;
    const invocation = this.#waiting.shift();
    if (!invocation) return;
    this.#waitingBytes -= invocation.size;
    const command = this.#options.start(invocation, (end) => {
      this.#running.delete(command);
      if (end instanceof Error) this.#events.failed(invocation, end);
      else this.#events.ended(invocation, end);
      this.#afterEnd();
    });
    this.#running.add(command);
    this.#scheduleStart();
  }

  #afterEnd(): void {
    this.#watchDelay();
    this.#scheduleStart();
    if (!this.#isIdle) return;
    this.#release?.();
    this.#release = undefined;
    this.#whenIdle?.();
  }

  #giveUp(): void {
    let abandoned = 0;
    while (this.#waiting.shift()) abandoned++;
    if (abandoned > 0) this.#events.abandoned(abandoned);
    for (const command of this.#running) command.terminate();
    if (this.#isIdle) this.#afterEnd();
  }
}
