import { setImmediate } from 'node:timers/promises';
import { Misbehaviour } from '../misbehaviour.ts';
import { type Rule, unless } from '../rule.ts';
import { heavyRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';
import type { Sink } from '../trial-host.ts';
import { unaccounted } from './accounting.ts';

/** Rows of a batch, as in the daemon. */
const BATCH = 1024;
/** Batches that no bounded memory takes: 128 MiB and more. */
const MANY = 128;
/** Batches after which what waits will not become more. */
const STEADY = 24;
/** Milliseconds of one batch that stop the receiving of packets for too long. */
const TOO_LONG = 5000;

/** Hands over rows until what waits becomes no more, or there have been very many. */
async function flood(subject: Subject, sink: Sink): Promise<readonly string[]> {
  let trial: Trial;
  try {
    trial = new Trial(subject, { sink, capacity: BATCH });
  } catch (error) {
    // Refusing such a file at the start is as good.
    if (error instanceof Misbehaviour) return [];
    throw error;
  }
  await using opened = trial;
  return [...(await handMany(opened, sink)), ...(await closeFull(opened))];
}

async function handMany(trial: Trial, sink: Sink): Promise<readonly string[]> {
  const rows = heavyRows(trial.foreign, trial.batch.capacity);
  let most = 0;
  let steady = 0;
  for (let batch = 0; batch < MANY; batch++) {
    const start = performance.now();
    trial.handBatch(rows);
    const time = performance.now() - start;
    if (time > TOO_LONG) return [`write took ${Math.round(time)} ms for ${rows.length} rows`];
    // Timers and answers of the disk have their turn now and then, as between datagrams; but for a disk
    // that works, which would keep up.
    if (sink !== 'file' && batch % 16 === 0) await setImmediate();
    // It writes to no file of the host's, so that this file tells nothing.
    if (sink !== 'file' && trial.host.asked === 0) return [];
    const { written = 0, dropped = 0 } = trial.counters ?? {};
    const waiting = trial.handed - written - dropped;
    steady = waiting > most ? 0 : steady + 1;
    most = Math.max(most, waiting);
    if (steady === STEADY) return [];
  }
  if (sink === 'file') return [];
  return [`${most} rows wait, and it takes in more`];
}

async function closeFull(trial: Trial): Promise<readonly string[]> {
  await trial.close();
  const { dropped = 0 } = trial.counters ?? {};
  return [
    ...unaccounted(trial),
    ...unless(dropped === 0 || trial.log.lines.length > 0, `${dropped} rows dropped in silence`),
  ];
}

const advice =
  'bound what waits; beyond the bound count rows as dropped, and tell with `log.counted`';

export const fullDisk: Rule = {
  name: 'full-disk',
  demand: 'neither throws, blocks nor grows without bound while the disk is full, and then ends',
  advice,
  kinds: ['output'],
  check: (subject) => flood(subject, 'full'),
};

export const stuckReader: Rule = {
  name: 'stuck-reader',
  demand: 'neither throws, blocks nor grows without bound while nobody reads what it writes',
  advice,
  kinds: ['output'],
  check: (subject) => flood(subject, 'stuck'),
};

export const fullMemory: Rule = {
  name: 'full-memory',
  demand: 'writes or counts every row when it is closed with more to write than it has memory for',
  advice: 'in `close`, also what could not be queued for want of room has to be written or dropped',
  kinds: ['output'],
  check: (subject) => flood(subject, 'file'),
};
