import { readFileSync } from 'node:fs';
import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../../support/daemon.ts';
import { requirePostgres } from '../../support/postgres-server.ts';
import { requireKernel, requireTools, title } from '../../support/requirements.ts';
import { lastStatistics } from '../../support/statistics.ts';
import { until } from '../../support/until.ts';
import { type Fields, traffic } from './traffic.ts';
import { startMysql } from './traffic-mysql.ts';
import { startPgsql } from './traffic-pgsql.ts';
import { TrafficRig } from './traffic-rig.ts';
import type { TrafficServer } from './traffic-server.ts';
import { startSqlite } from './traffic-sqlite.ts';

interface OwnSchema {
  readonly name: string;
  missing(): string | undefined;
  start(): Promise<TrafficServer>;
  /** The table's columns, those for addresses as text. */
  readonly select: string;
  /** Where many firewalls may share the table. */
  readonly shared: boolean;
  /** What to run before there are rows: partitions. */
  readonly prepare: string;
  /** SELECT of rows' partitions and days, of partitions for these days: `20261122`. */
  readonly places?: (days: readonly string[]) => string;
}

const schemas: readonly OwnSchema[] = [
  {
    name: 'pgsql',
    missing: requirePostgres,
    start: startPgsql,
    select: 'SELECT * FROM packet',
    shared: true,
    prepare: "SELECT specter_create_partitions('packet')",
    places: () => `SELECT tableoid::regclass::text AS place,
      to_char(oob_time AT TIME ZONE 'UTC', '"packet_"YYYYMMDD') AS day FROM packet`,
  },
  {
    name: 'mysql',
    missing: () => requireTools('mariadbd', 'mariadb', 'mariadb-install-db'),
    start: startMysql,
    select: `SELECT specter_id, oob_time, host, block, raw_label, oob_prefix, oob_in, oob_out, oob_hook,
      oob_mark, mac_saddr_str, INET6_NTOA(ip_saddr) AS ip_saddr, INET6_NTOA(ip_daddr) AS ip_daddr,
      ip_protocol, ip_totlen, ip_ttl, ip6_payloadlen, ip6_hoplimit, tcp_sport, tcp_dport, tcp_flags,
      udp_sport, udp_dport, icmp_type, icmp_code, icmpv6_type, icmpv6_code FROM packet`,
    shared: true,
    prepare: 'CALL specter_retention(1, 1)',
    places: (days) =>
      days
        .map(
          (day) => `SELECT 'p${day}' AS place, DATE_FORMAT(oob_time, 'p%Y%m%d') AS day
          FROM packet PARTITION (p${day})`,
        )
        .join(' UNION ALL '),
  },
  {
    name: 'sqlite3',
    missing: () => requireTools('sqlite3'),
    start: startSqlite,
    select: `SELECT hex(specter_id) AS specter_id, packet.* FROM packet`,
    shared: false,
    prepare: '',
  },
];

/** Columns that all of them have. */
const columns = [
  ...['raw_label', 'oob_prefix', 'oob_in', 'oob_hook', 'oob_mark', 'mac_saddr_str', 'ip_saddr'],
  ...['ip_daddr', 'ip_protocol', 'ip_totlen', 'ip_ttl', 'ip6_payloadlen', 'ip6_hoplimit'],
  ...['tcp_sport', 'tcp_dport', 'tcp_flags', 'udp_sport', 'udp_dport', 'icmp_type', 'icmp_code'],
  ...['icmpv6_type', 'icmpv6_code'],
];
const pick = (fields: Fields, names: readonly string[]): Fields =>
  Object.fromEntries(Object.entries(fields).filter(([name]) => names.includes(name)));

/** The blocks, by their `label`: each is given all packets. */
const labels = [0, 1] as const;

const byText = (rows: readonly Fields[]): string[] => rows.map((row) => JSON.stringify(row)).sort();

