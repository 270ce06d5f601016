import type { TableColumn } from '../layout.ts';
import { Spread } from './cell-values.ts';
import { quoted } from './identifier.ts';

export interface InsertShape {
  readonly columns: readonly TableColumn[];
  /** How the values of each column spread over the rows. */
  readonly spreads: readonly Spread[];
  readonly rows: number;
  /** The columns of unique indexes: rows that are in one of these already are left out. */
  readonly indexes: readonly (readonly string[])[];
}

/**
 * The statement that inserts so many rows. Its parameters are the values of the columns that are the same
 * in all rows, and behind them those of the columns that differ, row by row.
 *
 * Parameters of their own are plain `?`, which take the number behind the greatest so far: those with
 * a number in the text have a name, and the module looks through all names for each value that it binds.
 */
export function insertSql(
  table: string,
  { columns, spreads, rows, indexes }: InsertShape,
): { sql: string; parameters: number } {
  const those = (wanted: Spread): readonly TableColumn[] =>
    columns.filter((_, i) => spreads[i] === wanted);
  const same = those(Spread.SAME);
  const differ = those(Spread.DIFFER);
  const empty = those(Spread.NULL);
  const names = [...same, ...differ, ...empty].map(({ name }) => quoted(name)).join(', ');
  const places = [
    ...same.map((_, i) => `?${i + 1}`),
    ...differ.map(() => '?'),
    ...empty.map(() => 'NULL'),
  ];
  const values = new Array<string>(rows).fill(`(${places.join(', ')})`).join(', ');
  const conflicts = indexes.map(
    (index) => ` ON CONFLICT (${index.map(quoted).join(', ')}) DO NOTHING`,
  );
  const sql = `INSERT INTO ${quoted(table)} (${names}) VALUES ${values}${conflicts.join('')}`;
  return { sql, parameters: same.length + rows * differ.length };
}
