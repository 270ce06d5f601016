import type { BytesColumn } from '../../../../records/column.ts';
import type { BytesOperator } from '../predicate.ts';
import type { Condition } from './condition.ts';

/** Runs of bytes, listed or told by what they have in common. `PrefixSet` is one of addresses. */
export interface BytesSet {
  has(data: Uint8Array, offset: number, length: number): boolean;
}

/** Whether bytes are in a set; `isInside` false: are not. Rows without them fulfil neither. */
export class InBytesSet implements Condition {
  readonly #column: BytesColumn;
  readonly #set: BytesSet;
  readonly #isInside: boolean;

  constructor(column: BytesColumn, set: BytesSet, isInside: boolean) {
    this.#column = column;
    this.#set = set;
    this.#isInside = isInside;
  }

  keep(rows: Uint32Array, count: number): number {
    const { data, lengths, offsets, present } = this.#column;
    const set = this.#set;
    const isInside = this.#isInside;
    let kept = 0;
    for (let i = 0; i < count; i++) {
      const row = rows[i] as number;
      if (present[row] !== 1) continue;
      const has = set.has(data, offsets[row] as number, lengths[row] as number);
      if (has === isInside) rows[kept++] = row;
    }
    return kept;
  }
}

/** @param values one at least; all but `equal` take the first only */
export function bytesSet(operator: BytesOperator, values: readonly Uint8Array[]): BytesSet {
  const [value = new Uint8Array(0)] = values;
  switch (operator) {
    case 'equal':
      return new Listed(values);
    case 'contains':
      return new Containing(value);
    default:
      return new BeginningOrEnding(value, operator === 'startswith');
  }
}

/** Some runs of bytes; found by bisection. */
class Listed implements BytesSet {
  readonly #values: readonly Uint8Array[];

  constructor(values: readonly Uint8Array[]) {
    this.#values = values.toSorted((a, b) => compare(a, b, 0, b.length));
  }

  has(data: Uint8Array, offset: number, length: number): boolean {
    let low = 0;
    let high = this.#values.length;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const order = compare(this.#values[middle] as Uint8Array, data, offset, length);
      if (order === 0) return true;
      if (order > 0) high = middle;
      else low = middle + 1;
    }
    return false;
  }
}

/** Shorter runs before longer ones, those of one length by their bytes; 0 for equal ones. */
function compare(value: Uint8Array, data: Uint8Array, offset: number, length: number): number {
  if (value.length !== length) return value.length - length;
  for (let i = 0; i < length; i++) {
    const difference = (value[i] as number) - (data[offset + i] as number);
    if (difference !== 0) return difference;
  }
  return 0;
}

class BeginningOrEnding implements BytesSet {
  readonly #wanted: Uint8Array;
  readonly #isAtStart: boolean;

  constructor(wanted: Uint8Array, isAtStart: boolean) {
    this.#wanted = wanted;
    this.#isAtStart = isAtStart;
  }

  has(data: Uint8Array, offset: number, length: number): boolean {
    const wanted = this.#wanted;
    const spare = length - wanted.length;
    if (spare < 0) return false;
    const at = this.#isAtStart ? offset : offset + spare;
    for (let i = 0; i < wanted.length; i++) if (data[at + i] !== wanted[i]) return false;
    return true;
  }
}

/**
 * All that have a run of bytes in them, found with the algorithm of Knuth, Morris and Pratt: it looks
 * at each byte at most twice, so that whoever writes the packets cannot make it slow.
 */
class Containing implements BytesSet {
  readonly #wanted: Uint8Array;
  /** For each count of bytes that fit: how many still fit when the next one does not. */
  readonly #fallback: Uint32Array;

  /** @param wanted at least one byte */
  constructor(wanted: Uint8Array) {
    this.#wanted = wanted;
    this.#fallback = new Uint32Array(wanted.length + 1);
    let fitting = 0;
    for (let i = 1; i < wanted.length; i++) {
      while (fitting > 0 && wanted[fitting] !== wanted[i]) fitting = this.#fallback[fitting] ?? 0;
      if (wanted[fitting] === wanted[i]) fitting++;
      this.#fallback[i + 1] = fitting;
    }
  }

  has(data: Uint8Array, offset: number, length: number): boolean {
    const wanted = this.#wanted;
    const fallback = this.#fallback;
    const end = offset + length;
    let fitting = 0;
    for (let at = offset; at < end; at++) {
      const byte = data[at];
      while (fitting > 0 && wanted[fitting] !== byte) fitting = fallback[fitting] as number;
      if (wanted[fitting] === byte) fitting++;
      if (fitting === wanted.length) return true;
    }
    return false;
  }
}
