import type { Rule } from '../rule.ts';
import { unless } from '../rule.ts';
import { absentRows, extremeRows, mixedRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';

/** What is wrong with an output's counters once it has been closed. */
export function unaccounted({ counters, handed }: Trial): readonly string[] {
  if (!counters) return [];
  const { written, dropped } = counters;
  const sum = written + dropped;
  return unless(
    sum === handed,
    `closed, after ${handed} rows it counts written ${written} + dropped ${dropped} = ${sum}`,
  );
}

/** Numbers that must hold at any time. */
class CounterWatch {
  readonly seen = new Set<string>();
  readonly #trial: Trial;
  #last: Readonly<Record<string, number>> = {};

  constructor(trial: Trial) {
    this.#trial = trial;
  }

  look(when: string): void {
    const { counters, handed } = this.#trial;
    if (!counters) return;
    for (const [name, count] of Object.entries(counters)) {
      if (!Number.isSafeInteger(count) || count < 0) this.#see(`${name} is ${count} ${when}`);
      const before = this.#last[name] ?? 0;
      if (count < before) this.#see(`${name} goes back from ${before} to ${count} ${when}`);
    }
    const sum = counters.written + counters.dropped;
    if (sum > handed) this.#see(`written + dropped is ${sum} of ${handed} rows ${when}`);
    this.#last = { ...counters };
  }

  #see(text: string): void {
    this.seen.add(text);
  }
}

/** A life with everything in it; `look` is called after each step. */
async function wholeLife(
  subject: Subject,
  look: (trial: Trial, when: string) => void,
): Promise<Trial> {
  await using trial = new Trial(subject);
  look(trial, 'after open');
  trial.hand([]);
  look(trial, 'after an empty batch');
  trial.hand(mixedRows(trial.foreign, 12));
  look(trial, 'after a batch');
  trial.reopen();
  look(trial, 'after reopen');
  trial.hand([...absentRows(2), ...extremeRows(trial.foreign)]);
  look(trial, 'after extreme values');
  await trial.close();
  look(trial, 'after close');
  return trial;
}

export const counters: Rule = {
  name: 'counters',
  demand: 'counts rows in integers that never go back: written + dropped is never more than it got',
  advice: 'count a row once: as written when it has arrived, as dropped when it is given up',
  kinds: ['output'],
  async check(subject) {
    let watch: CounterWatch | undefined;
    const trial = await wholeLife(subject, (current, when) => {
      watch ??= new CounterWatch(current);
      watch.look(when);
    });
    return [...(watch?.seen ?? []), ...unaccounted(trial)];
  },
};

/** Counters that the statistics show in front of a plugin's own. */
const statistics = {
  filter: ['seen', 'passed'],
  output: ['written', 'dropped', 'errors'],
} as const;

export const details: Rule = {
  name: 'details',
  demand: 'gives counters of its own by the same names at any time, and no name that specter uses',
  advice: '`details()` returns all of them from the start, 0 where nothing has happened yet',
  kinds: ['filter', 'output'],
  async check(subject) {
    const { kind } = subject.plugin;
    const taken: readonly string[] = kind === 'input' ? [] : statistics[kind];
    const seen = new Set<string>();
    let first: string | undefined;
    await wholeLife(subject, (trial, when) => {
      const current = trial.details ?? {};
      const names = Object.keys(current).join(', ');
      first ??= names;
      if (names !== first) seen.add(`${names || 'no names'} ${when}, but first ${first || 'none'}`);
      for (const [name, count] of Object.entries(current)) {
        if (!Number.isFinite(count)) seen.add(`${name} is ${count} ${when}`);
        if (taken.includes(name)) seen.add(`${name} is specter's own`);
        if (!/^[a-z][a-z0-9 _-]*$/i.test(name)) seen.add(`a counter is called "${name}"`);
      }
    });
    return [...seen];
  },
};
