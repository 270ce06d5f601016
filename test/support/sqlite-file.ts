import { loadSqlite } from '../../src/plugins/output/database/sqlite/load-sqlite.ts';
import { type Found, query } from '../../src/plugins/output/database/sqlite/query.ts';
import type { SqliteSettings } from '../../src/plugins/output/database/sqlite/settings.ts';

/** Settings for a table that is there. */
export const settingsFor = (path: string, table: string): SqliteSettings => ({
  ...{ path, table },
  create: false,
  sync: false,
});

/** Opens a file as another program would, and makes it if need be. */
export function openSqlite(path: string) {
  const { DatabaseSync } = loadSqlite();
  const db = new DatabaseSync(path, { timeout: 0 });
  return {
    run: (sql: string): void => db.exec(sql),
    /** All rows of a SELECT, in its order. Without a prepared statement, which would stay: query.ts. */
    rows: (select: string): Found[][] => {
      db.exec(`CREATE TEMP TABLE found AS ${select}`);
      const columns = query(db, 'name', "pragma_table_info('found')");
      const names = columns.map(([name]) => `"${String(name).replaceAll('"', '""')}"`);
      const rows = query(db, names.join(', '), 'temp.found');
      db.exec('DROP TABLE temp.found');
      return rows;
    },
    [Symbol.dispose]: (): void => db.close(),
  };
}

/** Makes a file with tables. */
export function makeSqlite(path: string, sql: string): void {
  using db = openSqlite(path);
  db.run(sql);
}
