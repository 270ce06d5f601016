import { spawnSync } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { checked, libc } from '../../../src/libc/library.ts';
import { WakeEvent } from '../../../src/libc/poll.ts';
import { closeDescriptor } from '../../../src/libc/socket.ts';
import { SyscallError } from '../../../src/libc/syscall-error.ts';
import { ReceiveLoop } from '../../../src/netlink/receive-loop.ts';
import { scriptCommand } from '../../support/script-command.ts';

/** Stands in for a socket: a descriptor with something to read until its drain is called. */
class Source {
  readonly event = new WakeEvent();
  readonly fd = this.event.fd;
  drained = 0;
  #resume: (() => void) | undefined;

  readonly drain = (): number => {
    this.event.clear();
    this.drained++;
    this.#resume?.();
    return 1;
  };

  /** Resolves in the next drain. */
  nextDrain(): Promise<void> {
    return new Promise((resolve) => {
      this.#resume = resolve;
    });
  }

  async signalAndWait(): Promise<void> {
    const drained = this.nextDrain();
    this.event.signal();
    await drained;
  }
}

interface Failure {
  error: unknown;
  fd: number | undefined;
}

let loop: ReceiveLoop;
let failures: Failure[];
let failed: Promise<Failure>;
let sources: Source[];

beforeEach(() => {
  failures = [];
  sources = [];
  failed = new Promise((resolve) => {
    loop = new ReceiveLoop({
      onError: (error, fd) => {
        failures.push({ error, fd });
        resolve({ error, fd });
      },
    });
  });
});

afterEach(async () => {
  await loop.stop();
  for (const source of sources) source.event.close();
});

function newSource(): Source {
  const source = new Source();
  sources.push(source);
  return source;
}

/** Time enough for the loop to have gone back to waiting in poll. */
const quiet = (): Promise<void> => new Promise((resolve) => setTimeout(resolve, 30));

