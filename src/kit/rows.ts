import type { Batch } from '../records/batch.ts';
import { BytesColumn, NumberColumn, type WideColumn } from '../records/column.ts';
import type { Key } from '../records/key.ts';

/** A key's value: bytes for `ip`, `mac`, `string` and `bytes`, a bigint for `u64`. */
export type Value = number | bigint | Uint8Array;

/** The values that one record has, by key; a key that is not there is absent. */
export type Row = ReadonlyMap<string, Value>;

/** Stands before, between and behind the values: what a plugin reads beyond them shows. */
const GUARD = Buffer.from('<beyond the value>');

/**
 * Fills a batch as a source does: numbers go into columns, bytes into one receive buffer that the
 * columns refer to. All rows are selected then.
 *
 * @param keys those that the source provides; others are left alone
 * @returns the receive buffer
 */
export function loadRows(batch: Batch, keys: readonly Key[], rows: readonly Row[]): Uint8Array {
  if (rows.length > batch.capacity) throw new RangeError('more rows than the batch can take');
  const { received, offsets } = receive(rows);
  batch.begin(received);
  for (const { name } of keys) {
    const column = batch.columns.find(name)?.column;
    if (!column) continue;
    for (const [index, row] of rows.entries()) {
      const value = row.get(name);
      if (value !== undefined) setValue(column, name, index, value, offsets);
    }
  }
  batch.count = rows.length;
  batch.selectAll();
  return received;
}

/** Lays out all bytes of the rows; values that are the same object are laid out once. */
function receive(rows: readonly Row[]) {
  const offsets = new Map<Uint8Array, number>();
  const parts: Uint8Array[] = [GUARD];
  let at = GUARD.length;
  for (const row of rows) {
    for (const value of row.values()) {
      if (!(value instanceof Uint8Array) || offsets.has(value)) continue;
      offsets.set(value, at);
      parts.push(value, GUARD);
      at += value.length + GUARD.length;
    }
  }
  return { received: new Uint8Array(Buffer.concat(parts)), offsets };
}

function setValue(
  column: NumberColumn | WideColumn | BytesColumn,
  name: string,
  row: number,
  value: Value,
  offsets: ReadonlyMap<Uint8Array, number>,
): void {
  if (column instanceof BytesColumn) {
    if (!(value instanceof Uint8Array)) throw new TypeError(`key ${name} takes bytes`);
    column.set(row, offsets.get(value) ?? 0, value.length);
  } else if (column instanceof NumberColumn) {
    if (typeof value !== 'number') throw new TypeError(`key ${name} takes a number`);
    column.set(row, value);
  } else {
    if (typeof value !== 'bigint') throw new TypeError(`key ${name} takes a bigint`);
    column.set(row, Number(value >> 32n), Number(value & 0xffff_ffffn));
  }
}

/** The values of some keys in one row of a batch; bytes are copied. */
export function readRow(batch: Batch, keys: readonly Key[], row: number): Row {
  const values = new Map<string, Value>();
  for (const { name } of keys) {
    const column = batch.columns.find(name)?.column;
    if (!column?.has(row)) continue;
    if (column instanceof BytesColumn) {
      const at = column.offset(row);
      values.set(name, column.data.slice(at, at + column.length(row)));
    } else if (column instanceof NumberColumn) {
      values.set(name, column.get(row));
    } else {
      const [high = 0, low = 0] = [column.high[row], column.low[row]];
      values.set(name, (BigInt(high) << 32n) | BigInt(low));
    }
  }
  return values;
}
