import { existsSync } from 'node:fs';
import { expect, test } from 'vitest';
import { exactCpu, processUsage } from '../../../bench/process-usage.ts';

/** Keeps this process busy for so many microseconds of CPU time, by its own account. */
function burn(microseconds: number): void {
  const start = process.cpuUsage();
  for (;;) {
    const { user, system } = process.cpuUsage(start);
    if (user + system >= microseconds) return;
  }
}

test('CPU time of all threads, to the clock tick', () => {
  const before = processUsage(process.pid).cpu;
  burn(100_000);
  expect(processUsage(process.pid).cpu - before).toBeGreaterThanOrEqual(80_000);
});

test.skipIf(!existsSync('/proc/self/schedstat'))('CPU time between two clock ticks', () => {
  const before = exactCpu(process.pid) ?? Number.NaN;
  burn(3000);
  expect((exactCpu(process.pid) ?? Number.NaN) - before).toBeGreaterThanOrEqual(2000);
});

test('resident memory is the one that Node reports', () => {
  const { rss } = processUsage(process.pid);
  expect(rss / process.memoryUsage.rss()).toBeCloseTo(1, 1);
});
