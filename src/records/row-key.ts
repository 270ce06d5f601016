import { BytesColumn, type Column, NumberColumn, WideColumn } from './column.ts';
import type { ColumnSet, KeyColumn } from './column-set.ts';

/** Bytes of a value that count: what a length of one byte can say. */
const MAX_VALUE = 255;

interface Part {
  readonly column: Column;
  /** The most bytes that a value takes, without the byte of its length. */
  readonly limit: number;
}

/**
 * The values that a row has for some keys, as one run of bytes by which rows are told apart: two
 * rows have the same bytes exactly if their values are the same.
 *
 * Each value is preceded by its length in one byte, so that neighbouring values cannot run into
 * each other: `bool` to `u32` take 4 bytes, `u64` 8, IPv4 addresses 4 and IPv6 addresses 16, other
 * values as many as they have. Of values longer than 255 bytes only the first 255 count.
 */
export class RowKey {
  /** What `write` wrote last. */
  readonly bytes: Uint8Array;
  /** The most bytes that `write` can return. */
  readonly maxLength: number;
  /** Undefined when nobody provides one of the keys: then no row has them all. */
  readonly #parts: readonly Part[] | undefined;

  /** @param columns the keys' columns; undefined for one that no plugin of the block provides. */
  constructor(columns: readonly (KeyColumn | undefined)[]) {
    const parts = columns.flatMap((entry) => (entry === undefined ? [] : [partOf(entry)]));
    this.#parts = parts.length === columns.length ? parts : undefined;
    this.maxLength = parts.reduce((length, { limit }) => length + 1 + limit, 0);
    this.bytes = new Uint8Array(this.maxLength);
  }

  /**
   * Writes the row's values into `bytes`.
   * @returns their length, or −1 when the row lacks one of them
   */
  write(row: number): number {
    const parts = this.#parts;
    if (parts === undefined) return -1;
    const { bytes } = this;
    let at = 0;
    for (let i = 0; i < parts.length; i++) {
      const { column, limit } = parts[i] as Part;
      if (!column.has(row)) return -1;
      if (column instanceof BytesColumn) {
        const length = Math.min(column.length(row), limit);
        bytes[at++] = length;
        at = copy(column.data, column.offset(row), length, bytes, at);
      } else if (column instanceof NumberColumn) {
        bytes[at] = 4;
        at = writeWord(column.get(row), bytes, at + 1);
      } else {
        bytes[at] = 8;
        at = writeWord(column.high[row] as number, bytes, at + 1);
        at = writeWord(column.low[row] as number, bytes, at);
      }
    }
    return at;
  }
}

/** The columns of the keys with these names, for a {@link RowKey}. */
export const columnsOf = (
  names: readonly string[],
  columns: ColumnSet,
): readonly (KeyColumn | undefined)[] => names.map((name) => columns.find(name));

function partOf({ key, column }: KeyColumn): Part {
  if (column instanceof NumberColumn) return { column, limit: 4 };
  if (column instanceof WideColumn) return { column, limit: 8 };
  return { column, limit: key.type === 'ip' ? 16 : MAX_VALUE };
}

/** Byte by byte: values are short, and `subarray` would allocate a view for each row. */
function copy(from: Uint8Array, start: number, length: number, to: Uint8Array, at: number): number {
  for (let i = 0; i < length; i++) to[at + i] = from[start + i] as number;
  return at + length;
}

function writeWord(value: number, to: Uint8Array, at: number): number {
  to[at] = value >>> 24;
  to[at + 1] = value >>> 16;
  to[at + 2] = value >>> 8;
  to[at + 3] = value;
  return at + 4;
}
