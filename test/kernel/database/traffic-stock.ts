import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { requirePostgres } from '../../support/postgres-server.ts';
import { requireFile, requireTools } from '../../support/requirements.ts';
import { requireUlogdPlugin } from '../../support/ulogd.ts';
import { type Fields, traffic } from './traffic.ts';
import { startMysql } from './traffic-mysql.ts';
import { startPgsql } from './traffic-pgsql.ts';
import type { Target, TrafficServer } from './traffic-server.ts';
import { startSqlite } from './traffic-sqlite.ts';

/** A schema as ulogd2 ships it. */
export interface Schema extends Omit<Target, 'database'> {
  readonly name: string;
  readonly file: string;
  /** What of a packet's fields has a column there, in the form and under the name it has there. */
  row(fields: Fields): Fields;
  /** What specter stores of values, by the packet, that the schema cannot hold. */
  readonly instead: Readonly<Record<string, Readonly<Record<string, number | null>>>>;
  /** Packets that the server refuses. */
  readonly refused: readonly string[];
  /** Packets that ulogd2 loses, and the error that it logs; `null`: it says nothing. */
  readonly lost: Readonly<Record<string, string | null>>;
}

interface Kind {
  readonly name: string;
  missing(): string | undefined;
  start(): Promise<TrafficServer>;
  readonly schemas: readonly Schema[];
}

/** Where Debian has them. Small installations leave out all of /usr/share/doc. */
const documents = '/usr/share/doc/ulogd2';

/** Why ulogd2 cannot be started with a database. */
const requireUlogd = (plugin: string, debianPackage: string): string | undefined =>
  requireUlogdPlugin(plugin, debianPackage) ??
  requireFile(`${documents}/sqlite3.table`, `--reinstall ulogd2 ${debianPackage}`);

export const schemaText = ({ file }: Schema): string => {
  const content = readFileSync(`${documents}/${file}`);
  return (file.endsWith('.gz') ? gunzipSync(content) : content).toString();
};

/** A row without some fields. */
export function without(fields: Fields, ...names: readonly string[]): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([name]) => !names.includes(name)));
}

const noColumns = ['raw_pktlen', 'raw_pktcount', 'oob_uid', 'oob_gid', 'tcp_flags'];

/** Addresses under the names that ulogd2's filters have for them. */
function addressesAs(suffix: string, form: (text: string) => string, fields: Fields): Fields {
  const { ip_saddr, ip_daddr, ...rest } = without(fields, ...noColumns);
  if (typeof ip_saddr !== 'string' || typeof ip_daddr !== 'string') return rest;
  return {
    ...rest,
    [`ip_saddr_${suffix}`]: form(ip_saddr),
    [`ip_daddr_${suffix}`]: form(ip_daddr),
  };
}
const asText = (fields: Fields): Fields => addressesAs('str', (text) => text, fields);

const binary: Readonly<Record<string, string>> = {
  '192.0.2.1': '00000000000000000000FFFFC0000201',
  '198.51.100.255': '00000000000000000000FFFFC63364FF',
  '2001:db8::1': '20010DB8000000000000000000000001',
  '2001:db8:0:1::ffff': '20010DB800000001000000000000FFFF',
};
const asBinary = (fields: Fields): Fields =>
  addressesAs('bin', (text) => binary[text] ?? text, fields);

/** The normalised schemas keep the header of Ethernet only as addresses. */
const normalised = (fields: Fields): Fields => without(fields, 'raw_type', 'mac_str');

const ipv6 = traffic.filter(({ fields }) => fields.oob_family === 10).map(({ name }) => name);
const forIpv6 = <Value>(value: Value): Record<string, Value> =>
  Object.fromEntries(ipv6.map((name) => [name, value]));

const smallint = 'smallint out of range';
const noFunction = 'function insert_packet_full\\(.*\\) does not exist';
const protocolRange = "Out of range value for column 'oob_protocol' at row 1";

const pktColumns = [
  ...['raw_pktlen', 'raw_pktcount', 'oob_prefix', 'oob_mark', 'oob_hook', 'oob_uid', 'oob_gid'],
];
const pktRow = (fields: Fields): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => pktColumns.includes(name)));

/** All that Debian's packages of ulogd2 have for packets. */
export const stockKinds: readonly Kind[] = [
  {
    name: 'PostgreSQL',
    missing: () => requirePostgres() ?? requireUlogd('output_PGSQL', 'ulogd2-pgsql'),
    start: startPgsql,
    schemas: [
      {
        ...{ name: 'flat', file: 'pgsql-ulogd2-flat.sql.gz', table: 'ulog', row: asText },
        // It has 16 bits with a sign for a checksum of 32.
        instead: { SCTP: { sctp_csum: null } },
        refused: [],
        lost: { SCTP: smallint },
      },
      {
        ...{ name: 'normalised', file: 'pgsql-ulogd2.sql.gz', table: 'ulog' },
        procedure: 'INSERT_PACKET_FULL',
        row: (fields) => normalised(asText(fields)),
        instead: { SCTP: { sctp_csum: null } },
        refused: [],
        lost: { SCTP: noFunction },
      },
    ],
  },
  {
    name: 'MariaDB',
    missing: () =>
      requireTools('mariadbd', 'mariadb', 'mariadb-install-db') ??
      requireUlogd('output_MYSQL', 'ulogd2-mysql'),
    start: startMysql,
    schemas: [
      {
        ...{ name: 'flat', file: 'mysql-ulogd2-flat.sql.gz', table: 'ulog', row: asBinary },
        // It has 16 bits with a sign for 0x86dd.
        instead: forIpv6({ oob_protocol: null }),
        refused: [],
        lost: forIpv6(protocolRange),
      },
      {
        ...{ name: 'normalised', file: 'mysql-ulogd2.sql.gz', table: 'ulog' },
        procedure: 'INSERT_PACKET_FULL',
        row: (fields) => normalised(asBinary(fields)),
        // PACKET_ADD_SCTP has 16 bits for the checksum, INSERT_PACKET_FULL has 32.
        refused: ['SCTP'],
        instead: forIpv6({ oob_protocol: 32_767 }),
        lost: { ...forIpv6(null), SCTP: null },
      },
    ],
  },
  {
    name: 'SQLite',
    missing: () => requireTools('sqlite3') ?? requireUlogd('output_SQLITE3', 'ulogd2-sqlite3'),
    start: startSqlite,
    schemas: [
      {
        ...{ name: 'ulog_pkt', file: 'sqlite3.table', table: 'ulog_pkt', row: pktRow },
        ...{ instead: {}, refused: [], lost: {} },
      },
    ],
  },
];
