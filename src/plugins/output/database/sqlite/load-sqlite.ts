import type { DatabaseSyncInstance, StatementSyncInstance } from '@photostructure/sqlite';
import { loadDriver } from '../load-driver.ts';

export type Sqlite = DatabaseSyncInstance;
export type Statement = StatementSyncInstance;

/** @throws Error that says what to install when the package is not there */
export const loadSqlite = () =>
  loadDriver<typeof import('@photostructure/sqlite')>('@photostructure/sqlite');
