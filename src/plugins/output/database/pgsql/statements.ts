import type { PgColumn } from './catalogue.ts';
import { quoteName } from './names.ts';
import type { WireType } from './wire-type.ts';

/** A column that is filled, and how its values go to the server. */
export interface FilledColumn {
  readonly column: PgColumn;
  readonly wire: WireType;
}

/**
 * `INSERT` of rows whose columns are arrays.
 *
 * (Several unnest() beside each other cost a fifth less than unnest() of several arrays in FROM,
 * which keeps all rows in a tuple store first.)
 *
 * @param known columns of the unique index by which rows are left out that are there already
 */
export function insertSql(
  table: string,
  filled: readonly FilledColumn[],
  known: readonly string[] | undefined,
): string {
  const values = filled.map(({ column, wire }, i) => {
    const value = `unnest($${i + 1}::${wire.name}[])`;
    // Assignments check lengths; an explicit conversion to varchar(n) would cut.
    return wire.isNative ? value : `${value}::${column.sqlType}`;
  });
  const conflict = known ? ` ON CONFLICT (${known.map(quoteName).join(', ')}) DO NOTHING` : '';
  return `INSERT INTO ${table} (${namesOf(filled)}) SELECT ${values.join(', ')}${conflict}`;
}

/** A call of a function for each row of arrays; its results stay where they are. */
export function selectSql(path: string, filled: readonly FilledColumn[]): string {
  const values = filled.map(({ wire }, i) => `unnest($${i + 1}::${wire.name}[]) AS c${i}`);
  const taken = filled.map(({ column }, i) => `c${i}::${column.sqlType}`);
  const rows = `SELECT ${values.join(', ')} OFFSET 0`;
  // OFFSET keeps the planner from moving, or leaving out, the calls.
  const calls = `SELECT ${path}(${taken.join(', ')}) FROM (${rows}) AS rows OFFSET 0`;
  return `SELECT count(*) FROM (${calls}) AS calls`;
}

/** One call of a procedure. */
export function callSql(path: string, filled: readonly FilledColumn[]): string {
  const taken = filled.map(({ column, wire }, i) => `$${i + 1}::${wire.name}::${column.sqlType}`);
  return `CALL ${path}(${taken.join(', ')})`;
}

const namesOf = (filled: readonly FilledColumn[]): string =>
  filled.map(({ column }) => quoteName(column.name)).join(', ');
