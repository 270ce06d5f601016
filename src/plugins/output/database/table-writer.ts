import { builderFor } from './cell-builder.ts';
import type { CellBuilder, Cells } from './cells.ts';
import { ColumnMap } from './column-map.ts';
import { RefusedRows, type TableConnection } from './database.ts';
import type { TableColumn, TableLayout } from './layout.ts';
import { groupByFields, type RowGroup } from './row-groups.ts';
import { fieldsOf, sameFields } from './row-head.ts';
import { DamagedRows, RowTable } from './row-table.ts';
import type { RowPiece, Session, StoreResult } from './session.ts';
import { type Losses, StoreTally } from './store-tally.ts';
import { Stride } from './stride.ts';

/** When a call of `store` has lasted so long, it asks the database nothing more, in ms. */
const LONG_MS = 1000;

/** How rows with certain fields are stored. */
interface Plan {
  readonly head: Buffer;
  readonly table: RowTable;
  /** None where no column takes any of the fields. */
  readonly columns: readonly TableColumn[];
  readonly builders: readonly CellBuilder[];
  readonly cells: readonly Cells[];
}

/** A call of `store`. */
interface Task {
  readonly tally: StoreTally;
  /** When it has lasted long, as performance.now() has it. */
  readonly end: number;
}

/** Stores rows in a table, by a connection to its database, and finds those that it does not take. */
export class TableWriter implements Session {
  readonly #connection: TableConnection;
  readonly #stride = new Stride();
  /** For the fields of the rows that came last. */
  #plan: Plan | undefined;
  #bytes = Buffer.alloc(0);
  /** What has ended a call that had done something before: the next call fails of it. */
  #failure: unknown;

  constructor(connection: TableConnection) {
    this.#connection = connection;
  }

  get layout(): TableLayout {
    return this.#connection.layout;
  }

  async store(pieces: readonly RowPiece[]): Promise<StoreResult> {
    const tally = new StoreTally();
    const task = { tally, end: performance.now() + LONG_MS };
    try {
      if (this.#failure !== undefined) throw this.#failure;
      for (const group of groupByFields(pieces)) {
        if (!(await this.#storeGroup(group, task))) break;
      }
    } catch (error) {
      if (tally.rows === 0) throw error;
      this.#failure = error;
    }
    return tally.result;
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  /** @returns whether there is time for more */
  async #storeGroup({ head, pieces, rows }: RowGroup, task: Task): Promise<boolean> {
    const { tally } = task;
    if (!head) {
      tally.refuse(rows, 'another version of specter wrote them');
      return true;
    }
    const plan = await this.#planFor(head);
    if (plan.columns.length === 0) {
      tally.refuse(rows, 'no column of the table takes any of their keys');
      return true;
    }
    const bytes = this.#together(pieces);
    try {
      plan.table.read(bytes, pieces, head.length, rows);
    } catch (error) {
      if (!(error instanceof DamagedRows)) throw error;
      return await this.#storeSingly(head, pieces, error, task);
    }
    const losses = fill(plan);
    const before = tally.rows;
    try {
      await this.#insert(plan.cells, rows, task);
    } finally {
      const done = tally.rows - before;
      if (done === rows) tally.lose(losses);
      else {
        // Those of the others count when their turn comes.
        plan.table.read(bytes, pieces, head.length, done);
        tally.lose(fill(plan));
      }
    }
    return performance.now() < task.end;
  }

  /** Stores pieces of which one at least is damaged. */
  async #storeSingly(
    head: Buffer,
    pieces: readonly RowPiece[],
    { message }: DamagedRows,
    task: Task,
  ): Promise<boolean> {
    for (const piece of pieces) {
      const { records: rows } = piece;
      if (pieces.length === 1) task.tally.refuse(rows, message);
      else if (!(await this.#storeGroup({ head, pieces: [piece], rows }, task))) return false;
    }
    return true;
  }

  /** Stores rows from the first on, until there are no more or no time is left. */
  async #insert(cells: readonly Cells[], rows: number, { tally, end }: Task): Promise<void> {
    const stride = this.#stride;
    let done = 0;
    while (done < rows) {
      const count = stride.of(rows - done);
      try {
        tally.store(count, await this.#connection.insert(cells, done, done + count));
        stride.stored(count);
        done += count;
      } catch (error) {
        if (!(error instanceof RefusedRows)) throw error;
        stride.refused(count);
        if (count === 1) {
          tally.refuse(1, error.message);
          done++;
        }
      }
      if (performance.now() >= end) return;
    }
  }

  async #planFor(head: Buffer): Promise<Plan> {
    if (this.#plan && sameFields(this.#plan.head, head)) return this.#plan;
    const before = this.#plan;
    const plan = planRows(Buffer.from(head), this.layout);
    const { columns } = plan;
    if (columns.length > 0 && (!before || !isSame(before.columns, columns))) {
      this.#plan = undefined;
      await this.#connection.prepare(columns);
    }
    this.#plan = plan;
    return plan;
  }

  /** The pieces' bytes, one behind the other. */
  #together(pieces: readonly RowPiece[]): Buffer {
    const length = pieces.reduce((sum, { bytes }) => sum + bytes.length, 0);
    if (this.#bytes.length < length) this.#bytes = Buffer.alloc(Math.ceil(1.25 * length));
    let at = 0;
    for (const { bytes } of pieces) {
      this.#bytes.set(bytes, at);
      at += bytes.length;
    }
    return this.#bytes.subarray(0, length);
  }
}

/** Makes cells of the rows that are in the table of a plan. */
function fill({ builders, table }: Plan): Losses[] {
  return builders.map((builder) => {
    const { cut, unfit } = builder;
    builder.fill(table);
    const { name: column } = builder.cells.column;
    return { column, cut: builder.cut - cut, unfit: builder.unfit - unfit };
  });
}

/** Which columns are filled, and how: all of them where none can be left out. */
function planRows(head: Buffer, layout: TableLayout): Plan {
  const fields = fieldsOf(head);
  const map = new ColumnMap(fields);
  const isOfUse = layout.columns.some((column) => {
    const source = map.sourceOf(column);
    return source !== undefined && source.kind !== 'id';
  });
  const columns = layout.columns.filter(
    (column) => isOfUse && (layout.positional || map.sourceOf(column)),
  );
  const builders = columns.map((column) => builderFor(column, map.sourceOf(column), fields));
  const wantsIds = columns.some((column) => map.sourceOf(column)?.kind === 'id');
  const cells = builders.map((builder) => builder.cells);
  return { head, table: new RowTable(head, wantsIds), columns, builders, cells };
}

const isSame = (one: readonly TableColumn[], other: readonly TableColumn[]): boolean =>
  one.length === other.length && one.every((column, i) => column === other[i]);
