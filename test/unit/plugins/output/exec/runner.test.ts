import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Invocation } from '../../../../../src/plugins/output/exec/invocation.ts';
import type { CommandEnd, OnCommandEnd } from '../../../../../src/plugins/output/exec/process.ts';
import { Runner, type RunnerOptions } from '../../../../../src/plugins/output/exec/runner.ts';

// The turns of the event loop are real ones, only time is not.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

const success: CommandEnd = {
  code: 0,
  signal: undefined,
  timedOut: false,
  duration: 1,
  output: new Uint8Array(0),
  more: 0,
};
const command = (name: string, size = 1): Invocation => ({
  argv: [name],
  env: {},
  encoding: 'utf8',
  size,
});

/** A runner whose commands run until the test ends them. */
class Bench {
  readonly started: string[] = [];
  readonly terminated: string[] = [];
  readonly failed: string[] = [];
  readonly abandoned: string[] = [];
  /** Holds that have not been released. */
  holds = 0;
  readonly #running = new Map<string, OnCommandEnd>();
  readonly runner: Runner;

  readonly #isDelayed: boolean;

  constructor(options: Partial<RunnerOptions> = {}) {
    this.#isDelayed = (options.delay ?? 0) > 0;
    this.runner = new Runner(
      {
        start: ({ argv: [name = ''] }, onEnd) => {
          this.started.push(name);
          this.#running.set(name, onEnd);
          return { terminate: () => this.terminated.push(name) };
        },
        max: 2,
        queue: 3,
        delay: 0,
        hold: () => {
          this.holds++;
          return () => {
            this.holds--;
          };
        },
        ...options,
      },
      {
        ended: () => {},
        failed: (_task, error) => {
          this.failed.push(error.message);
          return error.message === 'too many processes';
        },
        abandoned: ({ invocation }) => this.abandoned.push(...invocation.argv),
      },
    );
  }

  /** Adds while there is room; returns the names that found none. */
  add(...names: string[]): string[] {
    return names.filter((name) => {
      if (!this.runner.hasRoom(this.#isDelayed)) return true;
      this.runner.add({ invocation: command(name) });
      return false;
    });
  }

  /** Adds a command `name`, and `-name` to follow it. */
  addPair(name: string): void {
    this.runner.add({ invocation: command(name), undo: command(`-${name}`) });
  }

  async end(name: string, end: CommandEnd | Error = success): Promise<void> {
    this.#running.get(name)?.(end);
    await turns();
  }
}

/** One turn of the event loop. */
const turn = async () =>
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });

/** As many turns as it takes until nothing more happens. */
const turns = async () => {
  for (let count = 0; count < 8; count++) await turn();
};

