import { setTimeout as sleep } from 'node:timers/promises';
import type { Namespace } from '../test/support/namespace.ts';
import type { Case } from './cases.ts';
import type { Contestant } from './contestant.ts';
import { type LossFreeRate, lossFreeRate } from './loss-free-rate.ts';
import { exactCpu } from './process-usage.ts';
import { runOnce, type Traffic, timedStart } from './run-once.ts';

/** How long and how exact a benchmark is. */
export interface Effort {
  /** How often both daemons take their turn: A B A B … */
  readonly pairs: number;
  /** Packets of the run at a fixed rate. */
  readonly packets: number;
  /** That rate, packets a second: one that both daemons hold. */
  readonly rate: number;
  /** Long against what a socket buffer holds, which would pass for a rate that was held. */
  readonly probeSeconds: number;
  readonly precision: number;
  readonly idleSeconds: number;
  /** Whether to compare resident memory after 1 and after 10 million packets. */
  readonly long: boolean;
  /** Generator processes. */
  readonly processes: number;
}

/** One daemon's figures in one turn. */
export interface Measurement {
  readonly cpuPerPacket: number;
  /** Packets lost at the fixed rate; not 0 means that its other figures cannot be compared. */
  readonly lost: number;
  readonly rss: number;
  readonly startup: number;
  /** Part of one core used without traffic, in percent; `undefined` where the kernel cannot tell. */
  readonly idle: number | undefined;
  readonly lossFree: LossFreeRate;
  readonly growth: Growth | undefined;
}

/** Resident bytes after a number of packets. */
export interface Growth {
  readonly after1M: number;
  readonly after10M: number;
}

export async function measure(
  namespace: Namespace,
  contestant: Contestant,
  testCase: Case,
  effort: Effort,
): Promise<Measurement> {
  const { packets, rate, probeSeconds: seconds, precision, processes } = effort;
  const run = (load: Traffic) => runOnce(namespace, contestant, testCase, { ...load, processes });
  const fixed = await run({ packets, rate, warmUp: WARM_UP });
  return {
    cpuPerPacket: fixed.cpuPerPacket,
    lost: fixed.offered - fixed.written,
    rss: fixed.rss,
    startup: fixed.startup,
    idle: await idlePercent(namespace, contestant, testCase, effort.idleSeconds),
    lossFree: await lossFreeRate((load) => run({ ...load, warmUp: WARM_UP }), {
      from: 100_000,
      seconds,
      precision,
    }),
    growth: effort.long
      ? {
          after1M: (await run({ packets: 1e6, rate: 100_000 })).rss,
          after10M: (await run({ packets: 1e7, rate: 100_000 })).rss,
        }
      : undefined,
  };
}

/** Packets before a measurement, for both daemons: they run for months, not for seconds. */
const WARM_UP = 150_000;
/** V8 collects the garbage of start-up once, some eight seconds after it: that is not idling. */
const SETTLING_MS = 12_000;

async function idlePercent(
  namespace: Namespace,
  contestant: Contestant,
  testCase: Case,
  seconds: number,
): Promise<number | undefined> {
  const { daemon } = await timedStart(namespace, contestant, testCase);
  await using _ = daemon;
  await sleep(SETTLING_MS);
  const before = exactCpu(daemon.pid);
  await sleep(seconds * 1000);
  const after = exactCpu(daemon.pid);
  if (before === undefined || after === undefined) return undefined;
  return (after - before) / (seconds * 1e4);
}
