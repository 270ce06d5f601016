import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, launchSpecter, startSpecter } from '../../support/daemon.ts';
import { ethernet, ipv4, tcp, udp } from '../../support/packets.ts';
import { requirePostgres } from '../../support/postgres-server.ts';
import { requireKernel, requireTools, title } from '../../support/requirements.ts';
import { lastStatistics } from '../../support/statistics.ts';
import { until } from '../../support/until.ts';
import { NASTY_PORT, NASTY_PREFIX, PREFIX, traffic } from './traffic.ts';
import { startMysql } from './traffic-mysql.ts';
import { startPgsql } from './traffic-pgsql.ts';
import { TrafficRig } from './traffic-rig.ts';
import type { TrafficServer } from './traffic-server.ts';
import { startSqlite } from './traffic-sqlite.ts';

interface Types {
  readonly name: string;
  missing(): string | undefined;
  start(): Promise<TrafficServer>;
  /** For a number, an IPv4 address, 8 characters, bytes and text. */
  readonly columns: string;
  /** The bytes as hexadecimal. */
  readonly bytes: string;
  /** The type of the column for addresses, in messages. */
  readonly address: string;
  /** A length of 8 characters means something. */
  readonly cuts: boolean;
  /** The column for numbers has 32 bits with a sign. */
  readonly narrow: boolean;
}

const kinds: readonly Types[] = [
  {
    name: 'PostgreSQL',
    missing: requirePostgres,
    start: startPgsql,
    columns: `_id bigserial, tcp_seq integer, ip_saddr bigint, oob_prefix varchar(8), raw_pkt bytea,
      http_path text`,
    bytes: "encode(raw_pkt, 'hex')",
    ...{ address: 'bigint', cuts: true, narrow: true },
  },
  {
    name: 'MariaDB',
    missing: () => requireTools('mariadbd', 'mariadb', 'mariadb-install-db'),
    start: startMysql,
    columns: `_id serial, tcp_seq int, ip_saddr int unsigned, oob_prefix varchar(8), raw_pkt blob,
      http_path text`,
    bytes: 'LOWER(HEX(raw_pkt))',
    ...{ address: 'int(10) unsigned', cuts: true, narrow: true },
  },
  {
    name: 'SQLite',
    missing: () => requireTools('sqlite3'),
    start: startSqlite,
    columns: `_id integer PRIMARY KEY, tcp_seq integer, ip_saddr integer, oob_prefix varchar(8),
      raw_pkt blob, http_path text`,
    bytes: 'lower(hex(raw_pkt))',
    ...{ address: 'INTEGER', cuts: false, narrow: false },
  },
];

const ends = { source: '192.0.2.1', destination: '198.51.100.2' };
const BYTES_PORT = 1113;
const bytesPacket = ipv4(ends, udp({ sourcePort: 1, destinationPort: BYTES_PORT }));
const request = Buffer.from('GET /ü\xff\0\x01|\'"\\ HTTP/1.1\r\nHost: h\r\n\r\n', 'latin1');
const httpPacket = ipv4(ends, tcp({ sourcePort: 1, destinationPort: 80, flags: ['ack'] }, request));
const frames = [bytesPacket, httpPacket].map((packet) => ({ frame: ethernet({}, packet) }));

describe.each(kinds)('Values in $name', ({ missing: isMissing, start, ...types }) => {
  const missing = isMissing() ?? requireKernel();

  describe.skipIf(missing)(title('of every kind', missing), () => {
    let server: TrafficServer;
    let rig: TrafficRig;
    let specter: Daemon;
    const config = (options: string): string => `5 {
  plugin BASE
  plugin HTTP
  plugin ${server.plugin}${server.options({ database: 'd', table: 't' })}
  ${server.prefix}flush 10ms
  ${options}
}
`;
    const rows = () =>
      server.rows(
        'd',
        `SELECT tcp_seq, ip_saddr, oob_prefix, ${types.bytes} AS raw_pkt, http_path FROM t ORDER BY _id`,
      );

    beforeAll(async () => {
      server = await start();
      await server.createDatabase('d', `CREATE TABLE t (${types.columns})`);
      rig = await TrafficRig.create([5]);
      await rig.logPort(BYTES_PORT, 5, Buffer.from([0xc3, 0xbc, 0xff, 0x7a]));
    });
    afterAll(async () => {
      await specter?.[Symbol.asyncDispose]();
      await rig?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    test('addresses in a column for numbers: an error, unless IPv4 is all that is wanted', async () => {
      await using refused = await launchSpecter({ namespace: rig.namespace, config: config('') });
      const { code, stderr } = await refused.process.exit;
      expect(code).toBe(1);
      expect(stderr).toContain(
        `column ip_saddr (${types.address}): it holds IPv4 addresses, but no IPv6 ones`,
      );
      expect(stderr).toContain(`or set ${server.prefix}ipv4only to lose IPv6 ones`);
    });

    test('each has the form of its column, or is cut, or NULL', async () => {
      const { namespace } = rig;
      specter = await startSpecter({ namespace, config: config(`${server.prefix}ipv4only`) });
      const packets = [...traffic, ...frames];
      await rig.send(packets);
      await until(async () => (await rows()).length >= packets.length, `${packets.length} rows`);
      const expected = traffic.map(({ frame, fields }) => {
        const { tcp_seq, oob_family, udp_dport, raw_pktlen = 0 } = fields;
        const prefix = udp_dport === NASTY_PORT ? NASTY_PREFIX : PREFIX;
        const isWide = types.narrow && Number(tcp_seq) > 0x7fffffff;
        return {
          ...(tcp_seq === undefined || isWide ? {} : { tcp_seq }),
          ...(oob_family === 2 ? { ip_saddr: 0xc0000201 } : {}),
          oob_prefix: types.cuts ? prefix.slice(0, 8) : prefix,
          raw_pkt: frame.subarray(14, 14 + Number(raw_pktlen)).toString('hex'),
        };
      });
      const others = { ip_saddr: 0xc0000201 };
      expect(await rows()).toEqual([
        ...expected,
        { ...others, oob_prefix: 'ü\\xffz', raw_pkt: bytesPacket.toString('hex') },
        {
          ...{ ...others, tcp_seq: 0, oob_prefix: PREFIX, raw_pkt: httpPacket.toString('hex') },
          http_path: '/\\xfc\\xff\\x00\\x01|\'"\\',
        },
      ]);
    });

    test('what became of them is counted, and told', async () => {
      const { stderr } = await specter.stop();
      const ipv6 = traffic.filter(({ fields }) => fields.oob_family === 10).length;
      const unfit = ipv6 + (types.narrow ? 2 : 0);
      const counts = { written: traffic.length + 2, errors: 0, 'values unfit': unfit };
      expect(lastStatistics(stderr)[5]?.stages[server.plugin]).toMatchObject({
        ...counts,
        'texts cut': types.cuts ? 1 : 0,
      });
      expect(stderr).toContain('values that column ip_saddr cannot hold');
    });
  });
});
