import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RateLimiter } from '../../../src/daemon/rate-limit.ts';

let lines: string[];
let limiter: RateLimiter;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  limiter = new RateLimiter();
});

afterEach(() => vi.useRealTimers());

const counter = (name: string) =>
  limiter.counter((count, total) => lines.push(`${name} lost ${count} (total ${total})`));

test('the first event is told at once, the others of its second in one line', () => {
  const lost = counter('a');
  lost.add(5);
  expect(lines).toEqual(['a lost 5 (total 5)']);
  lost.add(1234);
  lost.add();
  vi.advanceTimersByTime(999);
  expect(lines).toHaveLength(1);
  vi.advanceTimersByTime(1);
  expect(lines).toEqual(['a lost 5 (total 5)', 'a lost 1235 (total 1240)']);
  expect(lost.total).toBe(1240);
});

test('never two lines within a second, under a constant flow', () => {
  const lost = counter('a');
  for (let time = 0; time < 10_000; time += 10) {
    lost.add(1);
    vi.advanceTimersByTime(10);
  }
  expect(lines).toHaveLength(11);
  expect(lines.at(-1)).toBe('a lost 100 (total 1000)');
});

test('a quiet second ends the interval: no timer runs, and the next event is told at once', () => {
  const lost = counter('a');
  lost.add();
  vi.advanceTimersByTime(1000);
  expect(vi.getTimerCount()).toBe(0);
  lost.add(2);
  expect(lines).toEqual(['a lost 1 (total 1)', 'a lost 2 (total 3)']);
});

test('each counter has its own second', () => {
  counter('a').add();
  counter('b').add();
  expect(lines).toEqual(['a lost 1 (total 1)', 'b lost 1 (total 1)']);
});

test('close tells the rest of every counter and leaves no timer', () => {
  const [a, b] = [counter('a'), counter('b')];
  a.add();
  a.add(7);
  b.add();
  limiter.close();
  expect(lines).toEqual(['a lost 1 (total 1)', 'b lost 1 (total 1)', 'a lost 7 (total 8)']);
  expect(vi.getTimerCount()).toBe(0);
});

test('nothing counted, nothing told', () => {
  counter('a').add(0);
  limiter.close();
  expect(lines).toEqual([]);
});
