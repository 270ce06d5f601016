import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Logger } from '../../../src/daemon/log.ts';
import { pluginLog } from '../../../src/daemon/plugin-log.ts';
import { RateLimiter } from '../../../src/daemon/rate-limit.ts';

let lines: string[];
let limiter: RateLimiter;
let logger: Logger;

beforeEach(() => {
  vi.useFakeTimers();
  lines = [];
  limiter = new RateLimiter();
  const write = (level: string) => (message: string) => lines.push(`${level}: ${message}`);
  logger = {
    debug: write('debug'),
    info: write('info'),
    notice: write('notice'),
    error: write('error'),
    fatal: write('fatal'),
  };
});
afterEach(() => {
  limiter.close();
  vi.useRealTimers();
});

describe('pluginLog', () => {
  test('passes messages on at their level', () => {
    const log = pluginLog(logger, limiter);
    log.debug('a');
    log.info('b');
    log.notice('c');
    log.error('d');
    expect(lines).toEqual(['debug: a', 'info: b', 'notice: c', 'error: d']);
  });

  test('tells of a counted event at once, then the sum once a second', () => {
    const log = pluginLog(logger, limiter);
    for (let i = 0; i < 5; i++) log.counted('lost', 10);
    log.counted('other', 1);
    expect(lines).toEqual(['error: lost: 10 (total 10)', 'error: other: 1 (total 1)']);
    vi.advanceTimersByTime(1000);
    expect(lines.slice(2)).toEqual(['error: lost: 40 (total 50)']);
    vi.advanceTimersByTime(10_000);
    expect(lines.length).toBe(3);
    log.counted('lost', 1);
    expect(lines.slice(3)).toEqual(['error: lost: 1 (total 51)']);
  });

  test('leaves nothing untold when the daemon ends', () => {
    const log = pluginLog(logger, limiter);
    log.counted('lost', 1);
    log.counted('lost', 2);
    limiter.close();
    expect(lines).toEqual(['error: lost: 1 (total 1)', 'error: lost: 2 (total 3)']);
  });

  test('keeps counting apart what different plugins count', () => {
    pluginLog(logger, limiter).counted('lost', 1);
    pluginLog(logger, limiter).counted('lost', 1);
    expect(lines).toEqual(['error: lost: 1 (total 1)', 'error: lost: 1 (total 1)']);
  });

  test('bounds what a plugin costs that puts data into its events', () => {
    const log = pluginLog(logger, limiter);
    for (let i = 0; i < 1000; i++) log.counted(`from port ${i}`, 1);
    expect(vi.getTimerCount()).toBe(65);
    vi.advanceTimersByTime(1000);
    expect(lines.at(-1)).toBe('error: events of further kinds: 935 (total 936)');
    const told = lines.map((line) => Number(/: (\d+) \(/.exec(line)?.[1]));
    expect(told.reduce((sum, count) => sum + count, 0)).toBe(1000);
  });
});
