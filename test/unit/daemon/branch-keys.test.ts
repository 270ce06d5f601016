import { expect, test } from 'vitest';
import { BranchKeys } from '../../../src/daemon/branch-keys.ts';
import { BytesColumn, NumberColumn, WideColumn } from '../../../src/records/column.ts';

const rows = 3;

function columns() {
  const [number, bytes, wide] = [new NumberColumn(4), new BytesColumn(4), new WideColumn(4)];
  return {
    all: [number, bytes, wide],
    /** Has a filter fill a row of each. */
    fill: (row: number, value: number, text: string) => {
      bytes.ownData(Buffer.from(text));
      number.set(row, value);
      bytes.set(row, 0, text.length);
      wide.set(row, value, value + 1);
    },
    /** What the rows have, as far as they have something. */
    read: () =>
      Array.from({ length: rows }, (_, row) => {
        if (!(number.has(row) && bytes.has(row) && wide.has(row))) {
          return number.has(row) || bytes.has(row) || wide.has(row) ? 'some' : 'none';
        }
        const start = bytes.offset(row);
        const text = Buffer.from(bytes.data.subarray(start, start + bytes.length(row)));
        return `${number.get(row)} ${text} ${wide.high[row]}/${wide.low[row]}`;
      }),
  };
}

test('keys filled within a branch are gone behind it', () => {
  const { all, fill, read } = columns();
  const keys = new BranchKeys(all);
  keys.enter(rows);
  fill(1, 7, 'inner');
  expect(read()).toEqual(['none', '7 inner 7/8', 'none']);
  keys.leave(rows);
  expect(read()).toEqual(['none', 'none', 'none']);
});

test('keys filled before a branch are behind it as they were', () => {
  const { all, fill, read } = columns();
  const keys = new BranchKeys(all);
  fill(0, 1, 'outer');
  fill(2, 3, 'outer');
  keys.enter(rows);
  fill(0, 7, 'within');
  fill(1, 8, 'within');
  keys.leave(rows);
  expect(read()).toEqual(['1 outer 1/2', 'none', '3 outer 3/4']);

  for (const column of all) column.clear(rows);
  keys.enter(rows);
  fill(2, 9, 'within');
  keys.leave(rows);
  expect(read()).toEqual(['none', 'none', 'none']);
});
