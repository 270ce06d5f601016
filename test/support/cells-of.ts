import {
  BytesCells,
  type BytesWire,
  type Cells,
  IntegerCells,
  type IntegerWire,
} from '../../src/plugins/output/database/cells.ts';
import type { TableColumn } from '../../src/plugins/output/database/layout.ts';

/** Cells of a column with these numbers; `null` where a row has none. */
export function integers(
  column: TableColumn,
  values: readonly (bigint | number | null)[],
  wire: IntegerWire = 'integer',
): Cells {
  const cells = new IntegerCells(column, wire);
  cells.resize(values.length);
  values.forEach((value, row) => {
    if (value === null) return;
    cells.present[row] = 1;
    cells.high[row] = Number(BigInt(value) >> 32n);
    cells.low[row] = Number(BigInt(value) & 0xffff_ffffn);
  });
  return cells;
}

/** Cells of a column with these bytes, or the UTF-8 of these texts. */
export function bytes(
  column: TableColumn,
  values: readonly (string | Uint8Array | null)[],
  wire: BytesWire = 'text',
): Cells {
  const cells = new BytesCells(column, wire);
  cells.resize(values.length);
  const parts = values.map((value) => Buffer.from(value ?? ''));
  let at = 0;
  parts.forEach((part, row) => {
    cells.present[row] = values[row] === null ? 0 : 1;
    cells.offsets[row] = at;
    cells.lengths[row] = part.length;
    at += part.length;
  });
  cells.data = Buffer.concat(parts);
  return cells;
}

/** A row's id for tests, made of a number. */
export function rowId(number: number): Uint8Array {
  const id = Buffer.alloc(16);
  id.writeUInt32BE(0x0190_0000, 0);
  id.writeUInt32BE(number, 12);
  return id;
}
