import type { Cells } from './cells.ts';
import type { RowTable } from './row-table.ts';

/** Makes a column's cells out of the rows' fields. */
export interface CellBuilder {
  readonly cells: Cells;
  /** Texts that were cut, so far. */
  readonly cut: number;
  /** Values that became NULL because the column cannot hold them, so far. */
  readonly unfit: number;
  /** Fills the cells for all rows of the table. */
  fill(table: RowTable): void;
}
