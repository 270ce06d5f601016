import {
  encodeHead,
  ID_OFFSET,
  type RowField,
} from '../../src/plugins/output/database/row-head.ts';
import type { RowPiece } from '../../src/plugins/output/database/session.ts';
import { rowId } from './cells-of.ts';

/**
 * Rows as they come from the queue.
 *
 * @param rows the values of each field: numbers of at most 32 bits, or texts
 * @param firstId the number of the first row's id (rowId); those behind it have the following ones
 */
export function rowPiece(
  fields: readonly RowField[],
  rows: readonly (readonly (number | string)[])[],
  firstId = 0,
): RowPiece {
  const bytes = Buffer.concat([encodeHead(fields), ...rows.map(encodeRow)]);
  bytes.set(rowId(firstId), ID_OFFSET);
  return { bytes, records: rows.length };
}

function encodeRow(values: readonly (number | string)[]): Buffer {
  const present = Buffer.alloc(Math.ceil(values.length / 8));
  values.forEach((_, i) => {
    present[i >> 3] = (present[i >> 3] ?? 0) | (1 << (i & 7));
  });
  return Buffer.concat([present, ...values.map(encodeValue)]);
}

function encodeValue(value: number | string): Buffer {
  const text = typeof value === 'string' ? Buffer.from(value) : Buffer.alloc(0);
  const number = Buffer.alloc(4);
  number.writeUInt32LE(typeof value === 'string' ? text.length : value);
  return Buffer.concat([number, text]);
}
