import type { ColumnSet } from './column-set.ts';

/**
 * The unit in which everything moves: the bytes received and one typed column for each key that
 * somebody reads, over at most `capacity` rows. A batch and its columns are reused; whoever keeps
 * data beyond the call it was handed in copies it.
 */
export class Batch {
  readonly capacity: number;
  readonly columns: ColumnSet;
  /** Rows that the source has filled in: 0 … count − 1. */
  count = 0;
  /** The rows that filters have let pass, in order: `rows[0 … selected − 1]`. */
  readonly rows: Uint32Array;
  selected = 0;

  constructor(columns: ColumnSet) {
    this.capacity = columns.capacity;
    this.columns = columns;
    this.rows = new Uint32Array(columns.capacity);
  }

  /** Empties the batch for rows that refer to bytes of `received`. */
  begin(received: Uint8Array): void {
    this.columns.reset(this.count, received);
    this.count = 0;
    this.selected = 0;
  }

  /** Selects every row: the state in which the first filter or output finds the batch. */
  selectAll(): void {
    for (let row = 0; row < this.count; row++) this.rows[row] = row;
    this.selected = this.count;
  }

  /** Copies the selection into `kept`, which has room for `capacity` rows; returns its length. */
  keepSelection(kept: Uint32Array): number {
    for (let i = 0; i < this.selected; i++) kept[i] = this.row(i);
    return this.selected;
  }

  /** Goes back to a selection that was kept. */
  restoreSelection(kept: Uint32Array, selected: number): void {
    for (let i = 0; i < selected; i++) this.rows[i] = kept[i] as number;
    this.selected = selected;
  }

  /** The `index`-th selected row (`index` < `selected`). */
  row(index: number): number {
    return this.rows[index] as number;
  }
}
