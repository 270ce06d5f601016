import type { StoreResult } from './session.ts';

/** A column's values that could not be stored as they were. */
export interface Losses {
  readonly column: string;
  readonly cut: number;
  readonly unfit: number;
}

/** Counts what becomes of the rows of one call of a session's `store`. */
export class StoreTally {
  #rows = 0;
  #stored = 0;
  #refused = 0;
  readonly #reasons = new Map<string, number>();
  readonly #cut = new Map<string, number>();
  readonly #unfit = new Map<string, number>();

  /** Rows that were dealt with. */
  get rows(): number {
    return this.#rows;
  }

  /** @param fresh how many of them the table did not have yet */
  store(rows: number, fresh: number): void {
    this.#rows += rows;
    this.#stored += fresh;
  }

  refuse(rows: number, reason: string): void {
    this.#rows += rows;
    this.#refused += rows;
    add(this.#reasons, reason, rows);
  }

  lose(losses: readonly Losses[]): void {
    for (const { column, cut, unfit } of losses) {
      add(this.#cut, column, cut);
      add(this.#unfit, column, unfit);
    }
  }

  get result(): StoreResult {
    const known = this.#rows - this.#stored - this.#refused;
    return {
      ...{ stored: this.#stored, known, refused: this.#refused },
      ...{ reasons: this.#reasons, cut: this.#cut, unfit: this.#unfit },
    };
  }
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
}