describe('ReceiveLoop', () => {
  test('drains a socket whenever it has something, and only then', async () => {
    const source = newSource();
    loop.add(source.fd, source.drain);
    await quiet();
    expect(source.drained).toBe(0);
    for (let round = 1; round <= 3; round++) {
      await source.signalAndWait();
      expect(source.drained).toBe(round);
      await quiet();
    }
    expect(source.drained).toBe(3);
    expect(failures).toEqual([]);
  });

  test('drains what was there before it was added', async () => {
    const source = newSource();
    source.event.signal();
    const drained = source.nextDrain();
    loop.add(source.fd, source.drain);
    await drained;
    expect(source.drained).toBe(1);
  });

  test('serves sockets that are added while it waits in poll', async () => {
    const [first, second] = [newSource(), newSource()];
    loop.add(first.fd, first.drain);
    await quiet();
    loop.add(second.fd, second.drain);
    await second.signalAndWait();
    await first.signalAndWait();
    expect([first.drained, second.drained]).toEqual([1, 1]);
  });

  test('runs no timers while it waits', async () => {
    const source = newSource();
    loop.add(source.fd, source.drain);
    await source.signalAndWait();
    await quiet();
    expect(process.getActiveResourcesInfo().filter((name) => name === 'Immediate')).toEqual([]);
    const timers = () =>
      process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
    const waiting = timers();
    const drained = source.nextDrain();
    source.event.signal();
    await drained;
    await new Promise((resolve) => setImmediate(resolve));
    expect(timers()).toBe(waiting + 1);
  });

  test('never drains a socket after its removal, whenever that is', async () => {
    const source = newSource();
    const waiting = loop.add(source.fd, source.drain);
    await quiet();
    const removed = waiting.remove();
    source.event.signal();
    await removed;
    await quiet();
    const busy = loop.add(source.fd, source.drain);
    await busy.remove();
    await busy.remove();
    await quiet();
    expect(source.drained).toBe(0);
  });

  test('lets a drain remove a socket that the same turn was about to serve', async () => {
    const [first, second] = [newSource(), newSource()];
    first.event.signal();
    second.event.signal();
    let removed: Promise<void> | undefined;
    loop.add(first.fd, () => {
      removed = handle.remove();
      return first.drain();
    });
    const handle = loop.add(second.fd, second.drain);
    await first.nextDrain();
    await removed;
    await quiet();
    expect([first.drained, second.drained]).toEqual([1, 0]);
  });

  test('lets a drain add a socket', async () => {
    const [first, second] = [newSource(), newSource()];
    second.event.signal();
    const drained = second.nextDrain();
    loop.add(first.fd, () => {
      loop.add(second.fd, second.drain);
      return first.drain();
    });
    await first.signalAndWait();
    await drained;
    expect(second.drained).toBe(1);
  });

  test('takes a socket out whose drain throws, says so, and goes on with the others', async () => {
    const [bad, good] = [newSource(), newSource()];
    const mistake = new Error('a mistake');
    let calls = 0;
    loop.add(bad.fd, () => {
      calls++;
      throw mistake;
    });
    loop.add(good.fd, good.drain);
    bad.event.signal();
    expect(await failed).toEqual({ error: mistake, fd: bad.fd });
    await good.signalAndWait();
    await quiet();
    expect([calls, good.drained, failures.length]).toEqual([1, 1, 1]);
  });

  test('takes a descriptor out that is not open', async () => {
    const source = newSource();
    loop.add(source.fd, source.drain);
    loop.add(54_321, () => 0);
    const { error, fd } = await failed;
    expect(error).toBeInstanceOf(SyscallError);
    expect(error).toMatchObject({ code: 'EBADF', operation: 'poll of descriptor 54321' });
    expect(fd).toBe(54_321);
    await source.signalAndWait();
    expect(failures.length).toBe(1);
  });

  test('takes a descriptor out whose error condition lasts', async () => {
    const ends = new Int32Array(2);
    checked('pipe', libc.func('int pipe(void *ends)')(ends));
    const [readEnd = -1, writeEnd = -1] = ends;
    closeDescriptor(readEnd);
    let calls = 0;
    loop.add(writeEnd, () => {
      calls++;
      return 0;
    });
    expect(await failed).toMatchObject({ fd: writeEnd, error: { code: 'EIO' } });
    await quiet();
    expect([calls, failures.length]).toEqual([3, 1]);
    closeDescriptor(writeEnd);
  });

  test('lets other I/O run between the turns of sockets that never run dry', async () => {
    const [first, second] = [newSource(), newSource()];
    const turns = [0, 0];
    for (const [index, source] of [first, second].entries()) {
      source.event.signal();
      loop.add(source.fd, (budget) => {
        turns[index] = (turns[index] ?? 0) + 1;
        return budget;
      });
    }
    let others = 0;
    while ((turns[0] ?? 0) < 100) {
      await new Promise((resolve) => setImmediate(resolve));
      others++;
    }
    expect(turns[1]).toBe(turns[0]);
    expect(others).toBeGreaterThanOrEqual(99);
  });

  test('stops while it waits, for good', async () => {
    const source = newSource();
    loop.add(source.fd, source.drain);
    await quiet();
    const stopped = loop.stop();
    expect(loop.stop()).toBe(stopped);
    source.event.signal();
    await stopped;
    await quiet();
    expect(source.drained).toBe(0);
    expect(() => loop.add(source.fd, source.drain)).toThrow('the receive loop was stopped');
  });

  test('does not keep process.exit from ending the process while it waits', () => {
    const [node, ...args] = scriptCommand(new URL('./exit-while-waiting.ts', import.meta.url));
    expect(spawnSync(node, args, { timeout: 20_000 })).toMatchObject({ status: 7, signal: null });
  });

  test('stops from within a drain', async () => {
    const [first, second] = [newSource(), newSource()];
    first.event.signal();
    second.event.signal();
    let stopped: Promise<void> | undefined;
    loop.add(first.fd, () => {
      stopped = loop.stop();
      return first.drain();
    });
    loop.add(second.fd, second.drain);
    await first.nextDrain();
    await stopped;
    await quiet();
    expect([first.drained, second.drained]).toEqual([1, 0]);
  });
});
