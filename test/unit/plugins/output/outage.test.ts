import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { Outage } from '../../../../src/plugins/output/outage.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 1_700_000_000_000 });
});
afterEach(() => {
  vi.restoreAllMocks();
  vi.useRealTimers();
});

const pauses = (outage: Outage, count: number): number[] =>
  Array.from({ length: count }, () => outage.nextPause());

describe('Outage', () => {
  test('has pauses that double, up to the longest, and begin anew after a success', () => {
    const outage = new Outage({ firstPause: 100, longestPause: 30_000 });
    const sequence = [100, 200, 400, 800, 1600, 3200, 6400, 12_800, 25_600, 30_000, 30_000];
    expect(pauses(outage, 11)).toEqual(sequence);
    outage.succeeded();
    expect(pauses(outage, 2)).toEqual([100, 200]);
    expect(pauses(new Outage(), 6)).toEqual([50, 100, 200, 400, 800, 1000]);
  });

  test('leaves a part of each pause to chance', () => {
    const random = vi.spyOn(Math, 'random');
    const outage = new Outage({ firstPause: 100, longestPause: 400, jitter: 0.5 });
    for (const [chance, pause] of [
      [0, 100],
      [0.5, 150],
      [0.9999, 200],
      [0.2, 360],
    ] as const) {
      random.mockReturnValue(chance);
      expect(outage.nextPause()).toBe(pause);
    }
  });

  test('knows when it began and says once when it is too long', () => {
    const outage = new Outage({ firstPause: 1, longestPause: 1, tooLong: 500 });
    expect([outage.lasting, outage.duration]).toEqual([false, 0]);
    expect(outage.failed()).toBe('begun');
    vi.advanceTimersByTime(499);
    expect([outage.failed(), outage.duration]).toEqual(['goes on', 499]);
    vi.advanceTimersByTime(1);
    expect([outage.failed(), outage.failed()]).toEqual(['too long', 'goes on']);
    expect([outage.succeeded(), outage.succeeded(), outage.duration]).toEqual([true, false, 0]);
    expect(outage.failed()).toBe('begun');
  });

  test('is never too long where nothing says so', () => {
    const outage = new Outage({ firstPause: 1, longestPause: 1 });
    outage.failed();
    vi.advanceTimersByTime(1e9);
    expect(outage.failed()).toBe('goes on');
  });
});
