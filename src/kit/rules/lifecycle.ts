import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { Misbehaviour } from '../misbehaviour.ts';
import { type Rule, unless } from '../rule.ts';
import { mixedRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';
import { unaccounted } from './accounting.ts';

const ROWS = 8;

export const reopens: Rule = {
  name: 'reopen',
  demand: 'is reopened at any time, moved files or not, and loses nothing by it',
  advice: 'open the new file before you let go of the old one; rows under way go to either',
  kinds: ['filter', 'output'],
  async check(subject) {
    await using trial = new Trial(subject);
    trial.reopen();
    trial.hand(mixedRows(trial.foreign, ROWS, 1));
    moveFiles(trial.host.folder);
    trial.reopen();
    trial.hand(mixedRows(trial.foreign, ROWS, 2));
    trial.reopen();
    trial.reopen();
    trial.hand(mixedRows(trial.foreign, ROWS, 3));
    await trial.close();
    const { failures } = trial;
    return [
      ...failures.map(({ message }) => `it reported to context.fail: ${message}`),
      ...unaccounted(trial),
    ];
  },
};

/** What logrotate does before it sends SIGHUP. */
function moveFiles(folder: string): void {
  const entries = readdirSync(folder, { recursive: true, withFileTypes: true });
  for (const entry of entries.filter((each) => each.isFile())) {
    const path = join(entry.parentPath, entry.name);
    renameSync(path, `${path}.1`);
  }
}

export const closesTwice: Rule = {
  name: 'close-twice',
  demand: 'does no more when it is closed again, and its counters stay as they are',
  advice: 'remember the promise of the first `close` and return it again',
  async check(subject) {
    await using trial = new Trial(subject);
    trial.hand(mixedRows(trial.foreign, ROWS));
    await trial.close();
    const before = JSON.stringify(trial.effects());
    await trial.close();
    await setImmediate();
    const after = JSON.stringify(trial.effects());
    return [
      ...unaccounted(trial),
      ...unless(before === after, 'the second close wrote, logged or counted something'),
    ];
  },
};

export const endsHolds: Rule = {
  name: 'holds',
  demand:
    'keeps its block waiting only where `holds` says so, and no longer than until it is closed',
  advice: 'declare `holds(options)`; call the function that `hold()` returned in every case',
  kinds: ['output'],
  async check(subject) {
    const { plugin, values } = subject;
    const mayHold = plugin.kind === 'output' && plugin.holds?.(values) === true;
    await using trial = new Trial(subject);
    trial.hand(mixedRows(trial.foreign, mayHold ? 1 : ROWS));
    const held = trial.holds;
    await trial.close();
    return [
      ...unless(held === 0 || mayHold, 'it called hold() and does not declare `holds`'),
      ...unless(trial.holds === 0, `closed, it leaves ${trial.holds} holds behind`),
    ];
  },
};

const LIVES = 8;
/** More of something than what else goes on in the process explains. */
const MANY_MORE = 5;

export const givesBack: Rule = {
  name: 'gives-back',
  demand: 'gives back all files, timers, sockets and processes when it is closed',
  advice: 'clear every timer and close every file and socket in `close`',
  async check(subject) {
    // What is made once for the whole process is no leak.
    await liveOnce(subject);
    const before = await resources();
    for (let life = 0; life < LIVES; life++) await liveOnce(subject);
    const after = await resources();
    return [...after].flatMap(([name, count]) => {
      const more = count - (before.get(name) ?? 0);
      return unless(more < MANY_MORE, `after ${LIVES} lives there are ${more} more of ${name}`);
    });
  },
};

async function liveOnce(subject: Subject): Promise<void> {
  await using trial = new Trial(subject);
  trial.hand(mixedRows(trial.foreign, 2));
  await trial.close();
}

/** Open files, and what keeps the process alive, by the names that Node has for it. */
async function resources(): Promise<ReadonlyMap<string, number>> {
  // What was closed in this turn of the event loop is gone in the next.
  for (let turn = 0; turn < 3; turn++) await setImmediate();
  const counts = new Map<string, number>();
  counts.set('open files', readdirSync('/proc/self/fd').length);
  for (const name of process.getActiveResourcesInfo()) {
    counts.set(name, (counts.get(name) ?? 0) + 1);
  }
  return counts;
}

export const refusedFile: Rule = {
  name: 'refused-file',
  demand: 'says so at once when it may not open its file',
  advice: 'let the error of `host.openAppend` out of `open`: specter then does not start',
  kinds: ['output', 'filter'],
  async check(subject) {
    let trial: Trial;
    try {
      trial = new Trial(subject, { sink: 'refused' });
    } catch (error) {
      if (!(error instanceof Misbehaviour)) throw error;
      return unless(
        error.message.includes('EACCES'),
        `the error does not tell why: ${error.message}`,
      );
    }
    await using opened = trial;
    return unless(opened.host.asked === 0, 'it was opened although its file could not be');
  },
};
