import { EBADF, EIO } from '../libc/errno.ts';
import { POLLERR, POLLHUP, POLLIN, POLLNVAL, PollTable, WakeEvent } from '../libc/poll.ts';
import { SyscallError } from '../libc/syscall-error.ts';

/**
 * Pause between looks while packets flow, in milliseconds: short enough that a socket of the
 * smallest useful buffer does not overflow, long enough that waking up costs little per packet.
 *
 * Measured with one group, 64 packets a datagram, µs of CPU per packet including decoding, on two
 * cores: at 300 k packets/s 0.3 with looks, 0.8 with a poll for each wake-up, which is a round trip
 * through a worker thread; at 50 k/s 0.6 and 1.6. With a whole LOGEMU pipeline behind it, pauses
 * of 4 instead of 1 ms saved another 0.2 at 50 k/s and at 100 k/s.
 */
const LOOK_INTERVAL_MS = 4;
/** The pause after a turn that brought many datagrams: Node's shortest. */
const BUSY_LOOK_INTERVAL_MS = 1;
const MANY_DATAGRAMS = 16;
/**
 * Looks in a row that find nothing before the loop waits in poll again. With one, the loop fell
 * back to poll too often; each further one costs a wake-up when traffic ends.
 */
const EMPTY_LOOKS = 2;
/** Datagrams a drain may take in one turn before the other sockets and other I/O have theirs. */
const DRAIN_BUDGET = 32;
/** Pause after a failure of poll itself (out of memory), in milliseconds. */
const FAILURE_PAUSE_MS = 100;
/** Turns in a row with an error condition and no datagram, after which a socket is given up. */
const FRUITLESS_TURNS = 3;

/**
 * Takes what is waiting on one socket, at most about `budget` datagrams, and returns how many it
 * took. `budget` or more says that there may be more: the next turn then comes without a pause.
 */
export type Drain = (budget: number) => number;

/** A socket's place in a ReceiveLoop. */
export interface ReceiveHandle {
  /**
   * Takes the socket out: its drain is not called again. Resolves when no poll refers to the
   * descriptor any more, so that closing it then takes effect at once. Idempotent.
   */
  remove(): Promise<void>;
}

export interface ReceiveLoopOptions {
  /**
   * Told of what went wrong: a drain that threw, a descriptor that is not open or has a lasting
   * error condition (both sockets are out of the loop by then), a failure of poll itself (the loop
   * goes on). `fd` is undefined in the last case.
   */
  onError: (error: unknown, fd: number | undefined) => void;
}

interface Member {
  readonly fd: number;
  readonly drain: Drain;
  fruitless: number;
  removed: boolean;
}

/**
 * Calls the drains of any number of sockets when they have something to read.
 *
 * While quiet it waits in a single poll for all of them, in one thread of Node's worker pool
 * (UV_THREADPOOL_SIZE, 4 by default, minus this one is left for files and DNS), with no timers
 * running. Once packets come it looks again after a pause instead, as the kernel's NAPI does with
 * network cards, until a few looks in a row have found nothing. Other I/O of the process runs
 * between turns.
 */
export class ReceiveLoop {
  readonly #onError: ReceiveLoopOptions['onError'];
  readonly #wake = new WakeEvent();
  readonly #table = new PollTable();
  readonly #turn = (): void => this.#look();
  readonly #releaseWorker = (): void => {
    if (this.#polling) this.#wake.signal();
  };
  #members: Member[] = [];
  /** `#members` differs from the poll table, whose last entry is the wake event. */
  #changed = true;
  #polling = false;
  #timer: NodeJS.Timeout | undefined;
  #immediate: NodeJS.Immediate | undefined;
  #emptyLooks = 0;
  #stopped: Promise<void> | undefined;
  /** Called when the poll that is under way has returned. */
  #afterPoll: (() => void)[] = [];

