import { createRequire } from 'node:module';
import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';

export type Sqlite = DatabaseSyncInstance;
export type Statement = StatementSyncInstance;

type SqliteModule = Pick<typeof import('@photostructure/sqlite'), 'DatabaseSync'>;

/**
 * Loads SQLite, for those who use it alone: it is 2 MB of machine code.
 *
 * @throws Error that says what to install when the module is not there
 */
export function loadSqlite(): SqliteModule {
  try {
    return createRequire(import.meta.url)('@photostructure/sqlite');
  } catch (error) {
    const [reason] = (error instanceof Error ? error.message : String(error)).split('\n', 1);
    throw new Error(
      `the package @photostructure/sqlite cannot be loaded: ${reason}; install specter's dependencies again (npm ci)`,
      { cause: error },
    );
  }
}
