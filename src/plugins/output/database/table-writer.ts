import { builderFor } from './cell-builder.ts';
import type { Cells } from './cells.ts';
import { ColumnMap } from './column-map.ts';
import { RefusedRows, type TableConnection } from './database.ts';
import type { TableColumn, TableLayout } from './layout.ts';
import type { CellBuilder } from './row-cells.ts';
import { fieldsOf, headOf, sameFields } from './row-head.ts';
import { ID_COLUMN } from './row-id.ts';
import { DamagedRows, RowTable } from './row-table.ts';
import type { RowPiece, Session, StoreResult } from './session.ts';

/** How rows with certain fields are stored. */
interface Plan {
  readonly head: Buffer;
  readonly table: RowTable;
  readonly columns: readonly TableColumn[];
  readonly builders: readonly CellBuilder[];
  readonly cells: readonly Cells[];
}

interface Tally {
  stored: number;
  refused: number;
  readonly cut: Map<string, number>;
  readonly unfit: Map<string, number>;
  readonly reasons: Map<string, number>;
}

/** Stores rows in a table, by a connection to its database, and finds those that it does not take. */
export class TableWriter implements Session {
  readonly #connection: TableConnection;
  /** For the fields of the rows that came last. */
  #plan: Plan | undefined;
  #bytes = Buffer.alloc(0);

  constructor(connection: TableConnection) {
    this.#connection = connection;
  }

  get layout(): TableLayout {
    return this.#connection.layout;
  }

  async store(pieces: readonly RowPiece[]): Promise<StoreResult> {
    const tally: Tally = {
      ...{ stored: 0, refused: 0 },
      ...{ cut: new Map(), unfit: new Map(), reasons: new Map() },
    };
    let rows = 0;
    for (const group of groupByFields(pieces)) {
      rows += group.rows;
      if (group.head) await this.#storeGroup(group.head, group.pieces, group.rows, tally);
      else refuse(tally, 'another version of specter wrote them', group.rows);
    }
    return { ...tally, known: rows - tally.stored - tally.refused };
  }

  close(): Promise<void> {
    return this.#connection.close();
  }

  destroy(): void {
    this.#connection.destroy();
  }

  async #storeGroup(
    head: Buffer,
    pieces: readonly RowPiece[],
    rows: number,
    tally: Tally,
  ): Promise<void> {
    const { table, builders, cells } = await this.#planFor(head);
    try {
      table.read(this.#together(pieces), pieces, head.length);
    } catch (error) {
      if (!(error instanceof DamagedRows)) throw error;
      if (pieces.length === 1) refuse(tally, error.message, rows);
      else for (const each of pieces) await this.#storeGroup(head, [each], each.records, tally);
      return;
    }
    for (const builder of builders) {
      const { cut, unfit } = builder;
      builder.fill(table);
      const { name } = builder.cells.column;
      add(tally.cut, name, builder.cut - cut);
      add(tally.unfit, name, builder.unfit - unfit);
    }
    await this.#insert(cells, 0, rows, tally);
  }

  /** Stores rows, and where they are refused each half of them by itself. */
  async #insert(cells: readonly Cells[], from: number, to: number, tally: Tally): Promise<void> {
    try {
      tally.stored += await this.#connection.insert(cells, from, to);
    } catch (error) {
      if (!(error instanceof RefusedRows)) throw error;
      if (to - from === 1) {
        refuse(tally, error.message, 1);
        return;
      }
      const middle = Math.floor((from + to) / 2);
      await this.#insert(cells, from, middle, tally);
      await this.#insert(cells, middle, to, tally);
    }
  }

  async #planFor(head: Buffer): Promise<Plan> {
    if (this.#plan && sameFields(this.#plan.head, head)) return this.#plan;
    const before = this.#plan;
    const plan = planRows(Buffer.from(head), this.layout);
    if (!before || !isSame(before.columns, plan.columns)) {
      this.#plan = undefined;
      await this.#connection.prepare(plan.columns);
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

function refuse(tally: Tally, reason: string, rows: number): void {
  tally.refused += rows;
  add(tally.reasons, reason, rows);
}

function add(counts: Map<string, number>, name: string, count: number): void {
  if (count > 0) counts.set(name, (counts.get(name) ?? 0) + count);
}

/** Which columns are filled, and how: all of them where none can be left out. */
function planRows(head: Buffer, layout: TableLayout): Plan {
  const fields = fieldsOf(head);
  const map = new ColumnMap(fields);
  const columns = layout.columns.filter((column) => layout.positional || map.sourceOf(column));
  const builders = columns.map((column) => builderFor(column, map.sourceOf(column), fields));
  const wantsIds = columns.some(({ name }) => name.toLowerCase() === ID_COLUMN);
  const cells = builders.map((builder) => builder.cells);
  return { head, table: new RowTable(head, wantsIds), columns, builders, cells };
}

const isSame = (one: readonly TableColumn[], other: readonly TableColumn[]): boolean =>
  one.length === other.length && one.every((column, i) => column === other[i]);

interface Group {
  /** Undefined: they have none that can be read. */
  readonly head: Buffer | undefined;
  readonly pieces: RowPiece[];
  rows: number;
}

/** Pieces that follow each other and have the same fields. */
function groupByFields(pieces: readonly RowPiece[]): Group[] {
  const groups: Group[] = [];
  for (const piece of pieces) {
    const head = headOf(piece.bytes);
    let group = groups.at(-1);
    if (!group?.head || !head || !sameFields(group.head, head)) {
      group = { head, pieces: [], rows: 0 };
      groups.push(group);
    }
    group.pieces.push(piece);
    group.rows += piece.records;
  }
  return groups;
}
