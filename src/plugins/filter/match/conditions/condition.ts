import type { Column } from '../../../../records/column.ts';

/**
 * A compiled expression. It works on lists of rows, not on single ones: each test is then one loop
 * over columns, without a call for each row, and sees only the rows that still matter. Measured with
 * three tests: 16 ns a row, and 65 ns with objects that are asked row by row.
 */
export interface Condition {
  /**
   * Shortens the list of the first `count` of `rows` to those that fulfil the condition, in order.
   * @returns their number
   */
  keep(rows: Uint32Array, count: number): number;
}

/** Whether rows have a key. */
export class Presence implements Condition {
  readonly #present: Uint8Array;
  readonly #wanted: number;

  constructor({ present }: Column, isWanted: boolean) {
    this.#present = present;
    this.#wanted = isWanted ? 1 : 0;
  }

  keep(rows: Uint32Array, count: number): number {
    const present = this.#present;
    const wanted = this.#wanted;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (present[row] === wanted) rows[kept++] = row;
    }
    return kept;
  }
}

/** All of several conditions hold: each sees the rows that those before it have kept. */
export class All implements Condition {
  readonly #conditions: readonly Condition[];

  constructor(conditions: readonly Condition[]) {
    this.#conditions = conditions;
  }

  keep(rows: Uint32Array, count: number): number {
    let kept = count;
    for (let i = 0; i < this.#conditions.length && kept > 0; i++) {
      kept = (this.#conditions[i] as Condition).keep(rows, kept);
    }
    return kept;
  }
}

/** At least one of several conditions holds: each sees the rows that those before it have refused. */
export class Any implements Condition {
  readonly #conditions: readonly Condition[];
  /** Rows that no condition has taken yet. */
  readonly #left: Uint32Array;
  readonly #taken: Uint32Array;

  /** @param capacity rows of a batch */
  constructor(conditions: readonly Condition[], capacity: number) {
    this.#conditions = conditions;
    this.#left = new Uint32Array(capacity);
    this.#taken = new Uint32Array(capacity);
  }

  keep(rows: Uint32Array, count: number): number {
    const left = this.#left;
    const taken = this.#taken;
    copy(rows, count, left);
    let remaining = count;
    for (let i = 0; i < this.#conditions.length && remaining > 0; i++) {
      copy(left, remaining, taken);
      const takes = (this.#conditions[i] as Condition).keep(taken, remaining);
      remaining = without(left, remaining, taken, takes);
    }
    return without(rows, count, left, remaining);
  }
}

/** A condition does not hold. */
export class Not implements Condition {
  readonly #condition: Condition;
  readonly #refused: Uint32Array;

  /** @param capacity rows of a batch */
  constructor(condition: Condition, capacity: number) {
    this.#condition = condition;
    this.#refused = new Uint32Array(capacity);
  }

  keep(rows: Uint32Array, count: number): number {
    copy(rows, count, this.#refused);
    return without(rows, count, this.#refused, this.#condition.keep(this.#refused, count));
  }
}

function copy(from: Uint32Array, count: number, to: Uint32Array): void {
  for (let i = 0; i < count; i++) to[i] = from[i] as number;
}

/** Takes out of `rows` those that are also in `others`, a part of them in the same order. */
function without(
  rows: Uint32Array,
  count: number,
  others: Uint32Array,
  otherCount: number,
): number {
  let kept = 0;
  let next = 0;
  for (let i = 0; i < count; i++) {
    const row = rows[i] as number;
    if (next < otherCount && others[next] === row) next++;
    else rows[kept++] = row;
  }
  return kept;
}
