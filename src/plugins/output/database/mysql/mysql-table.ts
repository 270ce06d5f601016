import type { Cells } from '../cells.ts';
import type { TableConnection } from '../database.ts';
import type { TableColumn, TableLayout } from '../layout.ts';
import { idCellsOf, type Run, rowsOf, unknownRuns } from '../unknown-rows.ts';
import { FileLoad } from './file-load.ts';
import { knownIds } from './known-ids.ts';
import type { Rejection } from './rejection.ts';
import { RowStatements } from './row-statements.ts';
import type { ServerFacts } from './server-facts.ts';
import type { MysqlSession } from './session.ts';
import { quoteName } from './sql-text.ts';
import type { TableFacts } from './table-facts.ts';
import { inTransaction } from './transaction.ts';

/** With fewer rows an INSERT is as cheap, and tells what is wrong. */
const LOADED_ROWS = 50;
/** Loads in succession that had warnings for nothing: then INSERT is used from the beginning. */
const VAIN_LOADS = 3;

/** A table, or a view, that rows are inserted into. */
export class MysqlTable implements TableConnection {
  readonly layout: TableLayout;
  readonly #session: MysqlSession;
  readonly #facts: TableFacts;
  readonly #server: ServerFacts;
  readonly #operation: string;
  readonly #table: string;
  #inserts: RowStatements | undefined;
  #file: FileLoad | undefined;
  #vainLoads = 0;

  constructor(session: MysqlSession, name: string, facts: TableFacts, server: ServerFacts) {
    this.#session = session;
    this.#facts = facts;
    this.#server = server;
    this.#operation = `insert into ${name}`;
    this.#table = quoteName(name);
    this.layout = { table: name, columns: facts.columns, positional: false };
  }

  async prepare(columns: readonly TableColumn[]): Promise<void> {
    const { isTransactional, columns: all } = this.#facts;
    const names = columns.map(({ name }) => quoteName(name)).join();
    const head = `INSERT INTO ${this.#table} (${names}) VALUES `;
    const form = { head, before: '', after: '', rows: Number.POSITIVE_INFINITY };
    const session = this.#session;
    const { maxPacket, takesFiles } = this.#server;
    this.#inserts = new RowStatements(session, this.#operation, form, maxPacket);
    const isLoadable = columns.every(
      ({ name }) => all.find((column) => column.name === name)?.isLoadable === true,
    );
    if (takesFiles && isTransactional && isLoadable && columns.length > 0) {
      this.#file = new FileLoad(session, this.#operation, this.#table, names, maxPacket);
    }
  }

  async insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    const rows = to - from;
    const file = rows < LOADED_ROWS ? undefined : this.#file;
    if (!file) return await this.#insert(cells, from, to);
    const rejection = await inTransaction(this.#session, () => file.load(cells, from, to));
    if (rejection === undefined) {
      this.#vainLoads = 0;
      return rows;
    }
    const stored = await this.#insert(cells, from, to);
    if (stored === rows && ++this.#vainLoads === VAIN_LOADS) this.#file = undefined;
    return stored;
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }

  async #insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    const rejection = await this.#insertRuns(cells, [[from, to]]);
    if (rejection === undefined) return to - from;
    const ids = idCellsOf(cells);
    const { idIsUnique, isView } = this.#facts;
    // The indexes of the table behind a view are not known.
    const mayBeKnown = rejection.isDuplicate && (idIsUnique || isView);
    if (!ids || !mayBeKnown) throw rejection.error;
    const runs = await unknownRuns(ids, from, to, (each) =>
      knownIds(this.#session, this.#table, ids.column, each),
    );
    const unknown = rowsOf(runs);
    if (unknown === to - from) throw rejection.error;
    const second = await this.#insertRuns(cells, runs);
    if (second) throw second.error;
    return unknown;
  }

  #insertRuns(cells: readonly Cells[], runs: readonly Run[]): Promise<Rejection | undefined> {
    const inserts = this.#inserts;
    if (!inserts) throw new TypeError('rows are inserted before their columns are prepared');
    return inTransaction(this.#session, () => inserts.send(cells, runs));
  }
}
