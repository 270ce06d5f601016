import { describe, expect, it } from 'vitest';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { key } from '../../../src/records/key.ts';
import { RowClock } from '../../../src/records/row-clock.ts';

const sec = key('oob.time.sec', 'u32', '');
const usec = key('oob.time.usec', 'u32', '');

/** Milliseconds between the first of these times, in microseconds, and each of them. */
function elapsed(...times: (number | undefined)[]): number[] {
  const columns = new ColumnSet(times.length, [sec, usec]);
  for (const [row, time] of times.entries()) {
    if (time === undefined) continue;
    columns.numbers(sec).set(row, 1_700_000_000 + Math.floor(time / 1e6));
    columns.numbers(usec).set(row, time % 1e6);
  }
  const clock = new RowClock(columns);
  const readings = times.map((_, row) => reading(clock, row));
  return readings.map((time) => time - (readings[0] ?? 0));
}

function reading(clock: RowClock, row: number): number {
  clock.show(row);
  return clock.now;
}

describe('RowClock', () => {
  it('counts whole milliseconds', () => {
    expect(elapsed(0, 999, 1000, 1_999_999, 60_000_000)).toEqual([0, 0, 1, 1999, 60_000]);
  });

  it('takes rows that were overtaken as simultaneous with what overtook them', () => {
    expect(elapsed(0, 500_000, 400_000, 500_000, 600_000)).toEqual([0, 500, 500, 500, 600]);
  });

  it('stands still for ten seconds at most', () => {
    expect(elapsed(20e6, 10e6, 11e6)).toEqual([0, 0, 0]);
    expect(elapsed(20e6, 9.999e6, 11e6)).toEqual([0, 0, 1001]);
  });

  it('goes on from where it was when the clock of the machine is set back', () => {
    expect(elapsed(3_600_000_000, 3_601_000_000, 5_000_000, 5_250_000, 6_000_000)).toEqual([
      0, 1000, 1000, 1250, 2000,
    ]);
  });

  it('stands still for rows without a time', () => {
    expect(elapsed(0, 5000, undefined, 7000)).toEqual([0, 5, 5, 7]);
  });

  it('counts seconds where there are no microseconds', () => {
    const columns = new ColumnSet(2, [sec]);
    columns.numbers(sec).set(0, 10);
    columns.numbers(sec).set(1, 12);
    const clock = new RowClock(columns);
    const first = reading(clock, 0);
    expect(reading(clock, 1) - first).toBe(2000);
  });
});
