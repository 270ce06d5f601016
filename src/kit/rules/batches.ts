import { Random } from '../random.ts';
import type { Rule } from '../rule.ts';
import { unless } from '../rule.ts';
import { absentRows, extremeRows, mixedRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial, type TrialOptions } from '../trial.ts';
import { hostileLinks } from '../trial-host.ts';
import { unaccounted } from './accounting.ts';

/** Opens the plugin, hands it rows and closes it; tells what must not be seen in any such life. */
async function live(
  subject: Subject,
  options: TrialOptions,
  use: (trial: Trial) => void,
): Promise<readonly string[]> {
  await using trial = new Trial(subject, options);
  use(trial);
  await trial.close();
  const { failures } = trial;
  return [
    ...failures.map(({ message }) => `it reported to context.fail: ${message}`),
    ...unaccounted(trial),
  ];
}

export const opens: Rule = {
  name: 'opens',
  demand: 'opens with its options, in blocks where much or nothing of it is read, and closes again',
  advice: '`open` returns an instance as docs/plugins.md has it, and may be called many times',
  async check(subject) {
    const idle = (): void => {};
    return [...(await live(subject, {}, idle)), ...(await live(subject, { read: [] }, idle))];
  },
};

export const emptyBatch: Rule = {
  name: 'empty-batch',
  demand: 'takes a batch without rows, and one of which no row is selected, and counts nothing',
  advice: 'loop over `batch.selected` rows (inputs: `batch.count`), which may be 0',
  check: (subject) =>
    live(subject, {}, (trial) => {
      trial.handBatch([]);
      if (trial.batch.capacity > 1) trial.handBatch(mixedRows(trial.foreign, 4), []);
    }),
};

export const absentKeys: Rule = {
  name: 'absent-keys',
  demand: 'takes rows in which no key is present',
  advice: 'ask `column.has(row)` before you read',
  check: (subject) => live(subject, {}, (trial) => trial.hand(absentRows(4))),
};

export const extremeValues: Rule = {
  name: 'extreme-values',
  demand: 'takes the least and the most that keys can hold: no bytes, 64 KiB of them, any byte',
  advice: 'bound every copy by the room that there is; drop and count what does not fit',
  check: (subject) => live(subject, {}, (trial) => trial.hand(extremeRows(trial.foreign))),
};

export const anyPacket: Rule = {
  name: 'any-packet',
  demand: 'takes any packet: whole, cut off at any byte, broken, of any protocol',
  advice: 'trust no length inside a packet, only `length(row)`; nothing may throw',
  check: async (subject) => {
    const random = new Random(5);
    // Outputs may start a process for each row; inputs and filters look into the bytes.
    const batches = subject.plugin.kind === 'output' ? 2 : 60;
    return live(subject, { links: hostileLinks }, (trial) => {
      for (let batch = 0; batch < batches; batch++) {
        trial.hand(mixedRows(trial.foreign, 1 + random.below(40), batch));
      }
    });
  },
};

export const drops: Rule = {
  name: 'tells-drops',
  demand: 'says in the log that it drops rows',
  advice: 'call `log.counted(event, rows)` wherever you add to `counters.dropped`',
  kinds: ['output'],
  async check(subject) {
    await using trial = new Trial(subject);
    trial.hand(absentRows(4));
    trial.hand(extremeRows(trial.foreign));
    await trial.close();
    const dropped = trial.counters?.dropped ?? 0;
    return unless(
      dropped === 0 || trial.log.lines.length > 0,
      `${dropped} rows dropped in silence`,
    );
  },
};
