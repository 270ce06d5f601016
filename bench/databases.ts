/**
 * Rows a second that databases take, beside ulogd2: `npm run build && npx tsx bench/databases.ts [NAME…]`,
 * as root, with the servers of Debian's packages. Everything in one run on one machine: generator,
 * daemon and server share its processors.
 *
 * A rate is sustained when for {@link SECONDS} no packet is lost and none dropped, and no more than a
 * second's worth of rows waits at the end.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { type Daemon, startSpecter } from '../test/support/daemon.ts';
import { Namespace } from '../test/support/namespace.ts';
import { lastStatistics } from '../test/support/statistics.ts';
import { startUlogd } from '../test/support/ulogd.ts';
import { portOf, rules, specter, ulogd } from './contestant.ts';
import { type DatabaseCase, databaseCases } from './database-cases.ts';
import { generateLoad } from './load-generator.ts';
import { drained } from './netlink-queue.ts';
import { processUsage } from './process-usage.ts';

const SECONDS = 8;
const WARM_UP = 100_000;
const probe = fileURLToPath(new URL('./loop-delay-probe.mjs', import.meta.url));
const figures = `/tmp/specter-loop-delay.${process.pid}`;

/** What one daemon did at one rate. */
interface Outcome {
  readonly sustained: boolean;
  /** Rows in the table at the end. */
  readonly rows: number;
  /** Microseconds of the daemon, and of the server, for each row. */
  readonly cpu: number;
  readonly serverCpu: number;
  /** Longest that the receive loop was late, in ms. */
  readonly late?: number;
  readonly waiting: number;
}

async function compare(databaseCase: DatabaseCase): Promise<void> {
  await using database = await databaseCase.start();
  const run = async (rate: number, ofUlogd: boolean): Promise<Outcome> => {
    await using namespace = await Namespace.create();
    await namespace.nft(rules);
    await database.clear();
    return ofUlogd ? await runUlogd(namespace, rate) : await runSpecter(namespace, rate);
  };
  const runSpecter = async (namespace: Namespace, rate: number): Promise<Outcome> => {
    await using daemon = await startSpecter({
      namespace,
      env: { NODE_OPTIONS: `--import=${probe}`, LOOP_DELAY_FILE: figures },
      config: `global {\n  loglevel 5\n  rmem 32M\n}\n${specter.group} {\n  plugin BASE\n${database.specter}\n}\n`,
    });
    await send(namespace, portOf(specter), WARM_UP, rate / 2);
    await drained(namespace.pid, specter.group);
    daemon.signal('SIGWINCH');
    const before = { daemon: usage(daemon), server: database.cpu() };
    await send(namespace, portOf(specter), rate * SECONDS, rate);
    await drained(namespace.pid, specter.group);
    const seen = daemon.stderr.length;
    daemon.signal('SIGUSR2');
    const statistics = new RegExp(
      `(?<=^[^]{${seen},})block ${specter.group} ${databaseCase.plugin}: .*\n`,
    );
    await daemon.waitForLog(statistics);
    const { queued = 0 } = stage(daemon.stderr);
    const busy = usage(daemon) - before.daemon;
    const server = database.cpu() - before.server;
    const { stderr } = await daemon.stop();
    const { lost = 0 } = lastStatistics(stderr)[specter.group] ?? {};
    const { written = 0, dropped = 0 } = stage(stderr);
    const { max } = JSON.parse(readFileSync(figures, 'utf8'));
    return {
      sustained: lost === 0 && dropped === 0 && queued <= rate,
      rows: await database.count(),
      cpu: busy / (written - WARM_UP),
      serverCpu: server / (written - WARM_UP),
      late: max,
      waiting: queued,
    };
  };
  const stage = (log: string): Record<string, number> =>
    lastStatistics(log)[specter.group]?.stages[databaseCase.plugin] ?? {};
  const runUlogd = async (namespace: Namespace, rate: number): Promise<Outcome> => {
    const nflog = {
      netlink_socket_buffer_size: 4 << 20,
      netlink_socket_buffer_maxsize: (4 << 20) + 1,
    };
    await using daemon = await startUlogd({
      namespace,
      group: ulogd.group,
      stack: database.ulogd,
      nflog,
    });
    const before = { daemon: usage(daemon), server: database.cpu() };
    await send(namespace, portOf(ulogd), rate * SECONDS, rate);
    const rows = await database.count(true);
    const busy = usage(daemon) - before.daemon;
    const server = database.cpu() - before.server;
    await daemon.stop();
    const waiting = rate * SECONDS - rows;
    return {
      sustained: waiting <= rate,
      rows,
      cpu: busy / rows,
      serverCpu: server / rows,
      waiting,
    };
  };
  const best = async (rates: readonly number[], ofUlogd: boolean): Promise<number> => {
    let reached = 0;
    for (const rate of rates) {
      const { sustained, rows, cpu, serverCpu, late, waiting } = await run(rate, ofUlogd);
      const name = `${databaseCase.name.padEnd(10)} ${ofUlogd ? 'ulogd2 ' : 'specter'}`;
      const delay = late === undefined ? '' : `, loop late ${late.toFixed(0)} ms at most`;
      const verdict = sustained ? 'sustained' : `not sustained (${waiting} wait)`;
      console.log(
        `${name} ${String(rate).padStart(6)} rows/s: ${verdict}, ${rows} rows, CPU ${cpu.toFixed(1)} + server ${serverCpu.toFixed(1)} us a row${delay}`,
      );
      if (!sustained) break;
      reached = rate;
    }
    return reached;
  };
  const ours = await best(databaseCase.rates, false);
  const theirs = await best(databaseCase.ulogdRates, true);
  console.log(
    `${databaseCase.name}: ${ours} against ${theirs} rows/s, ${(ours / theirs).toFixed(1)}x`,
  );
}

const usage = (daemon: Daemon): number => processUsage(daemon.pid).cpu;

const send = (namespace: Namespace, port: number, packets: number, rate: number) =>
  generateLoad(namespace, { port, packets, rate });

for (const each of databaseCases) {
  const wanted = process.argv.slice(2);
  if (wanted.length === 0 || wanted.includes(each.name)) await compare(each);
}
