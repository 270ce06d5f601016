import type { Batch } from '../../records/batch.ts';
import type { Counts, OutputCounters, OutputInstance } from '../api.ts';
import type { RecordSink } from './record-sink.ts';

/** How a row becomes a record. */
export interface RecordFormat {
  /** Called before the first row of each batch. */
  begin?(batch: Batch): void;
  /** An upper bound of what `write` needs for the row, in bytes, with the SLACK of ../records/text. */
  room(row: number): number;
  /** Writes the row's record, with what ends it; returns the position behind it. */
  write(row: number, out: DataView, at: number): number;
}

/** An output that writes one record for each row: a format and a place to go. */
export class RecordOutput implements OutputInstance {
  readonly counters: OutputCounters;
  readonly closeTimeout?: number;
  readonly #format: RecordFormat;
  readonly #sink: RecordSink;

  constructor(format: RecordFormat, sink: RecordSink) {
    this.#format = format;
    this.#sink = sink;
    this.counters = sink.counters;
    if (sink.closeTimeout !== undefined) this.closeTimeout = sink.closeTimeout;
  }

  write(batch: Batch): void {
    const sink = this.#sink;
    const format = this.#format;
    const selected = batch.selected;
    format.begin?.(batch);
    let dropped = 0;
    let tooLong = 0;
    for (let i = 0; i < selected; i++) {
      const row = batch.row(i);
      const room = format.room(row);
      if (room > sink.maxRecord) tooLong++;
      else if (!sink.reserve(room)) dropped++;
      else sink.commit(format.write(row, sink.view, sink.position));
    }
    if (dropped > 0) sink.drop(dropped);
    if (tooLong > 0) sink.dropTooLong(tooLong);
    sink.endBatch();
  }

  details(): Counts {
    return this.#sink.details?.() ?? {};
  }

  reopen(): void {
    this.#sink.reopen();
  }

  close(): Promise<void> {
    return this.#sink.close();
  }
}
