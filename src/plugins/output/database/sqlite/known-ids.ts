import type { TableColumn } from '../layout.ts';
import { quoted } from './identifier.ts';
import type { Sqlite } from './load-sqlite.ts';
import { query } from './query.ts';

/**
 * Those of some ids that a table or view has.
 *
 * @param ids hexadecimal digits
 */
export function knownIds(
  db: Sqlite,
  table: string,
  { name, type: { kind } }: TableColumn,
  ids: readonly string[],
): string[] {
  const column = quoted(name);
  const isText = kind === 'text';
  const literals = ids.map((id) => `${isText ? '' : 'x'}'${id}'`).join();
  const from = `${quoted(table)} WHERE ${column} IN (${literals})`;
  return query(db, isText ? column : `hex(${column})`, from).map(([id]) => String(id));
}
