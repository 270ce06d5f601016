import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Bench, command, turn, turns } from './runner-bench.ts';

// The turns of the event loop are real ones, only time is not.
beforeEach(() => vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] }));
afterEach(() => vi.useRealTimers());

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
