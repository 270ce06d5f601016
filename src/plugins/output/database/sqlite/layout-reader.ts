import type { TableColumn, TableLayout } from '../layout.ts';
import { columnType } from './declared-type.ts';
import { literal } from './identifier.ts';
import type { Sqlite } from './load-sqlite.ts';
import { query } from './query.ts';

interface TableInfo {
  readonly name: string;
  readonly isView: boolean;
  readonly hasRowid: boolean;
  readonly isStrict: boolean;
}

/** The tables and views of a database, without SQLite's own: `PRAGMA table_list`. */
function tables(db: Sqlite): TableInfo[] {
  return query(db, 'name, type, wr, strict', "pragma_table_list WHERE schema = 'main'")
    .map(([name, type, wr, strict]) => ({
      name: String(name),
      isView: type === 'view',
      hasRowid: wr === 0,
      isStrict: strict === 1,
    }))
    .filter(({ name }) => !name.toLowerCase().startsWith('sqlite_'))
    .sort((one, other) => (one.name < other.name ? -1 : 1));
}

export const tableNames = (db: Sqlite): string[] => tables(db).map(({ name }) => name);

export const isView = (db: Sqlite, name: string): boolean =>
  tables(db).some((table) => table.name === name && table.isView);

/** A row of `PRAGMA table_xinfo`. */
interface ColumnInfo {
  readonly name: string;
  readonly type: string;
  /** The default as an expression in SQL. */
  readonly defaultValue: string | undefined;
  /** Place in the primary key from 1 on; 0: not in it. */
  readonly keyPlace: number;
  /** False for columns that nobody can fill: generated ones, and hidden ones of virtual tables. */
  readonly isOrdinary: boolean;
}

function columnsOf(db: Sqlite, table: string): ColumnInfo[] {
  const from = `pragma_table_xinfo(${literal(table)})`;
  return query(db, 'name, type, dflt_value, pk, hidden', from).map(
    ([name, type, defaultValue, keyPlace, hidden]) => ({
      name: String(name),
      type: String(type),
      defaultValue: defaultValue === null ? undefined : String(defaultValue),
      keyPlace: Number(keyPlace),
      isOrdinary: hidden === 0,
    }),
  );
}

/** How a table or view is laid out; undefined if there is none of the name. Letter case is ignored. */
export function readLayout(db: Sqlite, wanted: string): TableLayout | undefined {
  const table = tables(db).find(({ name }) => name.toLowerCase() === wanted.toLowerCase());
  if (!table) return undefined;
  const all = columnsOf(db, table.name);
  const columns = all
    .filter(({ name, isOrdinary }) => isOrdinary && !name.startsWith('_'))
    .map(
      (column): TableColumn => ({
        name: column.name,
        type: columnType(column.type, table.isStrict),
        sqlType: column.type,
        hasDefault: hasDefault(column) || isRowid(column, all, table),
      }),
    );
  return { table: table.name, columns, positional: false };
}

const hasDefault = ({ defaultValue }: ColumnInfo): boolean =>
  defaultValue !== undefined && defaultValue.toUpperCase() !== 'NULL';

/** Whether SQLite numbers the rows in this column: https://www.sqlite.org/lang_createtable.html#rowid. */
function isRowid(
  { keyPlace, type }: ColumnInfo,
  all: readonly ColumnInfo[],
  { hasRowid }: TableInfo,
): boolean {
  const isWholeKey = keyPlace === 1 && all.every((column) => column.keyPlace <= 1);
  return isWholeKey && hasRowid && type.toUpperCase() === 'INTEGER';
}

/**
 * The columns of each unique index with a certain column in it, the primary key included. Indexes over
 * expressions, and those over some of the rows, are left out: their columns do not say what is unique.
 */
export function uniqueIndexesWith(db: Sqlite, table: string, column: string): string[][] {
  const indexes = query(
    db,
    'name',
    `pragma_index_list(${literal(table)}) WHERE "unique" AND NOT partial`,
  );
  return indexes
    .map(([index]) => query(db, 'name', `pragma_index_info(${literal(String(index))})`).flat())
    .filter((names): names is string[] => names.every((name) => typeof name === 'string'))
    .filter((names) => names.some((name) => name.toLowerCase() === column.toLowerCase()));
}
