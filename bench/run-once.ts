import type { Daemon } from '../test/support/daemon.ts';
import type { Namespace } from '../test/support/namespace.ts';
import type { Case } from './cases.ts';
import { type Contestant, counterOf, portOf } from './contestant.ts';
import { generateLoad } from './load-generator.ts';
import { drained } from './netlink-queue.ts';
import { exactCpu, processUsage } from './process-usage.ts';

/** The load of one run. */
export interface Traffic {
  readonly packets: number;
  /** Packets a second; without it as fast as the generator can. */
  readonly rate?: number;
  readonly processes?: number;
  /**
   * Packets sent before, at {@link warmUpRate} at most, whose CPU time is left out: a daemon runs for
   * months, the compilation of its hot loop is part of no packet. Default 0.
   */
  readonly warmUp?: number;
}

/** Packets a second that no daemon has trouble with before it has warmed up. */
const warmUpRate = 50_000;

/** What one daemon did with one load. */
export interface RunResult {
  /** Packets that the kernel was asked to log. */
  readonly offered: number;
  /** Records in the output file after the daemon's orderly end. */
  readonly written: number;
  /** Packets a second that the generator reached. */
  readonly rate: number;
  /** Microseconds of user and system time for each packet after the warm-up. */
  readonly cpuPerPacket: number;
  /** Resident bytes after the last packet. */
  readonly rss: number;
  /** Milliseconds from the start of the process to its readiness. */
  readonly startup: number;
}

/** Starts a daemon, offers it a load, waits until it has received all, ends it and counts. */
export async function runOnce(
  namespace: Namespace,
  contestant: Contestant,
  testCase: Case,
  traffic: Traffic,
): Promise<RunResult> {
  const { daemon, startup } = await timedStart(namespace, contestant, testCase);
  await using _ = daemon;
  const send = async (load: Traffic) => {
    const { rate } = await generateLoad(namespace, { ...load, port: portOf(contestant) });
    await drained(namespace.pid, contestant.group);
    return rate;
  };
  const offeredBefore = await offeredTo(namespace, contestant);
  const { warmUp = 0, rate: asked = Infinity } = traffic;
  if (warmUp > 0) await send({ packets: warmUp, rate: Math.min(asked, warmUpRate) });
  const before = cpuTime(daemon.pid);
  const rate = await send(traffic);
  const cpu = cpuTime(daemon.pid) - before;
  const { rss } = processUsage(daemon.pid);
  await daemon.stop();
  return {
    offered: (await offeredTo(namespace, contestant)) - offeredBefore,
    written: await testCase.count(daemon.folder.join(contestant.file)),
    rate,
    cpuPerPacket: cpu / traffic.packets,
    rss,
    startup,
  };
}

/** Microseconds that it has run. No thread of either daemon ends before the daemon does. */
const cpuTime = (pid: number): number => exactCpu(pid) ?? processUsage(pid).cpu;

/** Starts a daemon and tells how many milliseconds it took to be ready. */
export async function timedStart(
  namespace: Namespace,
  contestant: Contestant,
  testCase: Case,
): Promise<{ daemon: Daemon; startup: number }> {
  const started = performance.now();
  const daemon = await contestant.start(namespace, testCase);
  return { daemon, startup: performance.now() - started };
}

async function offeredTo(namespace: Namespace, contestant: Contestant): Promise<number> {
  const list = ['-j', 'list', 'counter', 'inet', 'bench', counterOf(contestant)];
  const { nftables } = JSON.parse(await namespace.exec('nft', ...list));
  for (const { counter } of nftables) if (counter) return Number(counter.packets);
  throw new Error(`nft lists no counter ${counterOf(contestant)}`);
}
