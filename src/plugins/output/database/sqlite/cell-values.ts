import type { BytesCells, Cells, IntegerCells } from '../cells.ts';

/** What SQLite takes for a parameter. */
export type SqlValue = null | number | bigint | string | Uint8Array;

/** How a column's values spread over some rows; what fits one of these fits those behind it. */
export const Spread = { NULL: 0, SAME: 1, DIFFER: 2 } as const;
export type Spread = (typeof Spread)[keyof typeof Spread];

/** Makes values for SQLite of a column's cells. */
export interface CellValues {
  /** How the values of the rows `from` … `to` − 1, at least one, spread. */
  spread(from: number, to: number): Spread;
  /** Puts the values of the rows from `first` on to the places `at`, `at + step`, … of `values`. */
  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void;
}

/** The values of cells, by what they hold. */
export function valuesOf(cells: Cells): CellValues {
  if (cells.kind === 'bytes') {
    if (cells.wire === 'text') return new TextValues(cells);
    const isText = cells.column.type.kind === 'text';
    return isText ? new HexValues(cells) : new BinaryValues(cells);
  }
  if (cells.wire === 'time') return new TimeValues(cells);
  return new IntegerValues(cells, cells.column.type.kind === 'any');
}

const HALF = 2 ** 32;
/**
 * The upper half of 2⁵¹. A number of JavaScript reaches SQLite as a double, of which a column with
 * INTEGER or NUMERIC affinity makes an integer only below this (`sqlite3RealSameAsInt`).
 */
const EXACT_HIGH = 2 ** (51 - 32);
/** Below this a number of JavaScript reaches SQLite as an integer. */
const INT_MAX = 2 ** 31;
/** Up to this length the memory of the value before is used again: for ids and addresses. */
const SHORT = 64;

class IntegerValues implements CellValues {
  readonly #cells: IntegerCells;
  /** From here on BigInts: they stay integers in a column that converts nothing. */
  readonly #maxLow: number;

  constructor(cells: IntegerCells, hasNoAffinity: boolean) {
    this.#cells = cells;
    this.#maxLow = hasNoAffinity ? INT_MAX : HALF;
  }

  spread(from: number, to: number): Spread {
    return spreadOfIntegers(this.#cells, from, to);
  }

  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void {
    const { present, high, low } = this.#cells;
    for (let row = first, place = at; row < first + rows; row++, place += step) {
      const upper = high[row] as number;
      const lower = low[row] as number;
      if (present[row] !== 1) values[place] = null;
      else if (upper === 0 && lower < this.#maxLow) values[place] = lower;
      else values[place] = this.#wide(upper, lower);
    }
  }

  #wide(high: number, low: number): SqlValue {
    return high < EXACT_HIGH && this.#maxLow === HALF
      ? high * HALF + low
      : (BigInt(high) << 32n) | BigInt(low);
  }
}

/** Points in time as SQLite's own functions have them, in UTC: `2026-11-22 02:05:43.000123`. */
class TimeValues implements CellValues {
  readonly #cells: IntegerCells;
  #second = -1;
  /** `2026-11-22 02:05:43.` of that second. */
  #prefix = '';

  constructor(cells: IntegerCells) {
    this.#cells = cells;
  }

  spread(from: number, to: number): Spread {
    return spreadOfIntegers(this.#cells, from, to);
  }

  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void {
    const { present, high, low } = this.#cells;
    for (let row = first, place = at; row < first + rows; row++, place += step) {
      values[place] =
        present[row] === 1 ? this.#text((high[row] as number) * HALF + (low[row] as number)) : null;
    }
  }

  #text(microseconds: number): string {
    const second = Math.floor(microseconds / 1_000_000);
    if (second !== this.#second) {
      this.#second = second;
      this.#prefix = new Date(second * 1000).toISOString().replace('T', ' ').slice(0, -4);
    }
    return this.#prefix + String(1_000_000 + microseconds - second * 1_000_000).slice(1);
  }
}

/** A text that is the same as in the row before becomes the same string. */
class TextValues implements CellValues {
  readonly #cells: BytesCells;
  #last = '';
  /** The bytes that `#last` was made of. */
  #lastBytes = Buffer.alloc(64);
  #lastLength = 0;
  #data: Uint8Array = new Uint8Array(0);
  #buffer: Buffer = Buffer.alloc(0);

