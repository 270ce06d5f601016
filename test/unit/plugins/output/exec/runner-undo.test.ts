import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Bench, success, turns } from './runner-bench.ts';

// The turns of the event loop are real ones, only time is not.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

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
