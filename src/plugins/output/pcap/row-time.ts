import type { NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';

/** When a row's packet came; 1970 where nobody says so. */
export class RowTime {
  readonly #seconds: NumberColumn;
  readonly #microseconds: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#seconds = columns.readNumbers('oob.time.sec');
    this.#microseconds = columns.readNumbers('oob.time.usec');
  }

  seconds(row: number): number {
    return this.#seconds.has(row) ? this.#seconds.get(row) : 0;
  }

  microseconds(row: number): number {
    return this.#microseconds.has(row) ? this.#microseconds.get(row) : 0;
  }
}
