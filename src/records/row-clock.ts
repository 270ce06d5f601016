import type { NumberColumn } from './column.ts';
import type { ColumnSet } from './column-set.ts';

/**
 * Rows come after younger ones by less than this many milliseconds: packets of several processors
 * overtake each other, and the rows of one branch of a batch come after those of the other.
 */
const OVERTAKING = 10_000;

/**
 * A clock that never goes back, driven by the rows' times (`oob.time.sec`, `oob.time.usec`), for
 * plugins that measure how much time lies between packets. It must be shown every row, in order.
 *
 * Rows that come a little out of order count as simultaneous. When the times go back further, the
 * machine's clock has been set: then no time has passed, and the clock goes on from where it was.
 */
export class RowClock {
  readonly #seconds: NumberColumn;
  readonly #microseconds: NumberColumn;
  /** Added to a row's time: by how much the machine's clock has been set back so far. */
  #offset = 0;
  #now = 0;

  constructor(columns: ColumnSet) {
    this.#seconds = columns.readNumbers('oob.time.sec');
    this.#microseconds = columns.readNumbers('oob.time.usec');
  }

  /** The time of the row shown last, in milliseconds; only differences mean something. */
  get now(): number {
    return this.#now;
  }

  /**
   * Goes on to the row's time. It is read from `now` because a number of more than 32 bits that a
   * function takes or returns can cost an allocation.
   */
  show(row: number): void {
    if (!this.#seconds.has(row)) return;
    const microseconds = this.#microseconds.has(row) ? this.#microseconds.get(row) : 0;
    const time = this.#seconds.get(row) * 1000 + Math.floor(microseconds / 1000) + this.#offset;
    if (time >= this.#now) this.#now = time;
    else if (this.#now - time > OVERTAKING) this.#offset += this.#now - time;
  }
}
