import type { Cells } from '../cells.ts';
import type { TableConnection } from '../database.ts';
import type { TableColumn, TableLayout } from '../layout.ts';
import type { PgColumn } from './catalogue.ts';
import { Exchange } from './exchange.ts';
import { type InsertPlan, isFor, planInsert } from './insert-plan.ts';
import { closeStatement, parse, sync } from './messages.ts';
import { factsOf, insertError, mayNotInsert, type Place, UNIQUE_VIOLATION } from './pgsql-error.ts';
import { RowSender } from './row-sender.ts';
import type { ServerConnection } from './server-connection.ts';
import type { PgTable } from './table.ts';

/** A connection that is up, with the table at its other end. */
export class PgsqlTableConnection implements TableConnection {
  readonly layout: TableLayout;
  readonly #connection: ServerConnection;
  readonly #table: PgTable;
  readonly #place: Place;
  readonly #sender: RowSender;
  #columns: readonly PgColumn[] = [];
  #plan: InsertPlan | undefined;
  #isInserting = false;

  constructor(connection: ServerConnection, table: PgTable, place: Place) {
    this.layout = table.layout;
    this.#connection = connection;
    this.#table = table;
    this.#place = place;
    this.#sender = new RowSender(connection.client);
  }

  async prepare(columns: readonly TableColumn[]): Promise<void> {
    this.#columns = columns.map((column) => this.#known(column));
    this.#plan = undefined;
  }

  async insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    this.#isInserting = true;
    try {
      const plan = this.#plan && isFor(this.#plan, cells) ? this.#plan : await this.#prepare(cells);
      return await this.#store(plan, cells, from, to);
    } catch (error) {
      throw insertError(error, this.#place);
    } finally {
      this.#isInserting = false;
    }
  }

  async close(): Promise<void> {
    await this.#connection.close();
  }

  destroy(): void {
    if (this.#isInserting) this.#connection.breakOff();
    else this.#connection.destroy();
  }

  async #store(
    { store, storeUnknown }: InsertPlan,
    cells: readonly Cells[],
    from: number,
    to: number,
  ): Promise<number> {
    try {
      await this.#sender.execute(store.encoder, cells, from, to);
      // Where the server counts fewer, a trigger has put them elsewhere.
      return to - from;
    } catch (error) {
      if (!storeUnknown || factsOf(error).code !== UNIQUE_VIOLATION) throw error;
    }
    return await this.#sender.execute(storeUnknown.encoder, cells, from, to);
  }

  /** Prepares the statements for values in these forms, instead of those that there may be. */
  async #prepare(cells: readonly Cells[]): Promise<InsertPlan> {
    this.#plan = undefined;
    const plan = planInsert(this.#table, this.#columns, cells);
    const messages: Buffer[] = [];
    for (const { name, sql } of [plan.store, ...(plan.storeUnknown ? [plan.storeUnknown] : [])]) {
      // Closing what does not exist is no error.
      messages.push(closeStatement(name), parse(name, sql));
    }
    const exchange = new Exchange(({ stream }) => {
      stream.write(Buffer.concat([...messages, sync]));
    });
    this.#connection.client.query(exchange);
    await exchange.done;
    this.#plan = plan;
    return plan;
  }

  #known({ name }: TableColumn): PgColumn {
    const { columns, procedure, path } = this.#table;
    const column = columns.find((each) => each.name === name);
    if (!column) throw new TypeError(`${name} is no column of ${path}`);
    if (procedure || column.mayInsert) return column;
    throw mayNotInsert(`column ${name} of ${this.layout.table}`, path);
  }
}
