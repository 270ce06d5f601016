import type { TableColumn } from './layout.ts';
import type { RowTable } from './row-table.ts';

/**
 * What is to be stored in one column, for the rows of a batch: values in a form that each database
 * has to write in its own way, and nothing else.
 *
 * | wire | class | value |
 * |---|---|---|
 * | `integer` | `IntegerCells` | unsigned, no more than the column's maximum |
 * | `boolean` | `IntegerCells` | 0 or 1 |
 * | `time` | `IntegerCells` | microseconds since 1970, UTC |
 * | `text` | `BytesCells` | UTF-8 without NUL, no longer than the column takes |
 * | `binary` | `BytesCells` | bytes |
 * | `address` | `BytesCells` | 4 or 16 bytes, network order |
 * | `mac` | `BytesCells` | 6 bytes |
 * | `uuid` | `BytesCells` | 16 bytes |
 *
 * For columns of the kinds `mac`, `address`, `time`, `uuid` and `other` the wire may be `text`: then
 * the database has to make the value of it.
 */
export type Cells = IntegerCells | BytesCells;

export type IntegerWire = 'integer' | 'boolean' | 'time';
export type BytesWire = 'text' | 'binary' | 'address' | 'mac' | 'uuid';

/** Numbers of 64 bits in halves, so that none needs a BigInt. */
export class IntegerCells {
  readonly kind = 'integer';
  readonly column: TableColumn;
  readonly wire: IntegerWire;
  /** 1 where the row has a value; NULL elsewhere. */
  present = new Uint8Array(0);
  high = new Uint32Array(0);
  low = new Uint32Array(0);

  constructor(column: TableColumn, wire: IntegerWire) {
    this.column = column;
    this.wire = wire;
  }

  /** Makes room for so many rows; what was there is lost. */
  resize(rows: number): void {
    if (rows <= this.present.length) return;
    this.present = new Uint8Array(rows);
    this.high = new Uint32Array(rows);
    this.low = new Uint32Array(rows);
  }
}

/** References into `data`. */
export class BytesCells {
  readonly kind = 'bytes';
  readonly column: TableColumn;
  readonly wire: BytesWire;
  present = new Uint8Array(0);
  offsets = new Uint32Array(0);
  lengths = new Uint32Array(0);
  data: Uint8Array = new Uint8Array(0);

  constructor(column: TableColumn, wire: BytesWire) {
    this.column = column;
    this.wire = wire;
  }

  resize(rows: number): void {
    if (rows <= this.present.length) return;
    this.present = new Uint8Array(rows);
    this.offsets = new Uint32Array(rows);
    this.lengths = new Uint32Array(rows);
  }
}

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
