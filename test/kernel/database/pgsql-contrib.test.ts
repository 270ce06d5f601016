import { readFileSync } from 'node:fs';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createPgsqlDatabase } from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { title } from '../../support/requirements.ts';
import { type CellRow, cellsOf, idOf } from './driver-cells.ts';

const missing = requirePostgres();
const script = readFileSync(new URL('../../../contrib/sql/pgsql.sql', import.meta.url), 'utf8');
const day = 86_400;

describe.skipIf(missing)(title('contrib/sql/pgsql.sql', missing), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    await server.createDatabase('firewall', script);
    await server.sql('CREATE ROLE specter LOGIN');
    // As its comments say.
    await server.sql(
      [...script.matchAll(/^-- {3}(GRANT .* TO specter;)$/gm)].map(([, grant]) => grant).join('\n'),
      'firewall',
    );
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const sql = (text: string) => server.sql(text, 'firewall');

  async function store(table: string, rows: readonly CellRow[]): Promise<number> {
    const where = { host: server.host, user: 'specter', db: 'firewall', table };
    const connection = await createPgsqlDatabase(where).connect((error) => {
      throw error;
    });
    await connection.prepare(connection.layout.columns);
    const stored = await connection.insert(
      cellsOf(connection.layout.columns, rows),
      0,
      rows.length,
    );
    await connection.close();
    return stored;
  }

  const now = Math.floor(Date.now() / 1000);
  const at = (days: number): bigint => BigInt(now - days * day) * 1_000_000n;
  const packet = (id: number, days: number, more: CellRow = {}): CellRow => ({
    specter_id: idOf(id),
    oob_time: at(days),
    raw_label: 0,
    ip_saddr: Buffer.from([192, 0, 2, 1]),
    ip_daddr: Buffer.from([192, 0, 2, 2]),
    ip_protocol: 6,
    ip_totlen: 60,
    tcp_sport: 40_000,
    tcp_dport: 22,
    tcp_flags: 2,
    mac_saddr_str: Buffer.from('020000000001', 'hex'),
    ...more,
  });

  test('it can be run again, and keeps what is there', async () => {
    expect(await store('packet', [packet(1, 0)])).toBe(1);
    await server.psql('firewall', script);
    expect(await sql('SELECT count(*)::int FROM packet')).toEqual([{ count: 1 }]);
    expect(await store('packet', [packet(1, 0), packet(2, 0)])).toBe(1);
    expect(await sql('SELECT * FROM view_tcp_quad LIMIT 1')).toMatchObject([
      {
        ip_saddr: '192.0.2.1',
        tcp_sport: 40_000,
        ip_daddr: '192.0.2.2',
        tcp_dport: 22,
        tcp_syn: true,
        tcp_ack: false,
      },
    ]);
    expect(await sql('SELECT ip_saddr, packets::int, bytes::int FROM top_talkers')).toEqual([
      { ip_saddr: '192.0.2.1', packets: 2, bytes: 120 },
    ]);
    expect(await sql('SELECT packets::int, sources::int FROM dropped_per_hour')).toEqual([
      { packets: 2, sources: 1 },
    ]);
  });

  test('rows of today have a partition; others go to the default one', async () => {
    await store('packet', [packet(10, 100), { ...packet(11, 0), oob_time: null }]);
    expect(
      await sql(
        'SELECT tableoid::regclass::text AS at FROM packet WHERE tcp_dport = 22 ORDER BY specter_id',
      ),
    ).toMatchObject([
      { at: expect.stringMatching(/^packet_\d{8}$/) },
      { at: expect.stringMatching(/^packet_\d{8}$/) },
      { at: 'packet_default' },
      { at: 'packet_default' },
    ]);
  });

  test('retention', async () => {
    await sql("SELECT specter_create_partitions('packet', 2, current_date - 42)");
    await store('packet', [packet(20, 41), packet(21, 200)]);
    const partitions = async (): Promise<number> => {
      const [row] = await sql(
        "SELECT count(*)::int AS n FROM pg_inherits WHERE inhparent = 'packet'::regclass",
      );
      return Number(row?.n);
    };
    const before = await partitions();
    await sql('SELECT specter_maintain(30)');
    expect(await partitions()).toBe(before - 3);
    expect(
      await sql("SELECT count(*)::int FROM packet WHERE oob_time < now() - interval '31 days'"),
    ).toEqual([{ count: 0 }]);
    await expect(sql('SELECT specter_maintain(0)')).rejects.toThrow(
      'days has to be 1 or more, not 0',
    );
    expect(await sql("SELECT specter_create_partitions('flow')")).toEqual([
      { specter_create_partitions: 0 },
    ]);
  });

  test('flows', async () => {
    const flow = {
      specter_id: idOf(1),
      flow_start: at(0),
      flow_end: at(0),
      orig_l4_dport: 443,
      ct_mark: 2 ** 32 - 1,
    };
    expect(await store('flow', [flow])).toBe(1);
    expect(await store('flow', [flow])).toBe(0);
    expect(await sql('SELECT orig_l4_dport, ct_mark FROM flow')).toEqual([
      { orig_l4_dport: 443, ct_mark: '4294967295' },
    ]);
  });
});
