import { defineOptions, type Host, type OptionValues } from '../../api.ts';
import { commonOptions, commonValues } from './options.ts';
import { databasePlugin } from './plugin.ts';
import { createSqliteDatabase, type SqliteSettings, SqliteThread } from './sqlite/index.ts';

const options = defineOptions({
  sqlite3db: {
    type: 'path',
    access: 'none',
    default: '/var/log/specter.sqlite3db',
    aliases: ['db'],
    help: 'file of the database; one that is missing is made',
  },
  sqlite3table: {
    type: 'string',
    default: 'packet',
    aliases: ['table'],
    help: 'table or view whose columns choose the keys that are stored; a file without tables gets specter’s',
  },
  sqlite3sync: {
    type: 'flag',
    help: 'each batch waits until it is on disk, as it always does with sqlite3spool; without, a loss of power may undo the last ones',
  },
  ...commonOptions('sqlite3'),
});

type Values = OptionValues<typeof options>;

/** Stores rows in a table of an SQLite file. */
export const sqlite3 = databasePlugin({
  name: 'SQLITE3',
  summary: 'stores a row in a table of an SQLite file for each record',
  prefix: 'sqlite3',
  options,
  common: (values) => commonValues('sqlite3', values),
  database: (values, host) => createSqliteDatabase(settingsOf(values, host)),
  sessions: (_database, values, host) => new SqliteThread(settingsOf(values, host)),
});

const settingsOf = (values: Values, host: Host): SqliteSettings => ({
  path: host.absolutePath(values.sqlite3db),
  table: values.sqlite3table,
  // What is released from a spool must not be undone.
  sync: values.sqlite3sync || values.sqlite3spool !== undefined,
  create: true,
});
