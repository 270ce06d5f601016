import type { TableLayout } from './layout.ts';

/** Rows as they wait: a head and the rows behind it, as RowFormat writes them. */
export interface RowPiece {
  readonly bytes: Uint8Array;
  /** How many rows. */
  readonly records: number;
}

/** What became of rows, from the first one on: stored + known + refused is how many were dealt with. */
export interface StoreResult {
  readonly stored: number;
  /** The table had their ids already: an attempt before has stored them. */
  readonly known: number;
  /** The database does not take them. */
  readonly refused: number;
  /** What it said, and for how many of them. */
  readonly reasons: ReadonlyMap<string, number>;
  /** By column: texts that were cut to what it takes. */
  readonly cut: ReadonlyMap<string, number>;
  /** By column: values that it cannot hold, which became NULL. */
  readonly unfit: ReadonlyMap<string, number>;
}

/** Somewhere to store rows, until the connection ends. One operation at a time. */
export interface Session {
  readonly layout: TableLayout;
  /**
   * Stores rows, those left out that the database does not take. What takes more than a second, such as
   * finding many of these, is left to further calls with the rows that remain; a call may well end
   * with none dealt with. So none of them takes much longer than the database does for one answer.
   *
   * @throws Error if the database does not work. Rows that were dealt with before are told first: then the
   *   next call throws. Of the others, those may be stored that were on their way
   */
  store(pieces: readonly RowPiece[]): Promise<StoreResult>;
  /** Ends the connection in order. Never throws. */
  close(): Promise<void>;
  /** Ends it at once: what it is doing fails. */
  destroy(): void;
}

/** How to come to a session. */
export interface SessionOpener {
  /** Where rows go, for messages; without password. */
  readonly name: string;
  /**
   * @param lost called once, later, when the connection has ended by itself
   * @throws Error that says what was tried, what went wrong, and what can be done
   */
  open(lost: (error: Error) => void): Promise<Session>;
}
