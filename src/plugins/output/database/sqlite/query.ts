import type { Sqlite } from './load-sqlite.ts';

/** What a query can find. */
export type Found = null | number | bigint | string | Uint8Array;

/**
 * The rows that a query finds, in the order in which SQLite comes across them. Nothing is left behind: a
 * prepared statement would keep the file open, whatever `close` says, until the garbage collector takes
 * it (@photostructure/sqlite 1.2.1 has no other way to end one).
 *
 * @param values what to read: expressions with commas between them
 * @param from the rest of the query, from its table on
 */
export function query(db: Sqlite, values: string, from: string): Found[][] {
  const rows: Found[][] = [];
  db.function('collect', { varargs: true }, (...row: Found[]) => {
    rows.push(row);
    return null;
  });
  db.exec(`SELECT collect(${values}) FROM ${from}`);
  return rows;
}
