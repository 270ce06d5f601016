import type { TableColumn } from '../layout.ts';
import type { MysqlSession } from './session.ts';
import { quoteName } from './sql-text.ts';

/**
 * Those of some ids that a table has.
 *
 * @param table quoted
 * @param ids hexadecimal digits
 */
export async function knownIds(
  session: MysqlSession,
  table: string,
  { name, type: { kind } }: TableColumn,
  ids: readonly string[],
): Promise<readonly string[]> {
  const column = quoteName(name);
  // As LiteralRows writes them.
  const prefix = kind === 'text' ? '' : 'x';
  const found = await session.select(
    'look up which rows are stored',
    `SELECT ${kind === 'binary' ? `HEX(${column})` : column} FROM ${table}
     WHERE ${column} IN (${ids.map((id) => `${prefix}'${id}'`).join()})`,
  );
  return found.map(([id]) => id ?? '');
}
