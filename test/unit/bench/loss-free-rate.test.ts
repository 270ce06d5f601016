import { describe, expect, test } from 'vitest';
import { lossFreeRate } from '../../../bench/loss-free-rate.ts';
import type { RunResult } from '../../../bench/run-once.ts';

interface Load {
  readonly packets: number;
  readonly rate: number;
}

/** A daemon that loses above `capacity`, under a generator that cannot exceed `limit`. */
function simulate(capacity: number, limit = Infinity) {
  const rates: number[] = [];
  const probe = async ({ packets, rate }: Load): Promise<RunResult> => {
    rates.push(rate);
    const reached = Math.min(rate, limit);
    const written = reached > capacity ? packets - 1 : packets;
    return { offered: packets, written, rate: reached, cpuPerPacket: 1, rss: 1, startup: 1 };
  };
  return { probe, rates };
}

const options = { from: 100_000, seconds: 2, precision: 1.05 };

describe('lossFreeRate', () => {
  test.each([37_000, 99_999, 165_000, 480_000])('finds a capacity of %i/s', async (capacity) => {
    const { probe } = simulate(capacity);
    const { rate, generatorBound } = await lossFreeRate(probe, options);
    expect(generatorBound).toBe(false);
    expect(rate).toBeLessThanOrEqual(capacity);
    expect(rate * options.precision).toBeGreaterThanOrEqual(capacity);
  });

  test('a single packet lost twice counts as loss', async () => {
    const { probe, rates } = simulate(150_000);
    await lossFreeRate(probe, options);
    expect(rates.slice(0, 4)).toEqual([100_000, 200_000, 200_000, Math.sqrt(2e10)]);
  });

  test('says when the generator is the limit, after a second try', async () => {
    const { probe, rates } = simulate(Infinity, 300_000);
    expect(await lossFreeRate(probe, options)).toEqual({ rate: 300_000, generatorBound: true });
    expect(rates).toEqual([100_000, 200_000, 400_000, 600_000, 600_000]);
  });

  test('gives up on a daemon that loses at every rate', async () => {
    const { probe } = simulate(0);
    expect(await lossFreeRate(probe, options)).toEqual({ rate: 0, generatorBound: false });
  });
});
