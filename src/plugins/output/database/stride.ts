/**
 * How many rows to store at once where the database refuses some: as many as possible, in few attempts.
 *
 * Rows that are refused are halved down to the one that is to blame, which takes about as many attempts
 * as there are binary digits in their number; behind it each success doubles the stride. Where many are
 * refused, the stride stays short: however they lie, n rows take no more than 1.5 n + log₂ n + 1 attempts.
 */
export class Stride {
  #rows = Number.POSITIVE_INFINITY;
  /** Among so many rows, the next ones, is one at least that is refused. */
  #suspects = 0;

  /** How many of `rows` rows to try next. */
  of(rows: number): number {
    return Math.min(this.#rows, rows);
  }

  /** The next rows were stored. */
  stored(rows: number): void {
    this.#suspects = Math.max(0, this.#suspects - rows);
    this.#rows = this.#suspects > 0 ? Math.ceil(this.#suspects / 2) : 2 * this.#rows;
  }

  /** The next rows were refused: a single one for good, others are to be tried in smaller numbers. */
  refused(rows: number): void {
    this.#suspects = rows === 1 ? 0 : rows;
    this.#rows = Math.ceil(rows / 2);
  }
}
