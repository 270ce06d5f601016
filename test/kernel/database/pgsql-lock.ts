import type { PostgresServer } from '../../support/postgres-server.ts';
import { until } from '../../support/until.ts';

/** Locks a table, as ALTER TABLE and VACUUM FULL do, until that is disposed of. */
export async function lockTable(server: PostgresServer, table: string): Promise<AsyncDisposable> {
  const holding = server
    .sql(`BEGIN; LOCK TABLE ${table}; SELECT pg_sleep(3600)`)
    .catch(() => undefined);
  const holder = `FROM pg_locks WHERE relation = '${table}'::regclass AND granted
    AND mode = 'AccessExclusiveLock'`;
  await until(
    async () => (await server.sql(`SELECT pid ${holder}`)).length > 0,
    `a lock of ${table}`,
  );
  return {
    async [Symbol.asyncDispose]() {
      await server.sql(`SELECT pg_terminate_backend(pid) ${holder}`);
      await holding;
    },
  };
}
