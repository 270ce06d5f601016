import type { Column, NumberColumn } from '../../../records/column.ts';

/** Text that differs from row to row. */
export interface RowText {
  /** Bytes that every row has room in. */
  readonly fixedRoom: number;
  /** More than 0 where `room` depends on the row. */
  readonly roomPerByte: number;
  /** An upper bound of what `write` needs, in bytes, without SLACK. */
  room(row: number): number;
  write(row: number, out: DataView, at: number): number;
}

/**
 * One step on the way through a record. `text` is what stands before the value: comma, name and
 * colon. Rows that lack the column's key skip the step; without a column no row does.
 */
export type Step =
  /** Nothing but the text. */
  | { readonly kind: 'text'; readonly text: string; readonly column?: Column }
  | { readonly kind: 'number'; readonly text: string; readonly column: NumberColumn }
  | {
      /** `string` puts quotes around the value. */
      readonly kind: 'string' | 'value';
      readonly text: string;
      readonly column?: Column;
      readonly value: RowText;
    }
  /** Begins an object, which is left out if nothing is written until its end. */
  | { readonly kind: 'open'; readonly text: string }
  | { readonly kind: 'close' };
