import { BytesColumn, type Column, NumberColumn, WideColumn } from '../../../records/column.ts';
import { fieldsOf, ID_LENGTH, ID_OFFSET, type RowField } from './row-head.ts';
import { writeIds } from './row-id.ts';
import type { RowPiece } from './session.ts';

/** Rows that are made room for at once. */
const STEP = 4096;

/** Pieces whose bytes end within a row. */
export class DamagedRows extends Error {
  override readonly name = 'DamagedRows';
}

/** Rows of pieces with the same fields, read back into columns. Used again and again. */
export class RowTable {
  readonly fields: readonly RowField[];
  rows = 0;
  /** The rows' ids, 16 bytes each: filled for those who ask for them alone. */
  ids = new Uint8Array(0);
  #columns: readonly Column[] = [];
  #capacity = 0;
  readonly #wantsIds: boolean;

  constructor(head: Buffer, wantsIds: boolean) {
    this.fields = fieldsOf(head);
    this.#wantsIds = wantsIds;
  }

  /**
   * Takes in the first rows of pieces, in place of those before. They stay where they are: columns refer
   * to `bytes`.
   *
   * @param bytes the pieces, one behind the other
   * @returns the position behind the rows
   * @throws DamagedRows
   */
  read(bytes: Uint8Array, pieces: readonly RowPiece[], headLength: number, rows: number): number {
    this.#makeRoom(rows);
    for (const column of this.#columns) {
      column.clear(rows);
      if (column instanceof BytesColumn) column.data = bytes;
    }
    const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
    let row = 0;
    let start = 0;
    let end = headLength;
    for (const { bytes: piece, records } of pieces) {
      if (row === rows) break;
      const wanted = Math.min(records, rows - row);
      if (this.#wantsIds) {
        const first = piece.subarray(ID_OFFSET, ID_OFFSET + ID_LENGTH);
        writeIds(first, wanted, this.ids, ID_LENGTH * row);
      }
      end = this.#readRows(view, start + headLength, row, wanted);
      start += piece.length;
      row += wanted;
      const isRight = wanted === records ? end === start : end !== -1;
      if (!isRight) throw new DamagedRows('rows that another version wrote, or that are damaged');
    }
    this.rows = rows;
    return end;
  }

  /** The column of the field at a place of `fields`; another one when there are more rows than ever. */
  column(field: number): Column {
    return this.#columns[field] as Column;
  }

  #makeRoom(rows: number): void {
    if (rows <= this.#capacity) return;
    this.#capacity = STEP * Math.ceil(rows / STEP);
    this.#columns = this.fields.map(({ type }) => newColumn(type, this.#capacity));
    if (this.#wantsIds) this.ids = new Uint8Array(ID_LENGTH * this.#capacity);
  }

  /** @returns the position behind the rows; −1 if the bytes end before */
  #readRows(view: DataView, start: number, firstRow: number, rows: number): number {
    const columns = this.#columns;
    const count = columns.length;
    const bitmap = Math.ceil(count / 8);
    const length = view.byteLength;
    let at = start;
    for (let row = firstRow; row < firstRow + rows; row++) {
      const bits = at;
      at += bitmap;
      if (at > length) return -1;
      for (let i = 0; i < count; i++) {
        if ((view.getUint8(bits + (i >> 3)) & (1 << (i & 7))) === 0) continue;
        const column = columns[i] as Column;
        if (at + 4 > length) return -1;
        const first = view.getUint32(at, true);
        at += 4;
        if (column instanceof NumberColumn) {
          column.set(row, first);
        } else if (column instanceof BytesColumn) {
          column.set(row, at, first);
          at += first;
        } else {
          if (at + 4 > length) return -1;
          column.set(row, first, view.getUint32(at, true));
          at += 4;
        }
      }
    }
    return at;
  }
}

function newColumn(type: RowField['type'], capacity: number): Column {
  switch (type) {
    case 'u64':
      return new WideColumn(capacity);
    case 'ip':
    case 'mac':
    case 'string':
    case 'bytes':
      return new BytesColumn(capacity);
    default:
      return new NumberColumn(capacity);
  }
}
