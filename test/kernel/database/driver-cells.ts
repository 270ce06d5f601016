import {
  BytesCells,
  type BytesWire,
  type Cells,
  IntegerCells,
  type IntegerWire,
} from '../../../src/plugins/output/database/cells.ts';
import type { TableColumn } from '../../../src/plugins/output/database/layout.ts';

/** A number, microseconds since 1970 for a time, text, or bytes; NULL without. */
export type CellValue = number | bigint | string | Uint8Array | null | undefined;
export type CellRow = Readonly<Record<string, CellValue>>;

/** Cells for rows that are given by the names of columns. Columns without a value get texts. */
export function cellsOf(columns: readonly TableColumn[], rows: readonly CellRow[]): Cells[] {
  return columns.map((column) => {
    const values = rows.map((row) => row[column.name]);
    const first = values.find((value) => value !== null && value !== undefined);
    return typeof first === 'number' || typeof first === 'bigint'
      ? integerCells(column, values)
      : bytesCells(column, values, first);
  });
}

function integerCells(column: TableColumn, values: readonly CellValue[]): IntegerCells {
  const { kind } = column.type;
  const wire: IntegerWire = kind === 'time' || kind === 'boolean' ? kind : 'integer';
  const cells = new IntegerCells(column, wire);
  cells.resize(values.length);
  for (const [row, value] of values.entries()) {
    if (typeof value !== 'number' && typeof value !== 'bigint') continue;
    cells.present[row] = 1;
    cells.high[row] = Number(BigInt(value) >> 32n);
    cells.low[row] = Number(BigInt(value) & 0xffff_ffffn);
  }
  return cells;
}

function bytesCells(
  column: TableColumn,
  values: readonly CellValue[],
  first: CellValue,
): BytesCells {
  const cells = new BytesCells(column, wireOf(column, first));
  cells.resize(values.length);
  const parts = values.map((value) => {
    if (typeof value === 'string') return Buffer.from(value);
    return value instanceof Uint8Array ? value : undefined;
  });
  // Not at the beginning: offsets count.
  let at = 3;
  cells.data = Buffer.concat([Buffer.alloc(at, '?'), ...parts.flatMap((part) => part ?? [])]);
  for (const [row, part] of parts.entries()) {
    if (!part) continue;
    cells.present[row] = 1;
    cells.offsets[row] = at;
    cells.lengths[row] = part.length;
    at += part.length;
  }
  return cells;
}

function wireOf({ name, type }: TableColumn, first: CellValue): BytesWire {
  if (!(first instanceof Uint8Array)) return 'text';
  if (name === 'specter_id') return 'uuid';
  const { kind } = type;
  return kind === 'address' || kind === 'mac' || kind === 'uuid' ? kind : 'binary';
}

/** Microseconds since 1970 of a time in UTC: `2026-01-02 03:04:05.678901`. */
export function microseconds(text: string): bigint {
  const [seconds = '', fraction = ''] = text.split('.');
  const whole = Date.parse(`${seconds.replace(' ', 'T')}Z`) / 1000;
  return BigInt(whole) * 1_000_000n + BigInt(fraction.padEnd(6, '0') || 0);
}

/** A different id for each number. */
export function idOf(number: number): Buffer {
  const id = Buffer.alloc(16, 0xab);
  id.writeUInt32BE(number, 12);
  return id;
}
