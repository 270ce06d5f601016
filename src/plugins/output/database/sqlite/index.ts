export type { SqliteSettings } from './settings.ts';
export { createSqliteDatabase } from './sqlite-database.ts';
export { SqliteThread } from './sqlite-thread.ts';
