import type { Cells } from './cells.ts';
import type { TableColumn, TableLayout } from './layout.ts';

/** A table of a database that rows are stored in: what each kind of database brings along. */
export interface Database {
  /** For messages, without password: `postgresql://ulog@localhost:5432/ulog`. */
  readonly name: string;
  /**
   * Connects, and reads how the table is laid out. Nothing is left open where it fails.
   *
   * @param lost called once, later, when the connection has ended by itself
   * @throws Error that says what was tried, what went wrong, and what can be done
   */
  connect(lost: (error: Error) => void): Promise<TableConnection>;
}

/** A connection to a database, and the table at its other end. One operation at a time. */
export interface TableConnection {
  readonly layout: TableLayout;
  /**
   * Prepares for rows with these columns of the layout, in the layout's order. Called before the
   * first insert, and again when rows that waited in the spool have other columns.
   */
  prepare(columns: readonly TableColumn[]): Promise<void>;
  /**
   * Stores the rows `from` … `to` − 1 in one transaction: all of them, or none.
   *
   * @param cells one for each column that was prepared, in that order
   * @returns how many were not there before; the others have an id that the table knows already
   * @throws RefusedRows if what they hold is the reason; whatever else it throws means that the
   *   database does not work at the moment, and that nobody knows whether they are stored
   */
  insert(cells: readonly Cells[], from: number, to: number): Promise<number>;
  /** Ends the connection in order. Never throws; it may take as long as the peer does. */
  close(): Promise<void>;
  /** Ends the connection at once, whatever it is doing: what it is doing fails. */
  destroy(): void;
}

/** The database works, but does not take these rows: at least one of them is not as it wants it. */
export class RefusedRows extends Error {
  override readonly name = 'RefusedRows';

  /** @param reason what the database said */
  constructor(reason: string, options?: ErrorOptions) {
    super(reason, options);
  }
}
