import { statSync } from 'node:fs';
import type { Cells } from '../cells.ts';
import { RefusedRows, type TableConnection } from '../database.ts';
import type { TableColumn, TableLayout } from '../layout.ts';
import { ID_COLUMN } from '../row-id.ts';
import { idCellsOf, type Run, rowsOf, unknownRuns } from '../unknown-rows.ts';
import { InsertStatements } from './insert-statements.ts';
import { knownIds } from './known-ids.ts';
import { isView, uniqueIndexesWith } from './layout-reader.ts';
import type { Sqlite } from './load-sqlite.ts';
import { isDuplicate, outage, resultOf, SQLITE_ERROR, storeFailure } from './sqlite-error.ts';

/** An open SQLite file. All of it happens within the calls: use it in a thread of its own. */
export class SqliteConnection implements TableConnection {
  readonly layout: TableLayout;
  readonly #db: Sqlite;
  readonly #path: string;
  readonly #inode: bigint;
  readonly #device: bigint;
  #statements: InsertStatements | undefined;
  /** Rows go to a trigger, and nobody says what becomes of them. */
  #isView = false;

  /** @param db open, with the file at `path` */
  constructor(db: Sqlite, path: string, layout: TableLayout) {
    this.#db = db;
    this.#path = path;
    this.layout = layout;
    const { ino, dev } = statSync(path, { bigint: true });
    this.#inode = ino;
    this.#device = dev;
  }

  async prepare(columns: readonly TableColumn[]): Promise<void> {
    const { table } = this.layout;
    try {
      const indexes = columns.some(({ name }) => name.toLowerCase() === ID_COLUMN)
        ? uniqueIndexesWith(this.#db, table, ID_COLUMN)
        : [];
      this.#statements = new InsertStatements(this.#db, table, columns, indexes);
      this.#isView = isView(this.#db, table);
    } catch (error) {
      throw outage(`insert into ${table} of`, this.#path, error);
    }
  }

  async insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    const statements = this.#statements;
    if (!statements) throw new Error('nothing is prepared');
    try {
      return this.#isView
        ? await this.#insertIntoView(statements, cells, from, to)
        : this.#insertRuns(statements, cells, [[from, to]]);
    } catch (error) {
      // A function in a trigger or a generated column does not like a value; or the table is gone.
      if (resultOf(error) === SQLITE_ERROR && statements.isValid()) {
        throw new RefusedRows(error instanceof Error ? error.message : String(error));
      }
      throw storeFailure(this.#path, error);
    }
  }

  /**
   * What INSERT would leave out of a table because of its id makes the trigger of a view fail, where the
   * table behind it has an index for that. Then the view is asked which ids it has.
   */
  async #insertIntoView(
    statements: InsertStatements,
    cells: readonly Cells[],
    from: number,
    to: number,
  ): Promise<number> {
    try {
      this.#insertRuns(statements, cells, [[from, to]]);
      return to - from;
    } catch (error) {
      const ids = idCellsOf(cells);
      if (!ids || !isDuplicate(error)) throw error;
      const runs = await unknownRuns(ids, from, to, (each) =>
        knownIds(this.#db, this.layout.table, ids.column, each),
      );
      const unknown = rowsOf(runs);
      if (unknown === to - from) throw error;
      this.#insertRuns(statements, cells, runs);
      return unknown;
    }
  }

  /** Inserts rows in one transaction, and returns how many SQLite counts. */
  #insertRuns(statements: InsertStatements, cells: readonly Cells[], runs: readonly Run[]): number {
    let stored = 0;
    try {
      this.#db.exec('BEGIN IMMEDIATE');
      for (const [from, to] of runs) stored += statements.insert(cells, from, to);
      this.#checkFile();
      this.#db.exec('COMMIT');
      return stored;
    } catch (error) {
      this.#rollBack();
      throw error;
    }
  }

  /**
   * Gives the file back, if nothing was prepared: prepared statements keep it open until the garbage
   * collector takes them, or the thread ends.
   */
  async close(): Promise<void> {
    this.destroy();
  }

  destroy(): void {
    if (!this.#db.isOpen) return;
    if (this.#whatHappened()) this.#endLog();
    try {
      this.#db.close();
    } catch {
      // The file is given back all the same.
    }
  }

  /**
   * Moves the log into the file, and deletes it. SQLite does that itself when it closes a file, but not
   * one that is elsewhere by now: that would lack what is in the log, and the next file of the name
   * would get it.
   */
  #endLog(): void {
    try {
      this.#db.exec('PRAGMA journal_mode = DELETE');
    } catch {
      // When the log is gone SQLite cannot change the file's head, which does not matter. Or another
      // program has the file open: as long as the log is there, no new file is made (new-file.ts).
    }
  }

  /**
   * What is written to a file that was deleted, or moved and replaced, is lost for those who look for
   * it under its name.
   */
  #checkFile(): void {
    const what = this.#whatHappened();
    if (what) throw new Error(`the file was ${what}`);
  }

  /** What happened to the file; undefined if it is where it was. */
  #whatHappened(): string | undefined {
    try {
      const found = statSync(this.#path, { bigint: true, throwIfNoEntry: false });
      if (!found) return 'moved or deleted';
      const isSame = found.ino === this.#inode && found.dev === this.#device;
      return isSame ? undefined : 'replaced by another one';
    } catch (error) {
      return `taken out of reach: ${error instanceof Error ? error.message : String(error)}`;
    }
  }

  #rollBack(): void {
    try {
      // Some errors have ended the transaction themselves.
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
    } catch {
      // Closing it, which comes next, does the same.
    }
  }
}
