import type { Cells } from '../cells.ts';
import {
  addFixedSizes,
  integersOf,
  LENGTH_SIZE,
  type ValueWriter,
  writeNull,
} from './value-writer.ts';

/** `bool`, `int2`, `int4`, `int8`: whole numbers of 1, 2, 4 or 8 bytes. */
export class IntegerWriter implements ValueWriter {
  readonly #size: 1 | 2 | 4 | 8;

  constructor(size: 1 | 2 | 4 | 8) {
    this.#size = size;
  }

  addSizes(cells: Cells, from: number, to: number, sizes: Uint32Array): void {
    addFixedSizes(cells, from, to, sizes, this.#size);
  }

  write(cells: Cells, from: number, to: number, out: DataView, places: Uint32Array): void {
    const size = this.#size;
    const { present, high, low } = integersOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const start = at + LENGTH_SIZE;
      const value = low[row] as number;
      out.setInt32(at, size);
      if (size === 4) out.setUint32(start, value);
      else if (size === 2) out.setUint16(start, value);
      else if (size === 1) out.setUint8(start, value);
      else {
        out.setUint32(start, high[row] as number);
        out.setUint32(start + 4, value);
      }
      places[row - from] = start + size;
    }
  }
}

const HALF = 2 ** 32;

/** The base of the digits of `numeric`, and as many as 64 bits need (NBASE in numeric.c). */
const NUMERIC_BASE = 10_000;
const NUMERIC_DIGITS = 5;
/** Number of digits, weight of the first, sign, and digits behind the point. */
const NUMERIC_HEAD = 8;
const NUMERIC_SIZE = NUMERIC_HEAD + 2 * NUMERIC_DIGITS;

/** `numeric` (numeric_recv in numeric.c), zeros in front included. */
export const numericWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addFixedSizes(cells, from, to, sizes, NUMERIC_SIZE),
  write(cells, from, to, out, places) {
    const { present, high, low } = integersOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const start = at + LENGTH_SIZE;
      out.setInt32(at, NUMERIC_SIZE);
      out.setUint16(start, NUMERIC_DIGITS);
      out.setUint16(start + 2, NUMERIC_DIGITS - 1);
      out.setUint32(start + 4, 0);
      let upper = high[row] as number;
      let lower = low[row] as number;
      for (let end = start + NUMERIC_SIZE; end > start + NUMERIC_HEAD; end -= 2) {
        const rest = (upper % NUMERIC_BASE) * HALF + lower;
        out.setUint16(end - 2, rest % NUMERIC_BASE);
        upper = Math.floor(upper / NUMERIC_BASE);
        lower = Math.floor(rest / NUMERIC_BASE);
      }
      places[row - from] = start + NUMERIC_SIZE;
    }
  },
};

/** From 1970 to 2000, where PostgreSQL's time begins (POSTGRES_EPOCH_JDATE in timestamp.h). */
const EPOCH_DAYS = 10_957;
const MICROSECONDS_PER_DAY = 86_400_000_000;
const EPOCH_HIGH = Math.floor((EPOCH_DAYS * MICROSECONDS_PER_DAY) / HALF);
const EPOCH_LOW = (EPOCH_DAYS * MICROSECONDS_PER_DAY) % HALF;
const TIMESTAMP_SIZE = 8;
const DATE_SIZE = 4;

/** `timestamptz`, and `timestamp` in UTC: microseconds since the year 2000. */
export const timestampWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addFixedSizes(cells, from, to, sizes, TIMESTAMP_SIZE),
  write(cells, from, to, out, places) {
    const { present, high, low } = integersOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const start = at + LENGTH_SIZE;
      const lower = (low[row] as number) - EPOCH_LOW;
      out.setInt32(at, TIMESTAMP_SIZE);
      // What is before 2000 is negative: DataView makes the two's complement.
      out.setInt32(start, (high[row] as number) - EPOCH_HIGH - (lower < 0 ? 1 : 0));
      out.setUint32(start + 4, lower);
      places[row - from] = start + TIMESTAMP_SIZE;
    }
  },
};

/** `date`, in UTC: days since the year 2000. */
export const dateWriter: ValueWriter = {
  addSizes: (cells, from, to, sizes) => addFixedSizes(cells, from, to, sizes, DATE_SIZE),
  write(cells, from, to, out, places) {
    const { present, high, low } = integersOf(cells);
    for (let row = from; row < to; row++) {
      const at = places[row - from] as number;
      if (present[row] === 0) {
        places[row - from] = writeNull(out, at);
        continue;
      }
      const time = (high[row] as number) * HALF + (low[row] as number);
      out.setInt32(at, DATE_SIZE);
      out.setInt32(at + LENGTH_SIZE, Math.floor(time / MICROSECONDS_PER_DAY) - EPOCH_DAYS);
      places[row - from] = at + LENGTH_SIZE + DATE_SIZE;
    }
  },
};
