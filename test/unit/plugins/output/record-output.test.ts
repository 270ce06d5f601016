import { expect, test } from 'vitest';
import { RecordOutput } from '../../../../src/plugins/output/record-output.ts';
import type { RecordSink } from '../../../../src/plugins/output/record-sink.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';

/** Remembers what it was asked, and has room for `room` records. */
class FakeSink implements RecordSink {
  readonly counters = { written: 0, dropped: 0, errors: 0 };
  readonly maxRecord = 4;
  readonly view = new DataView(new ArrayBuffer(16));
  readonly events: string[] = [];
  position = 0;
  #room: number;

  constructor(room: number) {
    this.#room = room;
  }

  reserve(bytes: number): boolean {
    this.events.push(`reserve ${bytes}`);
    return this.#room-- > 0;
  }

  commit(position: number): void {
    this.events.push(`commit ${this.view.getUint8(this.position)}`);
    this.position = position;
  }

  drop(records: number): void {
    this.events.push(`drop ${records}`);
  }

  dropTooLong(records: number): void {
    this.events.push(`too long ${records}`);
  }

  endBatch(): void {
    this.events.push('end');
  }

  reopen(): void {}

  async close(): Promise<void> {}
}

/** A record is the row's number, and may need as many bytes. */
const format = {
  room: (row: number) => row,
  write: (row: number, out: DataView, at: number) => {
    out.setUint8(at, row);
    return at + 1;
  },
};

function written(room: number, ...rows: number[]): string[] {
  const sink = new FakeSink(room);
  const batch = new Batch(new ColumnSet(8, []));
  batch.rows.set(rows);
  batch.selected = rows.length;
  new RecordOutput(format, sink).write(batch);
  return sink.events;
}

test('RecordOutput writes the selected rows, in their order', () => {
  expect(written(9, 3, 1)).toEqual(['reserve 3', 'commit 3', 'reserve 1', 'commit 1', 'end']);
  expect(written(9)).toEqual(['end']);
});

test('RecordOutput drops what has no room, and tells it from what never can have', () => {
  expect(written(1, 5, 2, 3, 6, 1)).toEqual([
    'reserve 2',
    'commit 2',
    'reserve 3',
    'reserve 1',
    'drop 2',
    'too long 2',
    'end',
  ]);
});
