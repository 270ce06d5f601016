import { differenceOf, type Effects } from '../effects.ts';
import type { Row } from '../rows.ts';
import { type Rule, unless } from '../rule.ts';
import { mixedRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';

const ROWS = 16;

/** The effects of one batch, which something may be done to before and after. */
async function effectsOf(
  subject: Subject,
  hand: (trial: Trial, rows: readonly Row[]) => void,
): Promise<Effects> {
  await using trial = new Trial(subject);
  hand(trial, mixedRows(trial.foreign, ROWS, 7));
  await trial.close();
  return trial.effects();
}

/**
 * Compares a run with the same run before and after it. Where those two differ, what the plugin does
 * depends on the time or on chance, and the comparison tells nothing.
 */
async function compare(
  usual: () => Promise<Effects>,
  special: () => Promise<Effects>,
): Promise<readonly string[]> {
  const before = await usual();
  const between = await special();
  const after = await usual();
  if (differenceOf(before, after) !== undefined) return [];
  const difference = differenceOf(before, between);
  return difference === undefined ? [] : [difference];
}

export const keepsNothing: Rule = {
  name: 'keeps-nothing',
  demand: 'keeps nothing of a batch: the next packets are written over it at once',
  advice: 'copy what you need later before you return; `subarray` does not copy',
  check: (subject) =>
    compare(
      () => effectsOf(subject, (trial, rows) => trial.hand(rows)),
      () =>
        effectsOf(subject, (trial, rows) => {
          trial.hand(rows);
          trial.scribble();
        }),
    ),
};

export const selectedRows: Rule = {
  name: 'selected-rows',
  demand: 'treats the selected rows, all of them and no others, in their order',
  advice: 'loop over `batch.row(i)` for i < `batch.selected`, not over all rows',
  kinds: ['filter', 'output'],
  async check(subject) {
    const selection = [1, 2, 5, 8, 13];
    const seen = await compare(
      () =>
        effectsOf(subject, (trial, rows) =>
          trial.hand(selection.map((row) => rows[row] ?? new Map())),
        ),
      () =>
        effectsOf(subject, (trial, rows) => {
          // A block whose source may be held has one row at a time: filters leave it or take it.
          if (trial.batch.capacity > 1) trial.handBatch(rows, selection);
          else for (const [row, values] of rows.entries()) handIf(trial, values, selection, row);
        }),
    );
    return [...seen, ...(await othersTouched(subject, selection))];
  },
};

function handIf(trial: Trial, row: Row, selection: readonly number[], index: number): void {
  trial.handBatch([row], selection.includes(index) ? [0] : []);
}

/** Columns that a filter fills in rows that it was not to look at. */
async function othersTouched(
  subject: Subject,
  selection: readonly number[],
): Promise<readonly string[]> {
  if (subject.plugin.kind !== 'filter') return [];
  await using trial = new Trial(subject);
  trial.handBatch(mixedRows(trial.foreign, ROWS, 7), selection);
  return subject.own.flatMap(({ name }) => {
    const column = trial.batch.columns.find(name)?.column;
    const rows = Array.from({ length: ROWS }, (_, row) => row);
    const touched = rows.filter((row) => column?.has(row) && !selection.includes(row));
    return touched.map((row) => `${name} is filled in row ${row}, which was not selected`);
  });
}

export const alone: Rule = {
  name: 'alone',
  demand: 'shares nothing between its instances: every block has one of its own',
  advice: 'keep state in the instance that `open` returns, not in the module',
  async check(subject) {
    const rows = (trial: Trial): readonly Row[] => mixedRows(trial.foreign, ROWS, 7);
    const idle = async () => effectsOf(subject, () => {});
    const beside = async () => {
      await using busy = new Trial(subject);
      await using quiet = new Trial(subject);
      busy.hand(rows(busy));
      await quiet.close();
      await busy.close();
      return quiet.effects();
    };
    return compare(idle, beside);
  },
};

export const passesSubset: Rule = {
  name: 'passes-subset',
  demand: 'lets rows pass that were selected, each once and in their order',
  advice: 'write passing rows to `batch.rows` from 0 on and set `batch.selected` to their number',
  kinds: ['filter'],
  async check(subject) {
    await using trial = new Trial(subject);
    const seen: string[] = [];
    for (let round = 0; round < 20; round++) {
      const rows = mixedRows(trial.foreign, ROWS, round);
      const selection = rows.map((_, row) => row).filter((row) => (row + round) % 3 > 0);
      trial.handBatch(rows, selection);
      const { batch } = trial;
      const passed = [...batch.rows.subarray(0, batch.selected)];
      const expected = selection.filter((row) => passed.includes(row));
      seen.push(
        ...unless(batch.count === ROWS, `batch.count is ${batch.count} instead of ${ROWS}`),
        ...unless(
          batch.selected === expected.length && passed.every((row, i) => row === expected[i]),
          `of rows ${selection.join(' ')} these went on: ${passed.join(' ')}`,
        ),
      );
    }
    return seen.slice(0, 3);
  },
};
