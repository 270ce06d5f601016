import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { RefusalLog } from '../../../../../src/plugins/output/nftset/refusal-log.ts';
import { LoggedLines } from '../../fake-context.ts';

beforeEach(() => {
  vi.useFakeTimers({ now: 100_000 });
});
afterEach(() => {
  vi.useRealTimers();
});

const full = { errno: 23, kernelMessage: undefined, count: 1, elements: ['192.0.2.1'] };

test('names elements, at most once a second, and then how many there were besides', () => {
  const log = new LoggedLines();
  const refusals = new RefusalLog(log, 'add to inet t s');
  expect(refusals.isDue).toBe(true);
  refusals.report(full);
  expect(refusals.isDue).toBe(false);
  refusals.countUnnamed(3);
  refusals.countUnnamed(4);
  vi.advanceTimersByTime(1000);
  expect(refusals.isDue).toBe(true);
  refusals.report({ ...full, count: 5 });
  vi.advanceTimersByTime(1000);
  refusals.report({ ...full, errno: 22, kernelMessage: 'no way' });
  vi.advanceTimersByTime(1000);
  refusals.report({ ...full, errno: 1 });
  expect(log.lines).toEqual([
    'error: cannot add to inet t s: the set is full (ENFILE): 192.0.2.1',
    'error: cannot add to inet t s: the set is full (ENFILE): 192.0.2.1 and 4 more; 7 others before',
    'error: cannot add to inet t s: invalid argument (EINVAL): kernel says "no way": 192.0.2.1',
    'error: cannot add to inet t s: not permitted: the table may belong to a process, as its flag owner tells (EPERM): 192.0.2.1',
  ]);
});
