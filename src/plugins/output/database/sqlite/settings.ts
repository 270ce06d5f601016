/** What has to be known to store rows in an SQLite file. */
export interface SqliteSettings {
  /** The file, as an absolute path. */
  readonly path: string;
  /** The table or view. */
  readonly table: string;
  /**
   * Whether a file that is missing is made, and a database without any table gets those of schema.ts.
   */
  readonly create: boolean;
  /**
   * Whether each transaction waits until it is on disk (`PRAGMA synchronous=FULL`). Otherwise
   * (`NORMAL`) a loss of power can undo the last transactions, but never damages the file; the end of
   * specter, by whatever signal, undoes nothing.
   */
  readonly sync: boolean;
}
