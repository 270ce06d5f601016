import { u32 } from '../../../records/bytes.ts';
import { NumberColumn, WideColumn } from '../../../records/column.ts';
import { type CellBuilder, IntegerCells, type IntegerWire } from './cells.ts';
import type { TableColumn, TimeRange } from './layout.ts';
import type { RowTable } from './row-table.ts';

const HALF = 2 ** 32;

/** Numbers, where a column takes them: others become NULL, or its maximum, and are counted. */
export class NumberBuilder implements CellBuilder {
  readonly cells: IntegerCells;
  readonly cut = 0;
  unfit = 0;
  readonly #field: number;
  readonly #maxHigh: number;
  readonly #maxLow: number;
  readonly #saturates: boolean;

  constructor(column: TableColumn, wire: IntegerWire, field: number, max: bigint) {
    this.cells = new IntegerCells(column, wire);
    this.#field = field;
    this.#saturates = column.type.kind === 'integer' && column.type.saturates === true;
    this.#maxHigh = Number(max >> 32n);
    this.#maxLow = Number(max & 0xffff_ffffn);
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const column = table.column(this.#field);
    const { rows } = table;
    cells.resize(rows);
    const { present, high, low } = cells;
    for (let row = 0; row < rows; row++) {
      present[row] = 0;
      if (!column.has(row)) continue;
      if (column instanceof NumberColumn) {
        high[row] = 0;
        low[row] = column.get(row);
      } else if (column instanceof WideColumn) {
        high[row] = column.high[row] as number;
        low[row] = column.low[row] as number;
      }
      present[row] = 1;
      if (this.#fits(high[row] as number, low[row] as number)) continue;
      this.unfit++;
      high[row] = this.#maxHigh;
      low[row] = this.#maxLow;
      if (!this.#saturates) present[row] = 0;
    }
  }

  #fits(high: number, low: number): boolean {
    return high < this.#maxHigh || (high === this.#maxHigh && low <= this.#maxLow);
  }
}

/** Whether a number is not 0. */
export class BooleanBuilder implements CellBuilder {
  readonly cells: IntegerCells;
  readonly cut = 0;
  readonly unfit = 0;
  readonly #field: number;

  constructor(column: TableColumn, field: number) {
    this.cells = new IntegerCells(column, 'boolean');
    this.#field = field;
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const column = table.column(this.#field);
    cells.resize(table.rows);
    for (let row = 0; row < table.rows; row++) {
      cells.present[row] = column.has(row) ? 1 : 0;
      cells.low[row] = column instanceof NumberColumn && column.get(row) !== 0 ? 1 : 0;
    }
  }
}

/** IPv4 addresses as numbers, as ulogd has them: IPv6 ones become NULL, and are counted. */
export class AddressNumberBuilder implements CellBuilder {
  readonly cells: IntegerCells;
  readonly cut = 0;
  unfit = 0;
  readonly #field: number;
  readonly #max: number;

  constructor(column: TableColumn, field: number, max: bigint) {
    this.cells = new IntegerCells(column, 'integer');
    this.#field = field;
    this.#max = Number(max);
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const column = table.column(this.#field);
    cells.resize(table.rows);
    for (let row = 0; row < table.rows; row++) {
      cells.present[row] = 0;
      if (!column.has(row) || !('offsets' in column)) continue;
      const address = column.length(row) === 4 ? u32(column.data, column.offset(row)) : HALF;
      if (address < HALF && address <= this.#max) {
        cells.low[row] = address;
        cells.present[row] = 1;
      } else this.unfit++;
    }
  }
}

/** All that a key for seconds holds. */
const unlimited: TimeRange = { first: 0, last: HALF - 1 };

/**
 * Points in time out of two keys: seconds since 1970, and microseconds. Those that the column does not
 * take become NULL, and are counted.
 */
export class TimeBuilder implements CellBuilder {
  readonly cells: IntegerCells;
  readonly cut = 0;
  unfit = 0;
  readonly #seconds: number;
  readonly #microseconds: number | undefined;
  readonly #range: TimeRange;

  constructor(column: TableColumn, seconds: number, microseconds: number | undefined) {
    const { type } = column;
    this.cells = new IntegerCells(column, 'time');
    this.#seconds = seconds;
    this.#microseconds = microseconds;
    this.#range = (type.kind === 'time' && type.range) || unlimited;
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const seconds = table.column(this.#seconds);
    const microseconds =
      this.#microseconds === undefined ? undefined : table.column(this.#microseconds);
    cells.resize(table.rows);
    const { present, high, low } = cells;
    const { first, last } = this.#range;
    for (let row = 0; row < table.rows; row++) {
      present[row] = 0;
      if (!(seconds instanceof NumberColumn) || !seconds.has(row)) continue;
      const second = seconds.get(row);
      if (second < first || second > last) {
        this.unfit++;
        continue;
      }
      const fraction =
        microseconds instanceof NumberColumn && microseconds.has(row) ? microseconds.get(row) : 0;
      // Below 2^53 until the year 2255, and the seconds end in 2106.
      const time = second * 1_000_000 + fraction;
      high[row] = Math.floor(time / HALF);
      low[row] = time % HALF;
      present[row] = 1;
    }
  }
}
