import { describe, expect, it } from 'vitest';
import { Batch } from '../../../src/records/batch.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { key } from '../../../src/records/key.ts';

const ttl = key('ip.ttl', 'u8', '');
const prefix = key('oob.prefix', 'string', '');

describe('Batch', () => {
  it('is as large as its columns and starts empty', () => {
    const columns = new ColumnSet(16, [ttl]);
    const batch = new Batch(columns);
    expect(batch.columns).toBe(columns);
    expect([batch.capacity, batch.count, batch.selected, batch.rows.length]).toEqual([
      16, 0, 0, 16,
    ]);
  });

  it('selects every row, in order', () => {
    const batch = new Batch(new ColumnSet(4, []));
    batch.begin(Uint8Array.of());
    batch.count = 3;
    batch.selectAll();
    expect(batch.selected).toBe(3);
    expect([0, 1, 2].map((index) => batch.row(index))).toEqual([0, 1, 2]);
  });

  it('keeps the rows that a filter selects', () => {
    const batch = new Batch(new ColumnSet(4, []));
    batch.count = 4;
    batch.rows.set([1, 3]);
    batch.selected = 2;
    expect([batch.row(0), batch.row(1)]).toEqual([1, 3]);
    batch.selectAll();
    expect([0, 1, 2, 3].map((index) => batch.row(index))).toEqual([0, 1, 2, 3]);
  });

  it('forgets the rows of the batch before, the unselected ones too', () => {
    const columns = new ColumnSet(4, [ttl, prefix]);
    const batch = new Batch(columns);
    batch.begin(Uint8Array.of(1));
    for (let row = 0; row < 3; row++) {
      columns.numbers(ttl).set(row, 64);
      columns.bytes(prefix).set(row, 0, 1);
      batch.count++;
    }
    batch.selected = 0;
    const received = Uint8Array.of(2);
    batch.begin(received);
    expect([batch.count, batch.selected]).toEqual([0, 0]);
    for (let row = 0; row < 3; row++) {
      expect(columns.readNumbers('ip.ttl').has(row)).toBe(false);
      expect(columns.readBytes('oob.prefix').has(row)).toBe(false);
    }
    expect(columns.readBytes('oob.prefix').data).toBe(received);
  });
});
