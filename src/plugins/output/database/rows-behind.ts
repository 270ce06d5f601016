import { headOf, ID_LENGTH, ID_OFFSET } from './row-head.ts';
import { advanceId } from './row-id.ts';
import { RowTable } from './row-table.ts';
import type { RowPiece } from './session.ts';

/**
 * What of a piece lies behind its first rows, as a piece of its own, whose rows have the same ids.
 *
 * @throws DamagedRows if these rows cannot be read
 */
export function rowsBehind(piece: RowPiece, rows: number): RowPiece {
  const head = headOf(piece.bytes);
  if (!head) throw new TypeError('a piece without a head has no rows');
  const end = new RowTable(head, false).read(piece.bytes, [piece], head.length, rows);
  const bytes = Buffer.concat([head, piece.bytes.subarray(end)]);
  advanceId(bytes.subarray(ID_OFFSET, ID_OFFSET + ID_LENGTH), rows);
  return { bytes, records: piece.records - rows };
}
