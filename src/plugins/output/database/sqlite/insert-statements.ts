import type { Cells } from '../cells.ts';
import type { TableColumn } from '../layout.ts';
import { type CellValues, Spread, type SqlValue, valuesOf } from './cell-values.ts';
import { insertSql } from './insert-sql.ts';
import type { Sqlite, Statement } from './load-sqlite.ts';

/** Rows of one statement. Measured with 18 columns, µs a row: 10 alone, 6.8 in fives, 6.4 in tens to fifties. */
const ROWS = 10;
/** With fewer rows, looking at them all costs more than it saves. */
const MANY = 20 * ROWS;
/** After so many batches of many rows, the statement becomes what they needed. */
const REVIEW = 256;

/** A statement, and its parameters. */
interface Insert {
  readonly statement: Statement;
  readonly values: SqlValue[];
  /** How the columns of the rows may spread. */
  readonly spreads: readonly Spread[];
}

/**
 * Inserts rows into a table, ten with one statement, and what is left one by one.
 *
 * Half of the time for a row goes into handing its values over, each by itself. So batches of many rows
 * get a statement in which columns that are NULL in all of them have no parameter, and those that are
 * the same in all of them have one for all ten rows. Measured for ten columns of numbers, µs a row: 1.7
 * with parameters of their own, 0.7 with shared ones; of texts 3.7 and 1.1; of NULL 1.4 and 0.5.
 *
 * There is one such statement at a time, which widens where a batch needs it, and narrows now and then: a
 * statement costs as much time as ten rows, and 28 KiB that come back late (see query.ts).
 */
export class InsertStatements {
  readonly #db: Sqlite;
  readonly #table: string;
  readonly #columns: readonly TableColumn[];
  readonly #indexes: readonly (readonly string[])[];
  readonly #one: Insert;
  readonly #some: Insert;
  #many: Insert | undefined;
  /** What the batches since the last review needed. */
  #needed: Spread[];
  #batches = 0;
  #cells: readonly Cells[] = [];
  #values: readonly CellValues[] = [];

  /**
   * @param indexes columns of unique indexes: rows that are in one of these already are left out
   * @throws an error of SQLite if the table does not take such rows
   */
  constructor(
    db: Sqlite,
    table: string,
    columns: readonly TableColumn[],
    indexes: readonly (readonly string[])[],
  ) {
    this.#db = db;
    this.#table = table;
    this.#columns = columns;
    this.#indexes = indexes;
    this.#needed = columns.map(() => Spread.NULL);
    const allDiffer = columns.map(() => Spread.DIFFER);
    this.#one = this.#prepare(allDiffer, 1);
    this.#some = this.#prepare(allDiffer, ROWS);
  }

  /**
   * Inserts the rows `from` … `to` − 1.
   *
   * @returns how many are new; 0 for a view, of which SQLite counts none
   */
  insert(cells: readonly Cells[], from: number, to: number): number {
    if (cells.some((each, i) => each !== this.#cells[i])) {
      this.#cells = [...cells];
      this.#values = this.#cells.map(valuesOf);
    }
    const insert = to - from < MANY ? this.#some : this.#insertFor(from, to);
    let stored = 0;
    let row = from;
    for (; row + ROWS <= to; row += ROWS) stored += this.#run(insert, row, ROWS);
    for (; row < to; row++) stored += this.#run(this.#one, row, 1);
    return stored;
  }

  /** Whether the table is still as the statements need it. */
  isValid(): boolean {
    try {
      this.#prepare(this.#one.spreads, 1);
      return true;
    } catch {
      return false;
    }
  }

  #insertFor(from: number, to: number): Insert {
    const spreads = this.#values.map((values) => values.spread(from, to));
    this.#needed = widest(this.#needed, spreads);
    let many = this.#many;
    if (++this.#batches >= REVIEW) {
      this.#batches = 0;
      if (!isSame(this.#needed, many?.spreads)) many = undefined;
      many ??= this.#prepare(this.#needed, ROWS);
      this.#needed = spreads;
    } else if (!many) {
      many = this.#prepare(spreads, ROWS);
    } else {
      const wide = widest(many.spreads, spreads);
      if (!isSame(wide, many.spreads)) many = this.#prepare(wide, ROWS);
    }
    this.#many = many;
    return many;
  }

  #prepare(spreads: readonly Spread[], rows: number): Insert {
    const shape = { columns: this.#columns, spreads, rows, indexes: this.#indexes };
    const { sql, parameters } = insertSql(this.#table, shape);
    const values = new Array<SqlValue>(parameters).fill(null);
    return { statement: this.#db.prepare(sql), values, spreads };
  }

  #run({ statement, values, spreads }: Insert, row: number, rows: number): number {
    let own = 0;
    for (let i = 0; i < spreads.length; i++) if (spreads[i] === Spread.SAME) own++;
    const step = (values.length - own) / rows;
    let shared = 0;
    for (let i = 0; i < spreads.length; i++) {
      const column = this.#values[i] as CellValues;
      if (spreads[i] === Spread.DIFFER) column.put(row, rows, values, own++, step);
      else if (spreads[i] === Spread.SAME) column.put(row, 1, values, shared++, 0);
    }
    return statement.run(...values).changes;
  }
}

const widest = (one: readonly Spread[], other: readonly Spread[]): Spread[] =>
  one.map((spread, i) => ((other[i] as Spread) > spread ? (other[i] as Spread) : spread));

const isSame = (one: readonly Spread[], other: readonly Spread[] | undefined): boolean =>
  other !== undefined && one.every((spread, i) => spread === other[i]);
