import { MariadbServer } from '../../support/mariadb-server.ts';
import type { Fields } from './traffic.ts';
import { fieldsOf, type Target, type TrafficServer } from './traffic-server.ts';

/** MariaDB, to which specter and ulogd2 connect as `root`. */
export async function startMysql(): Promise<TrafficServer> {
  // As Debian's package configures it.
  const server = await MariadbServer.start('--character-set-server=utf8mb4');
  // For ulogd2, which has no option for it.
  process.env.MYSQL_UNIX_PORT = server.socket;
  const run = async (database: string, script: string): Promise<void> =>
    void (await server.sql(script, database));
  return {
    plugin: 'MYSQL',
    prefix: 'mysql',
    createDatabase: async (name, script) => {
      await server.sql(`CREATE DATABASE ${name}`);
      await run(name, script);
    },
    run,
    options: ({ database, table, procedure = 'INSERT' }: Target) => `
  mysqlsocket ${server.socket}
  mysqldb ${database}
  mysqltable ${table}
  mysqlprocedure ${procedure}`,
    ulogdStack: ({ database: db, table, procedure = 'INSERT' }) => ({
      plugins: ['filter_IFINDEX', 'filter_IP2BIN', 'filter_HWHDR', 'output_MYSQL'],
      options: { db, table, procedure, host: 'localhost', user: 'root', pass: '""', reconnect: 1 },
    }),
    rows: async (database, select): Promise<Fields[]> => {
      const view = `CREATE OR REPLACE VIEW traffic_rows AS ${select}`;
      const columns = await server.sql(
        `${view}; SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = 'traffic_rows'`,
        database,
      );
      const pairs = columns.map(([name = '', type = '']) => {
        const value = /binary|blob/.test(type) ? `HEX(${name})` : name;
        return `'${name}', ${value}`;
      });
      // In hexadecimal, because the client would escape it.
      const object = `HEX(CONVERT(JSON_OBJECT(${pairs.join()}) USING utf8mb4))`;
      const rows = await server.sql(`SELECT ${object} FROM traffic_rows`, database);
      return rows.map(([row = '']) => fieldsOf(JSON.parse(Buffer.from(row, 'hex').toString())));
    },
    [Symbol.asyncDispose]: () => server[Symbol.asyncDispose](),
  };
}
