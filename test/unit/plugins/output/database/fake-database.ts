import type { Cells } from '../../../../../src/plugins/output/database/cells.ts';
import {
  type Database,
  RefusedRows,
  type TableConnection,
} from '../../../../../src/plugins/output/database/database.ts';
import type {
  ColumnType,
  TableColumn,
  TableLayout,
} from '../../../../../src/plugins/output/database/layout.ts';

/** A value as a test reads it: bytes in hexadecimal. */
export type StoredValue = bigint | string | null;
export type StoredRow = Readonly<Record<string, StoredValue>>;

export const column = (
  name: string,
  type: ColumnType,
  others: Partial<TableColumn> = {},
): TableColumn => ({ name, type, sqlType: type.kind, hasDefault: false, ...others });

export const tableOf = (...columns: TableColumn[]): TableLayout => ({
  table: 'packet',
  columns,
  positional: false,
});

/** A table in memory, with a unique index on specter_id where it has that column. */
export class FakeDatabase implements Database {
  readonly name = 'fake://table';
  layout: TableLayout;
  readonly rows: StoredRow[] = [];
  /** How many rows each insert was given. */
  readonly inserts: number[] = [];
  connects = 0;
  closes = 0;
  /** Thrown by connect while it is set. */
  down: Error | undefined;
  /** Called before each insert; what it throws is thrown. */
  beforeInsert: (rows: readonly StoredRow[]) => void | Promise<void> = () => {};
  /** Called after each insert, when the rows are stored; what it throws is thrown. */
  afterInsert: () => void | Promise<void> = () => {};
  #lose: ((error: Error) => void) | undefined;

  constructor(layout: TableLayout) {
    this.layout = layout;
  }

  async connect(lost: (error: Error) => void): Promise<TableConnection> {
    if (this.down) throw this.down;
    this.connects++;
    this.#lose = lost;
    let prepared: readonly TableColumn[] = [];
    let destroy = () => {};
    const destroyed = new Promise<never>((_, reject) => {
      destroy = () => reject(new Error('destroyed'));
    });
    destroyed.catch(() => {});
    return {
      layout: this.layout,
      prepare: async (columns) => {
        prepared = columns;
      },
      insert: async (cells, from, to) => {
        if (cells.some((each, i) => each.column !== prepared[i])) throw new Error('not prepared');
        return await Promise.race([this.#insert(cells, from, to), destroyed]);
      },
      close: async () => {
        this.closes++;
      },
      destroy,
    };
  }

  /** Ends the connection. */
  lose(error: Error): void {
    this.#lose?.(error);
  }

  async #insert(cells: readonly Cells[], from: number, to: number): Promise<number> {
    const rows = Array.from({ length: to - from }, (_, i) => readRow(cells, from + i));
    this.inserts.push(rows.length);
    await this.beforeInsert(rows);
    const ids = new Set(this.rows.map(({ specter_id: id }) => id ?? null));
    const fresh = rows.filter(({ specter_id: id = null }) => id === null || !ids.has(id));
    this.rows.push(...fresh);
    await this.afterInsert();
    return fresh.length;
  }
}

/** Refuses batches with such a row. */
export const refuseIf =
  (isBad: (row: StoredRow) => boolean) =>
  (rows: readonly StoredRow[]): void => {
    if (rows.some(isBad)) throw new RefusedRows('bad row');
  };

export function readRow(cells: readonly Cells[], row: number): StoredRow {
  return Object.fromEntries(cells.map((each) => [each.column.name, readCell(each, row)]));
}

function readCell(cells: Cells, row: number): StoredValue {
  if (cells.present[row] !== 1) return null;
  if (cells.kind === 'integer') {
    return (BigInt(cells.high[row] ?? 0) << 32n) | BigInt(cells.low[row] ?? 0);
  }
  const offset = cells.offsets[row] ?? 0;
  const bytes = Buffer.from(cells.data).subarray(offset, offset + (cells.lengths[row] ?? 0));
  return cells.wire === 'text' ? bytes.toString() : bytes.toString('hex');
}
