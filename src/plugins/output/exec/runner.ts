import { Fifo } from './fifo.ts';
import type { Invocation } from './invocation.ts';
import {
  type CommandEnd,
  KILL_DELAY_MS,
  type RunningCommand,
  type StartCommand,
} from './process.ts';

/** Commands that wait may take about as much memory as this, however long their arguments are. */
const MAX_WAITING_BYTES = 64 * 2 ** 20;
/** Until what undoes another command is tried again. */
const RETRY_MS = 1000;

export interface RunnerOptions {
  readonly start: StartCommand;
  /** Commands that may run at the same time. */
  readonly max: number;
  /** Commands that may wait for others to end, and as many for their delay to pass. */
  readonly queue: number;
  /** Milliseconds until a command is due: one that follows another from its end, others from `add`. */
  readonly delay: number;
  /** Called when a command is due; what it returns, when none is due or runs any more. */
  readonly hold?: (() => () => void) | undefined;
}

/** A command that has to be run. */
export interface Task {
  readonly invocation: Invocation;
  /** The command that undoes it: is run when it has ended, however it did, and the delay has passed. */
  readonly undo?: Invocation | undefined;
  /** It is such a command itself. */
  readonly follows?: boolean;
}

/** What becomes of the commands. */
export interface RunnerEvents {
  ended(task: Task, end: CommandEnd): void;
  /** Tells whether a later try may succeed. Only a command that follows another has one. */
  failed(task: Task, error: Error): boolean;
  /** Given up because it was too late for it. */
  abandoned(task: Task): void;
}

interface Delayed {
  readonly task: Task;
  /** By `performance.now()`. */
  readonly due: number;
}

/**
 * Runs commands, so many at a time: first those whose delay has passed, since they may be what
 * closes a door, then the others, both in the order in which they came. To start a process keeps
 * the event loop for a millisecond or more, so that at most one is started in each turn of it.
 */
export class Runner {
  readonly #options: RunnerOptions;
  readonly #events: RunnerEvents;
  readonly #delayed = new Fifo<Delayed>();
  /** Those whose delay has passed. */
  readonly #due = new Fifo<Task>();
  /** Those that were due at once. */
  readonly #waiting = new Fifo<Task>();
  /** With whether each had been delayed. */
  readonly #running = new Map<RunningCommand, boolean>();
  /** Those to be tried again, each with what will do so. */
  readonly #retries = new Map<Task, NodeJS.Timeout>();
  readonly #startNext = () => this.#startOne();
  #waitingBytes = 0;
  #nextStart: NodeJS.Immediate | undefined;
  #nextDue: NodeJS.Timeout | undefined;
  #release: (() => void) | undefined;
  #whenIdle: (() => void) | undefined;
  /** Nothing more is started. */
  #isOver = false;

  constructor(options: RunnerOptions, events: RunnerEvents) {
    this.#options = options;
    this.#events = events;
  }

  get running(): number {
    return this.#running.size;
  }

  get waiting(): number {
    return this.#waiting.size + this.#due.size;
  }

  get delayed(): number {
    return this.#delayed.size + this.#retries.size;
  }