  constructor(cells: BytesCells) {
    this.#cells = cells;
  }

  spread(from: number, to: number): Spread {
    return spreadOfBytes(this.#cells, from, to);
  }

  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void {
    const { present, offsets, lengths, data } = this.#cells;
    if (data !== this.#data) {
      this.#data = data;
      this.#buffer = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    }
    for (let row = first, place = at; row < first + rows; row++, place += step) {
      values[place] =
        present[row] === 1 ? this.#text(offsets[row] as number, lengths[row] as number) : null;
    }
  }

  #text(offset: number, length: number): string {
    if (!this.#isLast(offset, length)) {
      if (length > this.#lastBytes.length) this.#lastBytes = Buffer.alloc(2 * length);
      for (let i = 0; i < length; i++) this.#lastBytes[i] = this.#data[offset + i] as number;
      this.#lastLength = length;
      this.#last = this.#buffer.toString('utf8', offset, offset + length);
    }
    return this.#last;
  }

  #isLast(offset: number, length: number): boolean {
    if (length !== this.#lastLength) return false;
    // From the end: addresses differ there.
    for (let i = length - 1; i >= 0; i--) {
      if (this.#lastBytes[i] !== this.#data[offset + i]) return false;
    }
    return true;
  }
}

/** Bytes: SQLite copies them when they are bound, so that they can stay where they are. */
class BinaryValues implements CellValues {
  readonly #cells: BytesCells;

  constructor(cells: BytesCells) {
    this.#cells = cells;
  }

  spread(from: number, to: number): Spread {
    return spreadOfBytes(this.#cells, from, to);
  }

  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void {
    const { present, offsets, lengths, data } = this.#cells;
    for (let row = first, place = at; row < first + rows; row++, place += step) {
      if (present[row] !== 1) {
        values[place] = null;
        continue;
      }
      const offset = offsets[row] as number;
      const length = lengths[row] as number;
      const before = values[place];
      if (before instanceof Uint8Array && before.length === length && length <= SHORT) {
        for (let i = 0; i < length; i++) before[i] = data[offset + i] as number;
      } else {
        values[place] = data.slice(offset, offset + length);
      }
    }
  }
}

/** Bytes as hexadecimal digits, in a column of text: ids. */
class HexValues implements CellValues {
  readonly #cells: BytesCells;

  constructor(cells: BytesCells) {
    this.#cells = cells;
  }

  spread(from: number, to: number): Spread {
    return spreadOfBytes(this.#cells, from, to);
  }

  put(first: number, rows: number, values: SqlValue[], at: number, step: number): void {
    const { present, offsets, lengths, data } = this.#cells;
    const bytes = Buffer.from(data.buffer, data.byteOffset, data.byteLength);
    for (let row = first, place = at; row < first + rows; row++, place += step) {
      const offset = offsets[row] as number;
      const end = offset + (lengths[row] as number);
      values[place] = present[row] === 1 ? bytes.toString('hex', offset, end) : null;
    }
  }
}

function spreadOfIntegers(cells: IntegerCells, from: number, to: number): Spread {
  const { present, high, low } = cells;
  if (present[from] !== 1) return spreadOfNulls(present, from, to);
  for (let row = from + 1; row < to; row++) {
    if (present[row] !== 1 || low[row] !== low[from] || high[row] !== high[from]) {
      return Spread.DIFFER;
    }
  }
  return Spread.SAME;
}

function spreadOfBytes(cells: BytesCells, from: number, to: number): Spread {
  const { present, offsets, lengths, data } = cells;
  if (present[from] !== 1) return spreadOfNulls(present, from, to);
  const first = offsets[from] as number;
  const length = lengths[from] as number;
  for (let row = from + 1; row < to; row++) {
    if (present[row] !== 1 || lengths[row] !== length) return Spread.DIFFER;
    const offset = offsets[row] as number;
    // From the end: ids and addresses differ there.
    for (let i = length - 1; i >= 0; i--) {
      if (data[first + i] !== data[offset + i]) return Spread.DIFFER;
    }
  }
  return Spread.SAME;
}

function spreadOfNulls(present: Uint8Array, from: number, to: number): Spread {
  for (let row = from + 1; row < to; row++) if (present[row] === 1) return Spread.DIFFER;
  return Spread.NULL;
}
