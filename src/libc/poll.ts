/** poll(2) over a reusable table of descriptors, waiting or in a worker thread; and eventfd(2). */

import type { KoffiFunc } from 'koffi';
import { POLLFD } from './abi.ts';
import { EAGAIN, EINTR } from './errno.ts';
import { checked, lastErrno, libc } from './library.ts';
import { closeDescriptor } from './socket.ts';
import { SyscallError } from './syscall-error.ts';

export const POLLIN = 0x01;
/** Reported unasked: a pending socket error, which the next receive call returns. */
export const POLLERR = 0x08;
/** Reported unasked: the other end is closed. */
export const POLLHUP = 0x10;
/** Reported unasked: the descriptor is not open. */
export const POLLNVAL = 0x20;

const EFD_CLOEXEC = 0o2000000;
const EFD_NONBLOCK = 0o4000;

const nativePoll: KoffiFunc<(fds: Uint8Array, count: number, timeout: number) => number> =
  libc.func('int poll(void *fds, unsigned long count, int timeout)');
const nativeEventfd = libc.func('int eventfd(unsigned int initial, int flags)');
const nativeWrite = libc.func('long write(int fd, const void *bytes, size_t length)');
const nativeRead = libc.func('long read(int fd, void *bytes, size_t length)');

/**
 * A table of `struct pollfd`, all waiting for POLLIN.
 *
 * While `waitAsync` is under way the table belongs to the worker thread: neither `assign` nor
 * `wait` may be called until its callback has run.
 */
export class PollTable {
  #table = new ArrayBuffer(0);
  #bytes = new Uint8Array(this.#table);
  #words = new Int16Array(this.#table);
  #count = 0;

  /** Replaces the table's descriptors; results are read by the same indexes. */
  assign(descriptors: readonly number[]): void {
    this.#count = descriptors.length;
    // An ArrayBuffer's storage never moves, unlike that of a small typed array made directly.
    this.#table = new ArrayBuffer(descriptors.length * POLLFD.size);
    this.#bytes = new Uint8Array(this.#table);
    this.#words = new Int16Array(this.#table);
    const view = new DataView(this.#table);
    descriptors.forEach((fd, index) => {
      view.setInt32(index * POLLFD.size + POLLFD.fd, fd, true);
      view.setInt16(index * POLLFD.size + POLLFD.events, POLLIN, true);
    });
  }

  /** `revents` of the descriptor at `index`, as the last completed wait left it; 0 is "nothing". */
  results(index: number): number {
    return this.#words[(index * POLLFD.size + POLLFD.revents) >> 1] ?? 0;
  }

  /**
   * Waits at most `timeoutMs` milliseconds (0: only looks; −1: without limit), holding up the whole
   * process. Returns how many descriptors have results; a signal ends the wait early with 0.
   */
  wait(timeoutMs: number): number {
    const ready = nativePoll(this.#bytes, this.#count, timeoutMs);
    if (ready !== -1) return ready;
    const errno = lastErrno();
    if (errno !== EINTR) throw new SyscallError('poll', errno);
    this.#clearResults();
    return 0;
  }

  /**
   * Waits without limit in a thread of Node's worker pool, which it occupies until then, and calls
   * `done` on the main thread with an error or undefined. A signal ends the wait early, without
   * results.
   */
  waitAsync(done: (error: Error | undefined) => void): void {
    nativePoll.async(this.#bytes, this.#count, -1, (failure: Error | null, ready: number) => {
      if (failure) return done(failure);
      if (ready !== -1) return done(undefined);
      const errno = lastErrno();
      if (errno !== EINTR) return done(new SyscallError('poll', errno));
      this.#clearResults();
      done(undefined);
    });
  }

  #clearResults(): void {
    // On failure poll leaves revents as they were: stale ones must not look like new ones.
    for (let index = 0; index < this.#count; index++) {
      this.#words[(index * POLLFD.size + POLLFD.revents) >> 1] = 0;
    }
  }
}

/** An eventfd(2) counter: `signal` from this thread ends a poll that waits in another one. */
export class WakeEvent {
  readonly fd: number = checked('eventfd', nativeEventfd(0, EFD_CLOEXEC | EFD_NONBLOCK));
  readonly #one = BigUint64Array.of(1n);
  readonly #count = new BigUint64Array(1);

  signal(): void {
    checked('write eventfd', nativeWrite(this.fd, this.#one, 8));
  }

  /** Takes back all signals given so far; harmless when there are none. */
  clear(): void {
    if (nativeRead(this.fd, this.#count, 8) !== -1) return;
    const errno = lastErrno();
    if (errno !== EAGAIN) throw new SyscallError('read eventfd', errno);
  }

  /** Releases the descriptor; no poll may be waiting on it. */
  close(): void {
    closeDescriptor(this.fd);
  }
}
