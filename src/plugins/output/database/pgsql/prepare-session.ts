import type { Client } from 'pg';
import { PgsqlError } from './pgsql-error.ts';

/** The longest wait for a lock: what waits fails with the reason, and is tried again. */
const LOCK_TIMEOUT_MS = 5000;
/** The longest that the server works on rows: a batch is given up after a minute. */
const STATEMENT_TIMEOUT_MS = 50_000;

/**
 * Texts are UTF-8, whatever the database's encoding is; and the server has to take rows. It ends by
 * itself what takes too long, for that not to stay there if nobody is left to break it off.
 *
 * @param connectTimeout milliseconds that connecting may take; 0: as long as it takes
 */
export async function prepareSession(client: Client, connectTimeout: number): Promise<void> {
  const lockTimeout = Math.min(LOCK_TIMEOUT_MS, connectTimeout / 2 || LOCK_TIMEOUT_MS);
  await client.query(
    `SET client_encoding TO 'UTF8';
     ${limitSql('lock_timeout', lockTimeout)}; ${limitSql('statement_timeout', STATEMENT_TIMEOUT_MS)}`,
  );
  const { rows } = await client.query<{ is_standby: boolean; is_read_only: boolean }>(
    "SELECT pg_is_in_recovery() AS is_standby, current_setting('transaction_read_only')::bool AS is_read_only",
  );
  const [state] = rows;
  if (!state?.is_standby && !state?.is_read_only) return;
  const reason = state.is_standby
    ? 'the server is a standby, which takes no rows'
    : 'transactions are read-only';
  const hint = state.is_standby
    ? 'connect to the primary server'
    : 'check default_transaction_read_only of server, database and user';
  throw new PgsqlError('prepare to store rows', reason, { code: '25006', hint });
}

/** Sets a limit for the session, unless whoever runs the server has set one. */
const limitSql = (name: string, milliseconds: number): string =>
  `SELECT set_config('${name}', '${Math.ceil(milliseconds)}', false) WHERE current_setting('${name}') = '0'`;
