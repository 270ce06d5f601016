import type { RunResult, Traffic } from './run-once.ts';

export interface SearchOptions {
  /** Where the search starts, packets a second. */
  readonly from: number;
  /** Seconds that each probe sends for. */
  readonly seconds: number;
  /** Ends when the lowest lossy rate is within this factor of the highest loss-free one. */
  readonly precision: number;
}

export interface LossFreeRate {
  /** Highest rate, in packets a second, at which every packet was written. */
  readonly rate: number;
  /** True when the generator could send no faster: the daemon may be capable of more. */
  readonly generatorBound: boolean;
}

/**
 * The highest rate that a daemon keeps up with, by doubling and then halving the interval on a
 * logarithmic scale.
 * @param probe runs the daemon under a load
 */
export async function lossFreeRate(
  probe: (traffic: Required<Pick<Traffic, 'packets' | 'rate'>>) => Promise<RunResult>,
  { from, seconds, precision }: SearchOptions,
): Promise<LossFreeRate> {
  let held = 0;
  let lost = Infinity;
  let next = from;
  let stalls = 0;
  const attempt = () => probe({ rate: next, packets: Math.round(next * seconds) });
  while (lost > held * precision) {
    let result = await attempt();
    // Once may be chance: somebody else had the daemon's core for longer than its buffer lasts.
    if (result.written < result.offered) result = await attempt();
    if (result.written === result.offered) {
      const stalled = result.rate < next * 0.95 && result.rate < held * precision;
      held = Math.max(held, result.rate);
      stalls = stalled ? stalls + 1 : 0;
      // Once may be chance: another process had the generator's core.
      if (stalls === 1) continue;
      if (stalls === 2) return { rate: held, generatorBound: true };
    } else {
      lost = Math.min(lost, result.rate);
      stalls = 0;
      if (next < minimumRate) return { rate: 0, generatorBound: false };
    }
    next = nextRate(held, lost);
  }
  return { rate: held, generatorBound: false };
}

/** A daemon that loses at this rate is broken, not slow. */
const minimumRate = 1000;

function nextRate(held: number, lost: number): number {
  if (lost === Infinity) return held * 2;
  if (held === 0) return lost / 2;
  return Math.sqrt(held * lost);
}
