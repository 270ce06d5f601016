import { defineOptions } from '../../api.ts';
import { sessionsOf } from './open-database.ts';
import { commonOptions, commonValues } from './options.ts';
import { createPgsqlDatabase } from './pgsql/index.ts';
import { databasePlugin } from './plugin.ts';

const options = defineOptions({
  pgsqltable: {
    type: 'string',
    required: true,
    aliases: ['table'],
    help: 'table or view whose columns choose the keys that are stored',
  },
  pgsqldb: {
    type: 'string',
    aliases: ['db'],
    help: "database; default: the user's name",
  },
  pgsqlhost: {
    type: 'string',
    aliases: ['host'],
    help: "server, or the folder of its Unix socket; default: libpq's",
  },
  pgsqlport: {
    type: 'integer',
    min: 0,
    max: 65_535,
    aliases: ['port'],
    help: 'port of the server; 0: the default, 5432',
  },
  pgsqluser: {
    type: 'string',
    aliases: ['user'],
    help: 'user of the database; default: the user that specter is',
  },
  pgsqlpass: {
    type: 'string',
    secret: true,
    aliases: ['pass'],
    help: 'password; default: as libpq finds it, in the environment or in ~/.pgpass',
  },
  pgsqlpassfile: {
    type: 'path',
    access: 'none',
    help: 'file with passwords in the form of ~/.pgpass, for its owner alone (mode 0600)',
  },
  pgsqlconnstring: {
    type: 'string',
    secret: true,
    aliases: ['connstring'],
    help: 'connection string of libpq: "host=… dbname=… sslmode=…" or postgresql://…; goes before the other options',
  },
  pgsqlschema: {
    type: 'string',
    default: 'public',
    aliases: ['schema'],
    help: 'schema of the table',
  },
  pgsqlprocedure: {
    type: 'string',
    default: 'INSERT',
    aliases: ['procedure'],
    help: 'INSERT, or a function or procedure that is called for each row, with the columns as arguments',
  },
  pgsqltimeout: {
    type: 'duration',
    default: '10s',
    aliases: ['connect_timeout'],
    help: 'how long connecting may take; 0: as long as it takes',
  },
  ...commonOptions('pgsql'),
});

/** Stores rows in a table of PostgreSQL. */
export const pgsql = databasePlugin({
  name: 'PGSQL',
  summary: 'stores a row in a table of PostgreSQL for each record',
  prefix: 'pgsql',
  options,
  common: (values) => commonValues('pgsql', values),
  database: (values, host) =>
    createPgsqlDatabase({
      host: values.pgsqlhost,
      port: values.pgsqlport || undefined,
      db: values.pgsqldb,
      user: values.pgsqluser,
      password: values.pgsqlpass,
      passfile: values.pgsqlpassfile && host.absolutePath(values.pgsqlpassfile),
      connstring: values.pgsqlconnstring,
      schema: values.pgsqlschema,
      table: values.pgsqltable,
      // ulogd2 says it in front of the name, and here the server knows.
      procedure: values.pgsqlprocedure.replace(/^(?:CALL|SELECT)\s+/i, ''),
      connectTimeout: values.pgsqltimeout,
    }),
  sessions: sessionsOf,
});
