import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { onceAtWork } from '../../../../../src/plugins/output/queue/at-work.ts';
import { fakeHost } from '../../fake-context.ts';

const ourUid = process.geteuid?.() ?? 0;

beforeEach(() => {
  vi.useFakeTimers();
});
afterEach(() => {
  vi.useRealTimers();
});

describe('onceAtWork', () => {
  test('begins at once where the user does not change', () => {
    const begin = vi.fn();
    onceAtWork(fakeHost({ uid: ourUid }), begin);
    expect(begin).toHaveBeenCalledTimes(1);
    vi.advanceTimersByTime(1000);
    expect(begin).toHaveBeenCalledTimes(1);
  });

  test('waits until specter has become its user', () => {
    const begin = vi.fn();
    const host = { ...fakeHost(), uid: ourUid + 1 };
    onceAtWork(host, begin);
    vi.advanceTimersByTime(1000);
    expect(begin).not.toHaveBeenCalled();
    host.uid = ourUid;
    vi.advanceTimersByTime(10);
    expect(begin).toHaveBeenCalledTimes(1);
    expect(vi.getTimerCount()).toBe(0);
  });

  test('can be taken back', () => {
    const begin = vi.fn();
    const host = { ...fakeHost(), uid: ourUid + 1 };
    const cancel = onceAtWork(host, begin);
    cancel();
    host.uid = ourUid;
    vi.advanceTimersByTime(1000);
    expect([begin.mock.calls.length, vi.getTimerCount()]).toEqual([0, 0]);
  });
});
