import type { Cells } from '../cells.ts';
import type { MessageBuffer } from './message-buffer.ts';
import type { FilledColumn } from './statements.ts';

/** Turns rows into messages, so many at a time. */
export interface RowEncoder {
  /**
   * Appends messages for rows from `from` on: a chunk of them, at least one.
   *
   * @returns the row behind the last one
   */
  encode(cells: readonly Cells[], from: number, to: number, out: MessageBuffer): number;
}

/** The event loop waits for a chunk: 1000 rows of 20 columns take about a millisecond. */
const CHUNK_ROWS = 1000;
/** Rows with whole packets in them are big. */
const CHUNK_BYTES = 1 << 20;

/** A chunk of rows, and where the values of each go. */
export class RowChunk {
  readonly columns: readonly FilledColumn[];
  /** The row behind the chunk. */
  end = 0;
  /** What the chunk takes. */
  bytes = 0;
  /** What each row takes; then, by `place`, where each row's next value goes. */
  readonly places = new Uint32Array(CHUNK_ROWS);

  constructor(columns: readonly FilledColumn[]) {
    this.columns = columns;
  }

  /** Takes as many rows as make a chunk. @param extra what each row takes besides its values */
  measure(cells: readonly Cells[], from: number, to: number, extra: number): void {
    const last = Math.min(to, from + CHUNK_ROWS);
    this.places.fill(extra, 0, last - from);
    for (let i = 0; i < this.columns.length; i++) this.#addSizes(cells, i, from, last);
    this.bytes = this.places[0] as number;
    this.end = from + 1;
    while (this.end < last) {
      const size = this.places[this.end - from] as number;
      if (this.bytes + size > CHUNK_BYTES) break;
      this.bytes += size;
      this.end++;
    }
  }

  /** Turns sizes into places, one behind the other from `at` on; returns the place behind them. */
  place(rows: number, at: number): number {
    let next = at;
    for (let i = 0; i < rows; i++) {
      const size = this.places[i] as number;
      this.places[i] = next;
      next += size;
    }
    return next;
  }

  /** Lays out the values of one column one behind the other; returns the place behind them. */
  placeColumn(cells: readonly Cells[], column: number, from: number, at: number): number {
    const rows = this.end - from;
    this.places.fill(0, 0, rows);
    this.#addSizes(cells, column, from, this.end);
    return this.place(rows, at);
  }

  /** Writes the values of one column to their places. */
  write(cells: readonly Cells[], column: number, from: number, out: DataView): void {
    const of = cells[column];
    if (of) this.columns[column]?.wire.writer.write(of, from, this.end, out, this.places);
  }

  #addSizes(cells: readonly Cells[], column: number, from: number, to: number): void {
    const of = cells[column];
    if (of) this.columns[column]?.wire.writer.addSizes(of, from, to, this.places);
  }
}
