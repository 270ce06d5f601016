import { pathToFileURL } from 'node:url';
import type { Database, TableConnection } from '../database.ts';
import type { TableLayout } from '../layout.ts';
import { readLayout, tableNames } from './layout-reader.ts';
import { loadSqlite, type Sqlite } from './load-sqlite.ts';
import { makeFile } from './new-file.ts';
import { schema, schemaTables } from './schema.ts';
import type { SqliteSettings } from './settings.ts';
import { SqliteConnection } from './sqlite-connection.ts';
import { outage } from './sqlite-error.ts';

/** How long it waits for another program that writes to the file. */
const BUSY_MS = 2000;

/**
 * Pages of 4 KiB in the log (WAL) before SQLite moves them into the file, within the transaction that is one
 * too many. Measured with transactions of 5000 rows of the table `packet`, half of them in 30 ms: one in a
 * hundred takes 55 ms with 1000 pages, 110 ms with 4000, 220 ms with 16000, at the same CPU time (6.2 µs a
 * row, 5.9 with 16000). Each time waits for the disk twice, which on a slow one is what counts.
 */
const CHECKPOINT_PAGES = 4000;
/** Bytes that are left of the log when it had to grow beyond that, for a reader that kept it open. */
const LOG_LIMIT = 64 * 1024 * 1024;
/** KiB of pages in memory, for indexes that do not grow at their end. */
const CACHE_KIB = 16 * 1024;

/**
 * An SQLite file, used in the thread that asks. Nothing in `connect` is left for later, so that all of it
 * happens as the user that calls.
 */
export function createSqliteDatabase(settings: SqliteSettings): Database {
  return {
    name: settings.path,
    connect: async (): Promise<TableConnection> => {
      const db = open(settings);
      try {
        return new SqliteConnection(db, settings.path, layoutOf(db, settings));
      } catch (error) {
        db.close();
        throw error;
      }
    },
  };
}

function open(settings: SqliteSettings): Sqlite {
  const { path, create } = settings;
  const { DatabaseSync } = loadSqlite();
  if (create) makeFile(path);
  let db: Sqlite | undefined;
  try {
    db = new DatabaseSync(location(path), { timeout: BUSY_MS, open: false });
    db.open();
    configure(db, settings);
    if (create && tableNames(db).length === 0) createTables(db);
    // Who may not write shall hear it now, and not with the first rows.
    db.exec('BEGIN IMMEDIATE; ROLLBACK');
    return db;
  } catch (error) {
    if (db?.isOpen) db.close();
    throw outage('open', path, error);
  }
}

/** Without leave to make the file: SQLite would give it a mode of its own. */
function location(path: string): string {
  const { href } = pathToFileURL(path);
  return `${href}?mode=rw`;
}

function configure(db: Sqlite, { sync }: SqliteSettings): void {
  // Of no effect once there is a table: retention with `PRAGMA incremental_vacuum` needs it.
  db.exec('PRAGMA auto_vacuum = INCREMENTAL');
  db.exec('PRAGMA journal_mode = WAL');
  db.exec(`PRAGMA synchronous = ${sync ? 'FULL' : 'NORMAL'}`);
  db.exec(`PRAGMA wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
  db.exec(`PRAGMA journal_size_limit = ${LOG_LIMIT}`);
  db.exec(`PRAGMA cache_size = -${CACHE_KIB}`);
  // Statements of several rows keep what they can take back in memory, not in a file each.
  db.exec('PRAGMA temp_store = MEMORY');
}

/** All tables, or none; those of another thread that was faster are as good. */
function createTables(db: Sqlite): void {
  db.exec('BEGIN IMMEDIATE');
  if (tableNames(db).length === 0) db.exec(schema);
  db.exec('COMMIT');
}

function layoutOf(db: Sqlite, { path, table }: SqliteSettings): TableLayout {
  const layout = readLayout(db, table);
  if (layout) return layout;
  const names = tableNames(db);
  const found =
    names.length === 0
      ? `specter can make ${schemaTables.join(' and ')} in it, or load contrib/sql/sqlite3.sql`
      : `it has ${names.join(', ')}`;
  throw new Error(`cannot store rows in ${path}: there is no table ${table}; ${found}`);
}
