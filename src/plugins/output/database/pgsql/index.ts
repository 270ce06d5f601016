import type { Database } from '../database.ts';
import { PgsqlDatabase } from './pgsql-database.ts';
import type { PgsqlSettings } from './settings.ts';

export { parseConnectionString } from './connection-string.ts';
export { findPassword, readPasswordFile } from './password-file.ts';
export { PgsqlError } from './pgsql-error.ts';
export type { PgsqlSettings } from './settings.ts';

/**
 * A table of a PostgreSQL database.
 *
 * @throws Error if the connection string or a value is malformed; it shows no password
 */
export const createPgsqlDatabase = (settings: PgsqlSettings): Database =>
  new PgsqlDatabase(settings);
