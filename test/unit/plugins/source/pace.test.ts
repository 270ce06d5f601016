import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Pace } from '../../../../src/plugins/source/nflog/pace.ts';

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Lets a receive of `datagrams` take this long. */
function receive(pace: Pace, datagrams: number, ms: number): void {
  vi.advanceTimersByTime(ms);
  pace.received(datagrams);
}

test('begins with one datagram, and takes more at once as long as that is quick', () => {
  const pace = new Pace();
  const limits = [pace.limit];
  pace.beginTurn();
  for (let i = 0; i < 7; i++) {
    receive(pace, pace.limit, 1);
    limits.push(pace.limit);
  }
  expect(limits).toEqual([1, 2, 4, 8, 16, 32, 64, 64]);
});

test('takes less when it was slow, and at least one', () => {
  const pace = new Pace();
  pace.limit = 8;
  pace.beginTurn();
  const limits = Array.from({ length: 5 }, () => {
    receive(pace, pace.limit, 3);
    return pace.limit;
  });
  expect(limits).toEqual([4, 2, 1, 1, 1]);
});

test('learns nothing from a queue that ran empty', () => {
  const pace = new Pace();
  pace.limit = 8;
  pace.beginTurn();
  receive(pace, 3, 1);
  expect(pace.limit).toBe(8);
});

test('ends a turn after five milliseconds, whatever came before it', () => {
  const pace = new Pace();
  vi.advanceTimersByTime(1000);
  pace.beginTurn();
  receive(pace, 8, 3);
  receive(pace, 8, 2);
  expect(pace.isTurnOver).toBe(false);
  receive(pace, 8, 1);
  expect(pace.isTurnOver).toBe(true);
  pace.beginTurn();
  expect(pace.isTurnOver).toBe(false);
});
