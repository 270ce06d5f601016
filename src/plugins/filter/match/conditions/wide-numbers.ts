import type { WideColumn } from '../../../../records/column.ts';
import type { NumberRange } from '../predicate.ts';
import type { Condition } from './condition.ts';

/** As the conditions of numbers.ts, for numbers of 64 bits: exact, in halves of 32 bits. */
export class WideInRanges implements Condition {
  readonly #column: WideColumn;
  readonly #maskHigh: number;
  readonly #maskLow: number;
  /** Halves of the first and the last number of each range, four for each. */
  readonly #ends: Uint32Array;
  readonly #isInside: boolean;

  /** @param ranges ascending and apart from each other */
  constructor(column: WideColumn, mask: bigint, ranges: readonly NumberRange[], isInside: boolean) {
    this.#column = column;
    this.#maskHigh = highHalf(mask);
    this.#maskLow = lowHalf(mask);
    this.#ends = Uint32Array.from(
      ranges.flatMap(({ low, high }) => [
        highHalf(low),
        lowHalf(low),
        highHalf(high),
        lowHalf(high),
      ]),
    );
    this.#isInside = isInside;
  }

  keep(rows: Uint32Array, count: number): number {
    const { present, high, low } = this.#column;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (present[row] !== 1) continue;
      const upper = ((high[row] as number) & this.#maskHigh) >>> 0;
      const lower = ((low[row] as number) & this.#maskLow) >>> 0;
      if (this.#has(upper, lower) === this.#isInside) rows[kept++] = row;
    }
    return kept;
  }

  /** Only the last range that begins at or below the number can have it. */
  #has(high: number, low: number): boolean {
    let from = 0;
    let to = this.#ends.length / 4;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if (this.#isAtMost(middle * 4, high, low)) from = middle + 1;
      else to = middle;
    }
    if (from === 0) return false;
    const last = from * 4 - 2;
    return !this.#isAtMost(last, high, low) || this.#isEqual(last, high, low);
  }

  /** Whether the end at `at` is not above the number. */
  #isAtMost(at: number, high: number, low: number): boolean {
    const upper = this.#ends[at] as number;
    return upper === high ? (this.#ends[at + 1] as number) <= low : upper < high;
  }

  #isEqual(at: number, high: number, low: number): boolean {
    return this.#ends[at] === high && this.#ends[at + 1] === low;
  }
}

const highHalf = (number: bigint): number => Number(number >> 32n);
const lowHalf = (number: bigint): number => Number(number & 0xffff_ffffn);
