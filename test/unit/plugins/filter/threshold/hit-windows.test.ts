import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  HitWindows,
  type HitWindowsOptions,
} from '../../../../../src/plugins/filter/threshold/hit-windows.ts';

function windows(options: Partial<HitWindowsOptions> = {}) {
  const clock = { now: 0 };
  const defaults = { threshold: 3, window: 100, capacity: 16, maxKeyLength: 1, clock };
  const hits = new HitWindows({ ...defaults, ...options });
  const hit = (key: number, now: number) => {
    clock.now = now;
    return hits.hit(Uint8Array.of(key), 1);
  };
  /** For each of these times whether a hit of key 1 reached the threshold. */
  const at = (...times: number[]) => times.map((now) => hit(1, now));
  return { hits, hit, at };
}

describe('HitWindows', () => {
  it('is reached by the last of the hits, and then begins anew', () => {
    expect(windows().at(0, 1, 2, 3, 4, 5)).toEqual([false, false, true, false, false, true]);
  });

  it('takes hits that lie the whole window apart, and not a millisecond more', () => {
    expect(windows().at(0, 50, 100)).toEqual([false, false, true]);
    expect(windows().at(0, 50, 101)).toEqual([false, false, false]);
  });

  it('slides: any span of the window counts', () => {
    expect(windows().at(0, 90, 180, 190)).toEqual([false, false, false, true]);
  });

  it('is reached by every hit when one is enough, and remembers none', () => {
    const { hits, at } = windows({ threshold: 1 });
    expect(at(0, 0, 1)).toEqual([true, true, true]);
    expect(hits.size).toBe(0);
  });

  it('forgets the key that was hit least recently when there are too many', () => {
    const { hits, hit } = windows({ capacity: 2, threshold: 2 });
    expect([hit(1, 0), hit(2, 0), hit(3, 0)]).toEqual([false, false, false]);
    expect([hits.size, hits.evictions]).toEqual([2, 1]);
    expect([hit(2, 0), hit(1, 0), hit(3, 0)]).toEqual([true, false, true]);
  });

  it('makes room by keys whose hits have expired, before others are lost', () => {
    const { hits, hit } = windows({ capacity: 3, threshold: 2 });
    for (const [key, now] of [
      [1, 0],
      [2, 10],
      [3, 60],
    ] as const)
      hit(key, now);
    hit(4, 111);
    expect([hits.size, hits.evictions]).toEqual([2, 0]);
    expect(hit(3, 160)).toBe(true);
  });

  it('forgets everything when told to', () => {
    const { hits, at } = windows();
    at(0, 1);
    hits.clear();
    expect(hits.size).toBe(0);
    expect(at(2, 3, 4)).toEqual([false, false, true]);
  });

  it('agrees with a list of all hits', () => {
    const options = fc.record({
      threshold: fc.integer({ min: 1, max: 5 }),
      window: fc.integer({ min: 1, max: 20 }),
    });
    const hits = fc.array(fc.tuple(fc.nat(2), fc.nat(9)), { maxLength: 100 });
    fc.assert(
      fc.property(options, hits, ({ threshold, window }, list) => {
        const { hit } = windows({ threshold, window, capacity: 3 });
        const model = new Map<number, number[]>();
        let now = 0;
        for (const [key, passed] of list) {
          now += passed;
          const times = [...(model.get(key) ?? []), now].filter((time) => now - time <= window);
          const reached = times.length === threshold;
          model.set(key, reached ? [] : times);
          expect(hit(key, now)).toBe(reached);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
