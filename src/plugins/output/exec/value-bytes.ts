import { BytesColumn, type Column } from '../../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../../records/column-set.ts';
import type { KeyType } from '../../../records/key.ts';
import { ValueText } from '../../../records/value-text.ts';

/**
 * Writes a key's value as commands get it: as specter prints it, except that strings keep their
 * bytes, whatever these are. A value of no bytes, such as the interface of a packet that does not
 * go out, counts as absent.
 */
export class ValueBytes {
  readonly type: KeyType;
  readonly #column: Column;
  readonly #text: ValueText;

  constructor({ key, column }: KeyColumn) {
    this.type = key.type;
    this.#column = column;
    this.#text = new ValueText(key.type, column);
  }

  has(row: number): boolean {
    const column = this.#column;
    if (!column.has(row)) return false;
    return !(column instanceof BytesColumn) || column.length(row) > 0;
  }

  /** Whether the row's value has a NUL byte, with which the kernel would end the argument. */
  hasNul(row: number): boolean {
    const column = this.#column;
    if (this.type !== 'string' || !(column instanceof BytesColumn)) return false;
    const start = column.offset(row);
    const end = start + column.length(row);
    for (let at = start; at < end; at++) if (column.data[at] === 0) return true;
    return false;
  }

  /** An upper bound of what `write` needs for the row, in bytes. */
  room(row: number): number {
    return this.#text.room(row);
  }

  /** Writes the value of a row that has one; returns the position behind it. */
  write(row: number, out: DataView, at: number): number {
    const column = this.#column;
    if (this.type !== 'string' || !(column instanceof BytesColumn)) {
      return this.#text.write(row, out, at);
    }
    const start = column.offset(row);
    const length = column.length(row);
    for (let i = 0; i < length; i++) out.setUint8(at + i, column.data[start + i] as number);
    return at + length;
  }
}

/** The values that the first of these keys has that the row has. */
export class FirstValue {
  readonly #values: readonly ValueBytes[];

  /** Keys that nobody provides are absent in every row. */
  constructor(keys: readonly string[], columns: ColumnSet) {
    this.#values = keys.flatMap((name) => {
      const found = columns.find(name);
      return found ? [new ValueBytes(found)] : [];
    });
  }

  of(row: number): ValueBytes | undefined {
    const values = this.#values;
    for (let i = 0; i < values.length; i++) {
      const value = values[i] as ValueBytes;
      if (value.has(row)) return value;
    }
    return undefined;
  }
}