describe.each(schemas)('Tables of specter: $name', ({ name, missing: isMissing, ...schema }) => {
  const missing = isMissing() ?? requireKernel();

  describe.skipIf(missing)(title('with packets', missing), () => {
    const script = readFileSync(
      new URL(`../../../contrib/sql/${name}.sql`, import.meta.url),
      'utf8',
    );
    let server: TrafficServer;
    let rig: TrafficRig;
    let specter: Daemon;
    let began = 0;
    let ended = 0;
    const rows = (select: string) => server.rows('firewall', select);

    beforeAll(async () => {
      server = await schema.start();
      await server.createDatabase('firewall', script);
      if (schema.prepare) await server.run('firewall', schema.prepare);
      rig = await TrafficRig.create(labels);
      const blocks = labels.map(
        (label) => `${label} {
  label ${label}
  plugin BASE
  plugin ${server.plugin}${server.options({ database: 'firewall', table: 'packet' })}
  ${server.prefix}flush 10ms
}
`,
      );
      specter = await startSpecter({ namespace: rig.namespace, config: blocks.join('') });
      began = Date.now();
      await rig.send(traffic);
      const all = labels.length * traffic.length;
      await until(async () => (await rows(schema.select)).length >= all, `${all} rows`);
      ended = Date.now();
      await specter.stop();
      // Again: nothing changes.
      await server.run('firewall', script);
    });
    afterAll(async () => {
      await specter?.[Symbol.asyncDispose]();
      await rig?.[Symbol.asyncDispose]();
      await server?.[Symbol.asyncDispose]();
    });

    test('each packet has a row with all its fields', async () => {
      const found = await rows(`${schema.select} ORDER BY raw_label, packet.specter_id`);
      const [host = ''] = hostname().split('.');
      const expected = labels.flatMap((label) =>
        traffic.map(({ fields }) => ({
          ...pick(fields, columns),
          raw_label: label,
          ...(schema.shared ? { host, block: String(label) } : {}),
        })),
      );
      expect(found.map(({ specter_id, oob_time, ...rest }) => rest)).toEqual(expected);
      expect(new Set(found.map(({ specter_id }) => specter_id)).size).toBe(found.length);
      for (const { oob_time } of found) {
        // PostgreSQL has the zone with it, the others are in UTC.
        const time = Date.parse(String(oob_time).replace(/\+00:00$|$/, 'Z'));
        expect(time).toBeGreaterThanOrEqual(began);
        expect(time).toBeLessThanOrEqual(ended);
      }
      for (const label of labels) {
        expect(lastStatistics(specter.stderr)[label]?.stages[server.plugin]).toMatchObject({
          ...{ written: traffic.length, dropped: 0, errors: 0, refused: 0 },
          ...{ 'stored before': 0, 'texts cut': 0, 'values unfit': 0 },
        });
      }
    });

    const ofEach = (make: (fields: Fields) => Fields[]): string[] =>
      byText(labels.flatMap(() => traffic.flatMap(({ fields }) => make(fields))));

    test('view_tcp_quad', async () => {
      const found = await rows('SELECT * FROM view_tcp_quad');
      const expected = ofEach(({ ip_saddr = '', ip_daddr = '', ...fields }) => {
        const { tcp_sport, tcp_dport, tcp_syn, tcp_ack, tcp_fin, tcp_rst } = fields;
        if (tcp_sport === undefined) return [];
        const flags = { tcp_syn, tcp_ack, tcp_fin, tcp_rst } as Fields;
        return [{ ip_saddr, tcp_sport, ip_daddr, tcp_dport: tcp_dport ?? 0, ...flags }];
      });
      expect(byText(found.map(({ oob_time, ...rest }) => rest))).toEqual(expected);
      expect(expected.length).toBe(6);
    });

    test('view_udp_quad', async () => {
      const found = await rows('SELECT * FROM view_udp_quad');
      const expected = ofEach(({ ip_saddr = '', udp_sport, ip_daddr = '', udp_dport = 0 }) =>
        udp_sport === undefined ? [] : [{ ip_saddr, udp_sport, ip_daddr, udp_dport }],
      );
      expect(byText(found.map(({ oob_time, ...rest }) => rest))).toEqual(expected);
      expect(expected.length).toBe(8);
    });

    test('top_talkers', async () => {
      const found = await rows('SELECT ip_saddr, packets, bytes FROM top_talkers ORDER BY 1');
      const expected = ['192.0.2.1', '2001:db8::1'].map((ip_saddr) => {
        const theirs = traffic.filter(({ fields }) => fields.ip_saddr === ip_saddr);
        const lengths = theirs.map(({ fields: { ip_totlen, ip6_payloadlen } }) =>
          ip_totlen === undefined ? 40 + Number(ip6_payloadlen) : Number(ip_totlen),
        );
        const bytes = lengths.reduce((sum, length) => sum + length, 0);
        return { ip_saddr, packets: 2 * theirs.length, bytes: 2 * bytes };
      });
      expect(found).toEqual(expected);
    });

    test('dropped_per_hour', async () => {
      // They may have come in two hours.
      const [found] = await rows(
        'SELECT sum(packets) AS packets, max(sources) AS sources FROM dropped_per_hour',
      );
      expect(found).toEqual({ packets: traffic.length, sources: 2 });
    });

    const { places } = schema;
    if (places === undefined) return;
    test('rows are in the partition of their day', async () => {
      const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10).replaceAll('-', '');
      const found = await rows(places([dayOf(began), dayOf(began + 86_400_000)]));
      expect(found.length).toBe(labels.length * traffic.length);
      for (const { place, day } of found) expect(place).toBe(day);
    });
  });
});
