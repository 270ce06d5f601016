import type { NumberColumn } from '../../../../records/column.ts';
import type { NumberRange } from '../predicate.ts';
import type { Condition } from './condition.ts';

/**
 * Whether numbers of up to 32 bits, under a mask, lie in one of several ranges; `isInside` false:
 * in none of them. Rows without the number fulfil neither.
 *
 * @param ranges ascending and apart from each other
 */
export function numberCondition(
  column: NumberColumn,
  mask: bigint,
  ranges: readonly NumberRange[],
  isInside: boolean,
): Condition {
  const [first, second] = ranges;
  if (first !== undefined && second === undefined) {
    return new InRange(column, mask, first, isInside);
  }
  const isSmall = (ranges.at(-1)?.high ?? 0n) <= 0xffffn;
  return isSmall
    ? new InBitmap(column, mask, ranges, isInside)
    : new InRanges(column, mask, ranges, isInside);
}

class InRange implements Condition {
  readonly #present: Uint8Array;
  readonly #values: Uint32Array;
  readonly #mask: number;
  readonly #low: number;
  readonly #width: number;
  readonly #isInside: boolean;

  constructor(column: NumberColumn, mask: bigint, { low, high }: NumberRange, isInside: boolean) {
    this.#present = column.present;
    this.#values = column.values;
    this.#mask = Number(mask);
    this.#low = Number(low);
    this.#width = Number(high - low);
    this.#isInside = isInside;
  }

  keep(rows: Uint32Array, count: number): number {
    const present = this.#present;
    const values = this.#values;
    const mask = this.#mask;
    const low = this.#low;
    const width = this.#width;
    const isInside = this.#isInside;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      // Below the range the difference wraps around to a large number.
      const distance = (((values[row] as number) & mask) - low) >>> 0;
      if (present[row] === 1 && distance <= width === isInside) rows[kept++] = row;
    }
    return kept;
  }
}

/** Has a bit for each number from 0 to 65535. */
class InBitmap implements Condition {
  readonly #present: Uint8Array;
  readonly #values: Uint32Array;
  readonly #mask: number;
  readonly #bits = new Uint32Array(0x10000 / 32);
  readonly #wanted: number;

  constructor(
    column: NumberColumn,
    mask: bigint,
    ranges: readonly NumberRange[],
    isInside: boolean,
  ) {
    this.#present = column.present;
    this.#values = column.values;
    this.#mask = Number(mask);
    this.#wanted = isInside ? 1 : 0;
    for (const { low, high } of ranges) {
      for (let number = Number(low); number <= high; number++) {
        this.#bits[number >>> 5] = (this.#bits[number >>> 5] ?? 0) | (1 << (number & 31));
      }
    }
  }

  keep(rows: Uint32Array, count: number): number {
    const present = this.#present;
    const values = this.#values;
    const mask = this.#mask;
    const bits = this.#bits;
    const wanted = this.#wanted;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      const value = ((values[row] as number) & mask) >>> 0;
      const bit = value > 0xffff ? 0 : ((bits[value >>> 5] as number) >>> (value & 31)) & 1;
      if (present[row] === 1 && bit === wanted) rows[kept++] = row;
    }
    return kept;
  }
}

class InRanges implements Condition {
  readonly #present: Uint8Array;
  readonly #values: Uint32Array;
  readonly #mask: number;
  readonly #lows: Uint32Array;
  readonly #highs: Uint32Array;
  readonly #isInside: boolean;

  constructor(
    column: NumberColumn,
    mask: bigint,
    ranges: readonly NumberRange[],
    isInside: boolean,
  ) {
    this.#present = column.present;
    this.#values = column.values;
    this.#mask = Number(mask);
    this.#lows = Uint32Array.from(ranges, ({ low }) => Number(low));
    this.#highs = Uint32Array.from(ranges, ({ high }) => Number(high));
    this.#isInside = isInside;
  }

  keep(rows: Uint32Array, count: number): number {
    const present = this.#present;
    const values = this.#values;
    const mask = this.#mask;
    const isInside = this.#isInside;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (present[row] !== 1) continue;
      const value = ((values[row] as number) & mask) >>> 0;
      if (this.#has(value) === isInside) rows[kept++] = row;
    }
    return kept;
  }

  /** Only the last range that begins at or below the value can have it. */
  #has(value: number): boolean {
    const lows = this.#lows;
    let from = 0;
    let to = lows.length;
    while (from < to) {
      const middle = (from + to) >>> 1;
      if ((lows[middle] as number) <= value) from = middle + 1;
      else to = middle;
    }
    return from > 0 && value <= (this.#highs[from - 1] as number);
  }
}
