import type { Cells } from '../cells.ts';
import type { TableConnection } from '../database.ts';
import type { TableColumn, TableLayout } from '../layout.ts';
import type { Routine } from './routine.ts';
import { RowStatements, type StatementForm } from './row-statements.ts';
import type { ServerFacts } from './server-facts.ts';
import type { MysqlSession } from './session.ts';
import { inTransaction } from './transaction.ts';

/** Calls of a function in one statement: what a statement costs this side is shared by them. */
const CALLS = 32;

/** A stored procedure or function that is called for each row. */
export class MysqlRoutine implements TableConnection {
  readonly layout: TableLayout;
  readonly #session: MysqlSession;
  readonly #calls: RowStatements;

  constructor(
    session: MysqlSession,
    table: string,
    columns: readonly TableColumn[],
    routine: Routine,
    { maxPacket }: ServerFacts,
  ) {
    this.#session = session;
    this.#calls = new RowStatements(session, `call ${routine.name}`, formOf(routine), maxPacket);
    this.layout = { table, columns, positional: true };
  }

  async prepare(): Promise<void> {}

  async insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    const rejection = await inTransaction(this.#session, () =>
      this.#calls.send(cells, [[from, to]]),
    );
    if (rejection) throw rejection.error;
    return to - from;
  }

  async close(): Promise<void> {
    await this.#session.close();
  }

  destroy(): void {
    this.#session.destroy();
  }
}

/**
 * `SELECT f(…) r,f(…) r`, but `CALL p(…)` for each row. (DO, which has no results, has no errors
 * either: it hides them.)
 */
const formOf = ({ type, path }: Routine): StatementForm =>
  type === 'FUNCTION'
    ? { head: 'SELECT ', before: path, after: ' r', rows: CALLS }
    : { head: 'CALL ', before: path, after: '', rows: 1 };