  constructor({ onError }: ReceiveLoopOptions) {
    this.#onError = onError;
    // Node waits for its worker threads when it exits: one that is left in poll would hang it.
    process.on('exit', this.#releaseWorker);
  }

  /** Begins to watch a descriptor. The process stays alive while the loop has sockets. */
  add(fd: number, drain: Drain): ReceiveHandle {
    if (this.#stopped) throw new Error('the receive loop was stopped');
    const member: Member = { fd, drain, fruitless: 0, removed: false };
    // A new array: a turn may be under way over the old one, whose indexes are the poll table's.
    this.#members = [...this.#members, member];
    this.#changed = true;
    if (this.#polling) this.#wake.signal();
    else if (!this.#timer && !this.#immediate) this.#lookSoon();
    return { remove: () => this.#remove(member) };
  }

  /**
   * Ends the loop for good; resolves when no call is under way and its own descriptor is closed.
   * The sockets stay open. Idempotent; must not be awaited inside a drain.
   */
  stop(): Promise<void> {
    this.#stopped ??= this.#shutDown();
    return this.#stopped;
  }

  async #shutDown(): Promise<void> {
    this.#members = [];
    this.#unschedule();
    await this.#pollReturned();
    process.off('exit', this.#releaseWorker);
    this.#wake.close();
  }

  #remove(member: Member): Promise<void> {
    this.#drop(member);
    return this.#pollReturned();
  }

  #drop(member: Member): void {
    if (member.removed) return;
    member.removed = true;
    this.#members = this.#members.filter((other) => other !== member);
    this.#changed = true;
    if (this.#members.length === 0) this.#unschedule();
  }

  #pollReturned(): Promise<void> {
    if (!this.#polling) return Promise.resolve();
    this.#releaseWorker();
    return new Promise((resolve) => this.#afterPoll.push(resolve));
  }

  #unschedule(): void {
    clearTimeout(this.#timer);
    clearImmediate(this.#immediate);
    this.#timer = undefined;
    this.#immediate = undefined;
  }

  #lookSoon(): void {
    this.#immediate = setImmediate(this.#turn);
  }

  #lookLater(pauseMs: number): void {
    this.#timer = setTimeout(this.#turn, pauseMs);
  }

  /** One turn while busy: sees without waiting who has something, and serves them. */
  #look(): void {
    this.#timer = undefined;
    this.#immediate = undefined;
    this.#updateTable();
    try {
      this.#table.wait(0);
    } catch (error) {
      this.#pollFailed(error);
      return;
    }
    this.#serve();
  }

  /** Calls the drains of those that the poll table shows as ready, then plans the next turn. */
  #serve(): void {
    let most = 0;
    const members = this.#members;
    for (let index = 0; index < members.length; index++) {
      const member = members[index];
      const results = this.#table.results(index);
      // An earlier drain of this turn may have removed this member, or ended the loop.
      if (!member || results === 0 || member.removed || this.#stopped) continue;
      most = Math.max(most, this.#serveMember(member, results));
    }
    this.#plan(most);
  }

  #serveMember(member: Member, results: number): number {
    if (results & POLLNVAL) {
      this.#giveUp(member, new SyscallError(`poll of descriptor ${member.fd}`, EBADF));
      return 0;
    }
    let count: number;
    try {
      count = member.drain(DRAIN_BUDGET);
    } catch (error) {
      this.#giveUp(member, error);
      return 0;
    }
    if (count > 0 || !(results & (POLLERR | POLLHUP))) {
      member.fruitless = 0;
    } else if (++member.fruitless >= FRUITLESS_TURNS) {
      // Such a condition would end every poll at once, for ever.
      const errors = results & ~POLLIN;
      const what = `poll of descriptor ${member.fd} (lasting condition 0x${errors.toString(16)})`;
      this.#giveUp(member, new SyscallError(what, EIO));
    }
    return count;
  }

  #giveUp(member: Member, error: unknown): void {
    this.#drop(member);
    this.#onError(error, member.fd);
  }

  /** Plans the turn after one in which the busiest socket gave `most` datagrams. */
  #plan(most: number): void {
    if (this.#stopped || this.#members.length === 0) return;
    // A drain or onError may have added a socket, which plans a turn itself.
    if (this.#timer || this.#immediate) return;
    this.#emptyLooks = most > 0 ? 0 : this.#emptyLooks + 1;
    if (most >= DRAIN_BUDGET) this.#lookSoon();
    else if (most >= MANY_DATAGRAMS) this.#lookLater(BUSY_LOOK_INTERVAL_MS);
    else if (this.#emptyLooks < EMPTY_LOOKS) this.#lookLater(LOOK_INTERVAL_MS);
    else this.#startPoll();
  }

  #startPoll(): void {
    this.#updateTable();
    this.#wake.clear();
    this.#polling = true;
    try {
      this.#table.waitAsync((error) => this.#pollDone(error));
    } catch (error) {
      this.#polling = false;
      this.#pollFailed(error);
    }
  }

  #pollDone(error: Error | undefined): void {
    this.#polling = false;
    const waiting = this.#afterPoll;
    this.#afterPoll = [];
    for (const resume of waiting) resume();
    if (this.#stopped || this.#members.length === 0) return;
    this.#emptyLooks = 0;
    if (error) this.#pollFailed(error);
    // The results belong to the sockets as they were when the wait began.
    else if (this.#changed) this.#look();
    else this.#serve();
  }

  #pollFailed(error: unknown): void {
    this.#onError(error, undefined);
    if (this.#stopped || this.#members.length === 0) return;
    if (!this.#timer && !this.#immediate) this.#lookLater(FAILURE_PAUSE_MS);
  }

  #updateTable(): void {
    if (!this.#changed) return;
    this.#changed = false;
    this.#table.assign([...this.#members.map((member) => member.fd), this.#wake.fd]);
  }
}
