import { spawnSync } from 'node:child_process';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import type { Fields } from './traffic.ts';
import { fieldsOf, type TrafficServer } from './traffic-server.ts';

/** SQLite: databases are files in a folder. */
export async function startSqlite(): Promise<TrafficServer> {
  const folder = await ScratchFolder.create();
  const path = (database: string): string => folder.join(`${database}.db`);
  const sqlite3 = (database: string, sql: string, ...options: string[]): string => {
    const words = ['-bail', ...options, '-cmd', '.timeout 5000', path(database)];
    const { status, stdout, stderr } = spawnSync('sqlite3', words, {
      input: sql,
      encoding: 'utf8',
    });
    if (status !== 0 || stderr !== '') throw new Error(`sqlite3: ${stderr}`);
    return stdout;
  };
  const run = async (database: string, script: string): Promise<void> =>
    void sqlite3(database, script);
  return {
    plugin: 'SQLITE3',
    prefix: 'sqlite3',
    createDatabase: run,
    run,
    options: ({ database, table }) => `
  sqlite3db ${path(database)}
  sqlite3table ${table}`,
    ulogdStack: ({ database, table }) => ({
      plugins: ['filter_IFINDEX', 'filter_HWHDR', 'output_SQLITE3'],
      options: { db: path(database), table },
    }),
    rows: async (database, select): Promise<Fields[]> => {
      const found = JSON.parse(sqlite3(database, select, '-json') || '[]');
      return found.map(fieldsOf);
    },
    [Symbol.asyncDispose]: () => folder[Symbol.asyncDispose](),
  };
}
