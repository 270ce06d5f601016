import { BytesColumn, type Column, NumberColumn, WideColumn } from './column.ts';
import { MAX_ESCAPED, writeEscaped } from './escape.ts';
import type { KeyType } from './key.ts';
import { writeAddress, writeHexBytes, writeMac, writeUint, writeUint64 } from './text.ts';

/**
 * Writes any key's value as text, by the key's type: numbers in decimal (`bool` as 0 or 1),
 * addresses in their usual form, strings escaped, raw bytes in hexadecimal.
 */
export class ValueText {
  readonly #type: KeyType;
  readonly #column: Column;

  constructor(type: KeyType, column: Column) {
    this.#type = type;
    this.#column = column;
  }

  has(row: number): boolean {
    return this.#column.has(row);
  }

  /** An upper bound of what `write` needs for the row, in bytes. */
  room(row: number): number {
    const column = this.#column;
    if (!(column instanceof BytesColumn)) return 20;
    switch (this.#type) {
      case 'ip':
        return 45;
      case 'mac':
        return column.length(row) * 3;
      case 'bytes':
        return column.length(row) * 2;
      default:
        return column.length(row) * MAX_ESCAPED;
    }
  }

  /** Writes the value of a row that has one; returns the position behind it. */
  write(row: number, out: DataView, at: number): number {
    const column = this.#column;
    if (column instanceof NumberColumn) return writeUint(out, at, column.get(row));
    if (column instanceof WideColumn) {
      return writeUint64(out, at, column.high[row] as number, column.low[row] as number);
    }
    const offset = column.offset(row);
    const length = column.length(row);
    switch (this.#type) {
      case 'ip':
        return writeAddress(out, at, column.data, offset, length);
      case 'mac':
        return writeMac(out, at, column.data, offset, length);
      case 'bytes':
        return writeHexBytes(out, at, column.data, offset, length);
      default:
        return writeEscaped(out, at, column.data, offset, length);
    }
  }
}
