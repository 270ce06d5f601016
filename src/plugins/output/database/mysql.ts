import { readFileSync } from 'node:fs';
import { userInfo } from 'node:os';
import { defineOptions, type Host, type OptionValues } from '../../api.ts';
import {
  createMysqlDatabase,
  type MysqlSettings,
  readOptionFile,
  readPasswordFile,
} from './mysql/index.ts';
import { sessionsOf } from './open-database.ts';
import { commonOptions, commonValues } from './options.ts';
import { databasePlugin } from './plugin.ts';

const options = defineOptions({
  mysqltable: {
    type: 'string',
    required: true,
    aliases: ['table'],
    help: 'table or view whose columns choose the keys that are stored',
  },
  mysqldb: {
    type: 'string',
    required: true,
    aliases: ['db'],
    help: 'database that the table is in',
  },
  mysqlhost: {
    type: 'string',
    aliases: ['host'],
    help: 'server; localhost, the default, means the Unix socket',
  },
  mysqlport: {
    type: 'integer',
    min: 0,
    max: 65_535,
    aliases: ['port'],
    help: 'port of the server; 0: the default, 3306',
  },
  mysqlsocket: {
    type: 'path',
    access: 'none',
    help: 'Unix socket of the server; default /run/mysqld/mysqld.sock',
  },
  mysqluser: {
    type: 'string',
    aliases: ['user'],
    help: 'user of the database; default: the user that specter is',
  },
  mysqlpass: {
    type: 'string',
    secret: true,
    aliases: ['pass'],
    help: 'password',
  },
  mysqlpassfile: {
    type: 'path',
    access: 'none',
    help: 'file whose first line is the password, where mysqlpass gives none; for its owner alone (mode 0600)',
  },
  mysqldefaults: {
    type: 'path',
    access: 'none',
    help: 'option file such as ~/.my.cnf: user, password, host, port and socket of [client] and [specter]; other options go before it',
  },
  mysqlssl: {
    type: 'flag',
    help: 'encrypt the connection, and check who the server is',
  },
  mysqlsslca: {
    type: 'path',
    access: 'none',
    help: 'certificates that are trusted, in PEM; default: those that Node.js comes with',
  },
  mysqlprocedure: {
    type: 'string',
    default: 'INSERT',
    aliases: ['procedure'],
    help: 'INSERT, or a function or procedure ("CALL name") that is called for each row, with the columns as arguments',
  },
  mysqltimeout: {
    type: 'duration',
    default: '10s',
    aliases: ['connect_timeout'],
    help: 'how long connecting may take; 0: as long as it takes',
  },
  ...commonOptions('mysql'),
});

/** 2^31 − 1: no timer of Node's is longer. */
const LONGEST_TIMER_MS = 2_147_483_647;

type Values = OptionValues<typeof options>;

/** Stores rows in a table of MySQL or MariaDB. */
export const mysql = databasePlugin({
  name: 'MYSQL',
  summary: 'stores a row in a table of MySQL or MariaDB for each record',
  prefix: 'mysql',
  options,
  common: (values) => commonValues('mysql', values),
  database: (values, host) => createMysqlDatabase(settingsOf(values, host)),
  sessions: sessionsOf,
});

function settingsOf(values: Values, host: Host): MysqlSettings {
  const absolute = (path: string | undefined) => path && host.absolutePath(path);
  const { mysqldefaults, mysqlpassfile } = values;
  const file = mysqldefaults ? readOptionFile(host.absolutePath(mysqldefaults)) : {};
  const password =
    values.mysqlpass ?? (mysqlpassfile && readPasswordFile(host.absolutePath(mysqlpassfile)));
  const isEncrypted = values.mysqlssl || values.mysqlsslca !== undefined || file.ssl === true;
  const ca = absolute(values.mysqlsslca) ?? file.sslCa;
  return {
    host: values.mysqlhost ?? file.host,
    port: values.mysqlport || file.port,
    socket:
      absolute(values.mysqlsocket) ?? (values.mysqlhost === undefined ? file.socket : undefined),
    db: values.mysqldb,
    user: values.mysqluser ?? file.user ?? userInfo().username,
    password: password ?? file.password,
    ...(isEncrypted && { tls: { ca: ca && readFileSync(ca) } }),
    table: values.mysqltable,
    procedure: values.mysqlprocedure,
    connectTimeout: values.mysqltimeout || LONGEST_TIMER_MS,
  };
}