  /** Whether there is room for one more; ask before `add`. */
  hasRoom(isDelayed: boolean): boolean {
    if (this.#waitingBytes >= MAX_WAITING_BYTES) return false;
    return this.#hasRoomToWait || (isDelayed && this.#delayed.size < this.#options.queue);
  }

  /** Has a command run, and then the one that is to follow it; without such a one, after the delay. */
  add(task: Task): void {
    this.#waitingBytes += task.invocation.size + (task.undo?.size ?? 0);
    if (task.undo === undefined && this.#options.delay > 0) this.#delay(task);
    else this.#await(this.#waiting, task);
  }

  /**
   * Has everything run that is delayed or waits, and resolves when no command runs any more. After
   * `deadline` ms what was never delayed is ended or given up. What undoes it, and all else whose
   * delay was cut short, has another `deadline` ms.
   */
  async close(deadline: number): Promise<void> {
    clearTimeout(this.#nextDue);
    const closed = new Promise<void>((resolve) => {
      this.#whenIdle = resolve;
    });
    while (this.#delayed.size > 0) this.#awaitOldest();
    if (this.#isIdle) return;
    const first = setTimeout(() => this.#giveUp(this.#waiting, false), deadline);
    const last = setTimeout(() => this.#giveUpAll(), 2 * deadline + KILL_DELAY_MS);
    await closed;
    clearTimeout(first);
    clearTimeout(last);
  }

  get #hasRoomToWait(): boolean {
    const { max, queue } = this.#options;
    return this.running + this.waiting < max + queue;
  }

  get #isIdle(): boolean {
    return this.running === 0 && this.waiting === 0 && this.#retries.size === 0;
  }

  #await(queue: Fifo<Task>, task: Task): void {
    queue.push(task);
    this.#release ??= this.#options.hold?.();
    this.#scheduleStart();
  }

  #delay(task: Task): void {
    const { delay, queue } = this.#options;
    if (this.#whenIdle || delay === 0) {
      this.#await(this.#due, task);
      return;
    }
    // Rather too early than never: it may be what closes a door.
    if (this.#delayed.size >= queue) this.#awaitOldest();
    this.#delayed.push({ task, due: performance.now() + delay });
    this.#watchDelay();
  }

  #awaitOldest(): void {
    const oldest = this.#delayed.shift();
    if (oldest) this.#await(this.#due, oldest.task);
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
    if (this.#nextStart !== undefined || this.waiting === 0) return;
    if (this.running < this.#options.max) this.#nextStart = setImmediate(this.#startNext);
  }

  #startOne(): void {
    this.#nextStart = undefined;
    const due = this.#due.shift();
    const task = due ?? this.#waiting.shift();
    if (!task) return;
    const { invocation } = task;
    this.#waitingBytes -= invocation.size;
    const command = this.#options.start(invocation, (end) => {
      this.#running.delete(command);
      if (end instanceof Error) this.#failed(task, end);
      else this.#ended(task, end);
      this.#afterEnd();
    });
    this.#running.set(command, due !== undefined);
    this.#scheduleStart();
  }

  #ended(task: Task, end: CommandEnd): void {
    this.#events.ended(task, end);
    if (task.undo) this.#delay({ invocation: task.undo, follows: true });
  }

  /** What was never started need not be undone. What undoes something is tried until it is. */
  #failed(task: Task, error: Error): void {
    this.#waitingBytes -= task.undo?.size ?? 0;
    const mayPass = this.#events.failed(task, error);
    if (!mayPass || !task.follows) return;
    if (this.#isOver) this.#events.abandoned(task);
    else this.#retry(task);
  }

  #retry(task: Task): void {
    this.#waitingBytes += task.invocation.size;
    const again = (): void => {
      this.#retries.delete(task);
      this.#await(this.#due, task);
    };
    this.#retries.set(task, setTimeout(again, RETRY_MS));
  }

  #afterEnd(): void {
    this.#watchDelay();
    this.#scheduleStart();
    if (!this.#isIdle) return;
    this.#release?.();
    this.#release = undefined;
    this.#whenIdle?.();
  }

  #giveUpAll(): void {
    this.#isOver = true;
    for (const [task, timer] of this.#retries) {
      clearTimeout(timer);
      this.#events.abandoned(task);
    }
    this.#retries.clear();
    this.#giveUp(this.#due, true);
  }

  /** Gives up those of a queue, and ends those that came from it. */
  #giveUp(queue: Fifo<Task>, delayed: boolean): void {
    for (let task = queue.shift(); task; task = queue.shift()) this.#events.abandoned(task);
    for (const [command, wasDelayed] of this.#running) {
      if (wasDelayed === delayed) command.terminate();
    }
    if (this.#isIdle) this.#afterEnd();
  }
}
