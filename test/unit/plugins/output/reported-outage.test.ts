import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { ReportedOutage } from '../../../../src/plugins/output/reported-outage.ts';
import { LoggedLines } from '../fake-context.ts';

let log: LoggedLines;
let outage: ReportedOutage;
beforeEach(() => {
  vi.useFakeTimers();
  log = new LoggedLines();
  outage = new ReportedOutage({ firstPause: 100, longestPause: 5000 }, log);
});
afterEach(() => {
  vi.useRealTimers();
});

describe('an outage that is reported', () => {
  test('is told when it begins, each minute, and when it is over', () => {
    for (let seconds = 0; seconds < 150; seconds++) {
      outage.failed(`failed after ${seconds} s`);
      vi.advanceTimersByTime(1000);
    }
    expect(outage.lasting).toBe(true);
    outage.succeeded('over');
    outage.succeeded('over');
    expect(outage.lasting).toBe(false);
    expect(log.lines).toEqual([
      'error: failed after 0 s',
      'error: failed after 60 s',
      'error: failed after 120 s',
      'notice: over',
    ]);
  });

  test('that comes and goes is told once a second', () => {
    for (let i = 0; i < 300; i++) {
      outage.failed('failed');
      outage.succeeded('over');
      vi.advanceTimersByTime(10);
    }
    expect(log.lines).toEqual(
      ['failed', 'failed', 'failed'].flatMap((line) => [`error: ${line}`, 'notice: over']),
    );
  });

  test('that follows another at once is told when there is time, if it lasts', () => {
    outage.failed('first');
    outage.succeeded('over');
    for (let i = 0; i < 20; i++) {
      outage.failed('second');
      vi.advanceTimersByTime(100);
    }
    outage.succeeded('over');
    expect(log.lines).toEqual(['error: first', 'notice: over', 'error: second', 'notice: over']);
  });

  test('has longer pauses each time, and short ones again afterwards', () => {
    const pauses = () => [outage.nextPause(), outage.nextPause(), outage.nextPause()];
    expect(pauses()).toEqual([100, 200, 400]);
    outage.failed('failed');
    outage.succeeded('over');
    expect(pauses()).toEqual([100, 200, 400]);
  });
});
