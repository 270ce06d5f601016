import { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { KeyType } from '../../records/key.ts';
import { Misbehaviour } from '../misbehaviour.ts';
import { type Row, readRow } from '../rows.ts';
import type { Rule } from '../rule.ts';
import { absentRows, extremeRows, largest, mixedRows } from '../samples.ts';
import type { Subject } from '../subject.ts';
import { Trial } from '../trial.ts';
import { hostileLinks } from '../trial-host.ts';

const ROWS = 24;

/** Batches that between them hold whatever can come. */
const batchesFor = ({ foreign }: Trial): readonly (readonly Row[])[] => [
  ...Array.from({ length: 20 }, (_, seed) => mixedRows(foreign, ROWS, seed)),
  extremeRows(foreign),
  absentRows(3),
];

export const leavesOthers: Rule = {
  name: 'leaves-others',
  demand: "fills its own keys alone and changes nothing of the others', the rows or their bytes",
  advice: 'set only columns that you got for keys of your `provides`; the packet is read-only',
  kinds: ['input', 'filter'],
  async check(subject) {
    await using trial = new Trial(subject, { links: hostileLinks });
    const seen = new Set<string>();
    for (const rows of batchesFor(trial)) {
      trial.load(rows);
      const before = foreignTexts(trial, rows.length);
      trial.run();
      const after = foreignTexts(trial, rows.length);
      for (const [name, text] of before) {
        if (after.get(name) !== text) seen.add(`${name} is not what it was`);
      }
      if (trial.batch.count !== rows.length) seen.add('batch.count is not what it was');
      if (subject.plugin.kind === 'input' && trial.batch.selected !== rows.length) {
        seen.add('batch.selected is not what it was');
      }
    }
    return [...seen];
  },
};

function foreignTexts(trial: Trial, rows: number): ReadonlyMap<string, string> {
  return new Map(
    trial.foreign.map((key) => {
      const values = Array.from({ length: rows }, (_, row) =>
        [...readRow(trial.batch, [key], row).values()].map(textOf).join(),
      );
      return [key.name, values.join(';')];
    }),
  );
}

const textOf = (value: number | bigint | Uint8Array): string =>
  value instanceof Uint8Array ? Buffer.from(value).toString('latin1') : String(value);

export const valueTypes: Rule = {
  name: 'value-types',
  demand: 'fills keys with values of their types, in rows that there are',
  advice: 'an ip has 4 or 16 bytes, a bool is 0 or 1; offset and length stay within `data`',
  kinds: ['input', 'filter'],
  async check(subject) {
    await using trial = new Trial(subject, { links: hostileLinks });
    const seen = new Set<string>();
    for (const rows of batchesFor(trial)) {
      trial.handBatch(rows);
      for (const { name, type } of subject.own) {
        const column = trial.batch.columns.find(name)?.column;
        if (!column) continue;
        if (column.present.subarray(rows.length).includes(1)) {
          seen.add(`${name} is filled in rows behind the last one`);
        }
        for (let row = 0; row < rows.length; row++) {
          const problem = column.has(row) ? valueProblem(type, column, row) : undefined;
          if (problem !== undefined) seen.add(`${name} (${type}) ${problem}`);
        }
      }
    }
    return [...seen].slice(0, 5);
  },
};

function valueProblem(
  type: KeyType,
  column: Trial['columns'][number]['column'],
  row: number,
): string | undefined {
  if (column instanceof NumberColumn) {
    const value = column.get(row);
    const most = type === 'bool' || type === 'u8' || type === 'u16' ? largest[type] : largest.u32;
    return value <= most ? undefined : `is ${value}`;
  }
  if (!(column instanceof BytesColumn)) return undefined;
  const [offset, length] = [column.offset(row), column.length(row)];
  const { data } = column;
  if (offset + length > data.length) {
    return `refers to bytes ${offset} to ${offset + length} of ${data.length}`;
  }
  return type === 'ip' && length !== 4 && length !== 16 ? `has ${length} bytes` : undefined;
}

export const anyDemand: Rule = {
  name: 'any-demand',
  demand: 'fills a key with the same values whichever of its other keys are read',
  advice: 'what is written to a key that nobody reads cannot be read back: keep it yourself',
  kinds: ['input'],
  async check(subject) {
    const names = subject.own.map(({ name }) => name);
    const seen: string[] = [];
    const all = await valuesOf(subject, names);
    for (const name of names) {
      const alone = await valuesOf(subject, [name]);
      const again = await valuesOf(subject, [name]);
      // What differs from one time to the next depends on more than the packet.
      if (alone.get(name) !== again.get(name)) continue;
      if (alone.get(name) !== all.get(name) && (await isStable(subject, names, name, all))) {
        seen.push(`${name} has other values when it alone is read`);
      }
    }
    return seen;
  },
};

async function isStable(
  subject: Subject,
  names: readonly string[],
  name: string,
  all: ReadonlyMap<string, string>,
): Promise<boolean> {
  return (await valuesOf(subject, names)).get(name) === all.get(name);
}

/** The values of all rows, by key, when these keys are read. */
async function valuesOf(
  subject: Subject,
  names: readonly string[],
): Promise<ReadonlyMap<string, string>> {
  await using trial = new Trial(subject, { read: names, links: hostileLinks });
  const texts = new Map<string, string>();
  for (let seed = 0; seed < 4; seed++) {
    // All keys that any of them needs, so that the rows are the same.
    const rows = mixedRows(subject.provided, ROWS, seed);
    trial.handBatch(rows);
    for (const name of names) {
      const key = subject.own.find((own) => own.name === name);
      if (!key) throw new Misbehaviour(`${name} is no key of the plugin`);
      const values = rows.map((_, row) =>
        [...readRow(trial.batch, [key], row).values()].map(textOf).join(),
      );
      texts.set(name, `${texts.get(name) ?? ''}${values.join(';')}\n`);
    }
  }
  return texts;
}
