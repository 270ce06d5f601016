import { PostgresServer } from '../../support/postgres-server.ts';
import type { Fields } from './traffic.ts';
import { fieldsOf, type Target, type TrafficServer } from './traffic-server.ts';

/** PostgreSQL, to which specter and ulogd2 connect as `root`. */
export async function startPgsql(): Promise<TrafficServer> {
  const server = await PostgresServer.start();
  await server.sql('CREATE ROLE root LOGIN SUPERUSER');
  return {
    plugin: 'PGSQL',
    prefix: 'pgsql',
    createDatabase: (name, script) => server.createDatabase(name, script),
    run: async (database, script) => void (await server.psql(database, script)),
    options: ({ database, table, procedure = 'INSERT' }: Target) => `
  pgsqlhost ${server.host}
  pgsqldb ${database}
  pgsqltable ${table}
  pgsqlprocedure ${procedure}`,
    ulogdStack: ({ database: db, table, procedure = 'INSERT' }) => ({
      plugins: ['filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR', 'output_PGSQL'],
      options: { db, table, procedure, host: server.host, user: 'root', reconnect: 1 },
    }),
    rows: async (database, select): Promise<Fields[]> => {
      const found = await server.sql(`SELECT to_json(r) AS row FROM (${select}) r`, database);
      return found.map(({ row }) => fieldsOf(Object(row)));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