describe('the runner', () => {
  test('runs so many at a time, in order, and drops what finds no room', async () => {
    const bench = new Bench();
    expect(bench.add('a', 'b', 'c', 'd', 'e', 'f', 'g')).toEqual(['f', 'g']);
    await turns();
    expect(bench.started).toEqual(['a', 'b']);
    expect([bench.runner.running, bench.runner.waiting]).toEqual([2, 3]);
    await bench.end('b');
    expect(bench.started).toEqual(['a', 'b', 'c']);
    expect(bench.add('h', 'i')).toEqual(['i']);
    for (const name of ['a', 'c', 'd', 'e', 'h']) await bench.end(name);
    expect(bench.started).toEqual(['a', 'b', 'c', 'd', 'e', 'h']);
    expect([bench.runner.running, bench.runner.waiting]).toEqual([0, 0]);
  });

  test('starts at most one in each turn of the event loop', async () => {
    const bench = new Bench({ max: 3 });
    bench.add('a', 'b', 'c');
    expect(bench.started).toEqual([]);
    await turn();
    expect(bench.started).toEqual(['a']);
    await turn();
    expect(bench.started).toEqual(['a', 'b']);
  });

  test('without a queue takes what can run at once', async () => {
    const bench = new Bench({ queue: 0 });
    expect(bench.add('a', 'b', 'c')).toEqual(['c']);
  });

  test('bounds the memory of what waits', () => {
    const bench = new Bench({ queue: 1000 });
    bench.runner.add({ invocation: command('huge', 64 * 2 ** 20) });
    expect(bench.runner.hasRoom(false)).toBe(false);
  });

  test('goes on after a command that could not be started', async () => {
    const bench = new Bench({ max: 1 });
    bench.add('a', 'b');
    await turns();
    await bench.end('a', new Error('no such file'));
    expect(bench.failed).toEqual(['no such file']);
    expect(bench.started).toEqual(['a', 'b']);
  });

  test('holds from the first command that is due until none is left', async () => {
    const bench = new Bench({ max: 1 });
    bench.add('a', 'b');
    expect(bench.holds).toBe(1);
    await turns();
    await bench.end('a');
    expect(bench.holds).toBe(1);
    await bench.end('b');
    expect(bench.holds).toBe(0);
    bench.add('c');
    expect(bench.holds).toBe(1);
  });

  test('runs each command when its delay has passed', async () => {
    const bench = new Bench({ delay: 1000 });
    bench.add('a');
    await vi.advanceTimersByTimeAsync(600);
    bench.add('b');
    expect([bench.runner.delayed, bench.holds]).toEqual([2, 0]);
    await vi.advanceTimersByTimeAsync(399);
    expect(bench.started).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await turns();
    expect([bench.started, bench.holds]).toEqual([['a'], 1]);
    await vi.advanceTimersByTimeAsync(600);
    await turns();
    expect(bench.started).toEqual(['a', 'b']);
    expect(bench.runner.delayed).toBe(0);
  });

  test('runs the oldest delayed command early rather than drop a new one', async () => {
    const bench = new Bench({ delay: 1000, queue: 2, max: 1 });
    expect(bench.add('a', 'b', 'c')).toEqual([]);
    await turns();
    expect(bench.started).toEqual(['a']);
    expect(bench.add('d', 'e', 'f')).toEqual(['f']);
    expect([bench.runner.waiting, bench.runner.delayed]).toEqual([2, 2]);
    await vi.advanceTimersByTimeAsync(1000);
    // No room: they are overdue, but not lost.
    expect([bench.runner.waiting, bench.runner.delayed]).toEqual([2, 2]);
    for (const name of ['a', 'b', 'c', 'd', 'e']) await bench.end(name);
    expect(bench.started).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('on close runs what is delayed at once, and resolves when all has ended', async () => {
    const bench = new Bench({ delay: 60_000, max: 1 });
    bench.add('a', 'b');
    let closed = false;
    const closing = bench.runner.close(30_000).then(() => {
      closed = true;
    });
    await turns();
    expect(bench.started).toEqual(['a']);
    await bench.end('a');
    expect([bench.started, closed]).toEqual([['a', 'b'], false]);
    await bench.end('b');
    await closing;
    expect([bench.terminated, bench.abandoned]).toEqual([[], []]);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('on close ends what runs at the deadline and gives up the rest', async () => {
    const bench = new Bench();
    bench.add('a', 'b', 'c', 'd');
    await turns();
    const closing = bench.runner.close(30_000);
    await vi.advanceTimersByTimeAsync(29_999);
    expect([bench.terminated, bench.abandoned]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([bench.terminated, bench.abandoned]).toEqual([
      ['a', 'b'],
      ['c', 'd'],
    ]);
    await bench.end('a');
    await bench.end('b');
    await closing;
    expect(bench.started).toEqual(['a', 'b']);
  });

  test('on close gives what was delayed its own time', async () => {
    const bench = new Bench({ delay: 60_000, max: 1 });
    bench.add('a', 'b', 'c');
    await turns();
    const closing = bench.runner.close(30_000);
    await turns();
    await vi.advanceTimersByTimeAsync(61_999);
    expect([bench.terminated, bench.abandoned]).toEqual([[], []]);
    await vi.advanceTimersByTimeAsync(1);
    expect([bench.terminated, bench.abandoned]).toEqual([['a'], ['b', 'c']]);
    await bench.end('a');
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('closes at once when there is nothing to run', async () => {
    await new Bench().runner.close(30_000);
    expect(vi.getTimerCount()).toBe(0);
  });
});

describe('a command that follows another', () => {
  test('runs when that has ended and the delay has passed', async () => {
    const bench = new Bench({ delay: 1000 });
    bench.addPair('a');
    await turns();
    expect([bench.started, bench.holds]).toEqual([['a'], 1]);
    await vi.advanceTimersByTimeAsync(5000);
    expect([bench.started, bench.runner.delayed]).toEqual([['a'], 0]);
    await bench.end('a');
    expect([bench.runner.delayed, bench.holds]).toEqual([1, 0]);
    await vi.advanceTimersByTimeAsync(999);
    expect(bench.started).toEqual(['a']);
    await vi.advanceTimersByTimeAsync(1);
    await turns();
    expect(bench.started).toEqual(['a', '-a']);
    await bench.end('-a');
    expect([bench.runner.running, bench.runner.delayed, vi.getTimerCount()]).toEqual([0, 0, 0]);
  });

  test('runs at once without a delay, before all that came first', async () => {
    const bench = new Bench({ max: 1 });
    bench.addPair('a');
    bench.addPair('b');
    await turns();
    await bench.end('a');
    await bench.end('-a');
    expect(bench.started).toEqual(['a', '-a', 'b']);
  });

  test('runs also when that failed, but not when it was never started', async () => {
    const bench = new Bench();
    bench.addPair('a');
    bench.addPair('b');
    await turns();
    await bench.end('a', { ...success, code: undefined, signal: 'SIGKILL', timedOut: true });
    await bench.end('b', new Error('no such file'));
    expect(bench.started).toEqual(['a', 'b', '-a']);
    expect(bench.failed).toEqual(['no such file']);
  });

  test('runs early when there are too many, so that none is dropped', async () => {
    const bench = new Bench({ delay: 1000, queue: 2, max: 3 });
    for (const name of ['a', 'b', 'c']) bench.addPair(name);
    await turns();
    for (const name of ['a', 'b', 'c']) await bench.end(name);
    expect([bench.started, bench.runner.delayed]).toEqual([['a', 'b', 'c', '-a'], 2]);
  });

  test('runs at once on close, also behind one that had to be ended', async () => {
    const bench = new Bench({ delay: 60_000, max: 2 });
    for (const name of ['a', 'b', 'c']) bench.addPair(name);
    await turns();
    await bench.end('a');
    const closing = bench.runner.close(30_000);
    await turns();
    expect([bench.started, bench.runner.waiting]).toEqual([['a', 'b', 'c'], 1]);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(bench.terminated).toEqual(['b', 'c']);
    for (const name of ['b', 'c', '-a', '-b', '-c']) await bench.end(name);
    await closing;
    expect(bench.started).toEqual(['a', 'b', 'c', '-a', '-b', '-c']);
    expect([bench.abandoned, vi.getTimerCount()]).toEqual([[], 0]);
  });

  test('is tried again when it could not be started for a reason that will pass', async () => {
    const bench = new Bench({ max: 1 });
    const shortage = new Error('too many processes');
    bench.addPair('a');
    await turns();
    await bench.end('a');
    await bench.end('-a', shortage);
    expect([bench.started, bench.runner.delayed, bench.holds]).toEqual([['a', '-a'], 1, 1]);
    const closing = bench.runner.close(30_000);
    await vi.advanceTimersByTimeAsync(1000);
    await turns();
    await bench.end('-a');
    await closing;
    expect(bench.started).toEqual(['a', '-a', '-a']);
    expect([bench.abandoned, bench.holds, vi.getTimerCount()]).toEqual([[], 0, 0]);
  });

  test('is given up on close when it cannot be started to the last', async () => {
    const bench = new Bench({ max: 2 });
    const shortage = new Error('too many processes');
    bench.addPair('a');
    bench.addPair('b');
    await turns();
    await bench.end('a', shortage);
    await bench.end('b');
    expect(bench.started).toEqual(['a', 'b', '-b']);
    const closing = bench.runner.close(30_000);
    await vi.advanceTimersByTimeAsync(61_500);
    await bench.end('-b', shortage);
    expect(bench.abandoned).toEqual([]);
    await vi.advanceTimersByTimeAsync(500);
    expect(bench.abandoned).toEqual(['-b']);
    await closing;
    expect(vi.getTimerCount()).toBe(0);
  });

  test('goes with the one that it follows when that is given up', async () => {
    const bench = new Bench({ max: 1 });
    bench.addPair('a');
    bench.addPair('b');
    await turns();
    const closing = bench.runner.close(30_000);
    await vi.advanceTimersByTimeAsync(30_000);
    expect(bench.abandoned).toEqual(['b']);
    await bench.end('a');
    await bench.end('-a');
    await closing;
    expect(bench.started).toEqual(['a', '-a']);
  });
});
