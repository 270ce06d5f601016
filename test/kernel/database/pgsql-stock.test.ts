import { readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  RefusedRows,
  type TableConnection,
} from '../../../src/plugins/output/database/database.ts';
import { createPgsqlDatabase } from '../../../src/plugins/output/database/pgsql/index.ts';
import { PostgresServer, requirePostgres } from '../../support/postgres-server.ts';
import { requireFile, title } from '../../support/requirements.ts';
import { type CellRow, cellsOf } from './driver-cells.ts';

/** Debian's package has ulogd2's schemas as they are upstream. */
const schemas = '/usr/share/doc/ulogd2-pgsql';
const missing = requirePostgres() ?? requireFile(schemas, 'ulogd2-pgsql');
const schema = (name: string): string =>
  gunzipSync(readFileSync(`${schemas}/${name}.sql.gz`)).toString();

const ipv4 = (text: string): Buffer => Buffer.from(text.split('.').map(Number));
const packet: CellRow = {
  oob_time_sec: 1_800_000_000,
  oob_time_usec: 999_999,
  oob_hook: 1,
  oob_prefix: "drop'; ",
  oob_mark: 2 ** 31 - 1,
  oob_in: 'eth0',
  oob_family: 2,
  ip_saddr_str: ipv4('192.0.2.1'),
  ip_daddr_str: ipv4('198.51.100.255'),
  ip_protocol: 6,
  ip_ttl: 64,
  ip_totlen: 60,
  tcp_sport: 65_535,
  tcp_dport: 22,
  tcp_seq: 2 ** 32 - 1,
  tcp_syn: 1,
  tcp_ack: 0,
  raw_type: 1,
  oob_protocol: 0x800,
  raw_label: 0,
};
const datagram: CellRow = {
  oob_family: 10,
  ip_saddr_str: Buffer.from('20010db8000000000000000000000001', 'hex'),
  ip_daddr_str: Buffer.from('20010db8000000000000000000000002', 'hex'),
  ip_protocol: 17,
  ip6_payloadlen: 30,
  ip6_flowlabel: 0xfffff,
  udp_sport: 53,
  udp_dport: 5353,
  udp_len: 30,
  raw_type: 772,
  mac_str: '',
};
const flow: CellRow = {
  oob_family: 2,
  orig_ip_saddr_str: ipv4('192.0.2.1'),
  orig_ip_daddr_str: ipv4('192.0.2.2'),
  orig_ip_protocol: 6,
  orig_l4_sport: 1,
  orig_l4_dport: 2,
  orig_raw_pktlen: 2n ** 53n,
  reply_ip_saddr_str: ipv4('192.0.2.2'),
  reply_ip_daddr_str: ipv4('192.0.2.1'),
  reply_ip_protocol: 6,
  reply_l4_sport: 2,
  reply_l4_dport: 1,
  ct_event: 1,
};

describe.skipIf(missing)(title("PostgreSQL: ulogd2's schemas", missing), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    await server.createDatabase('flat', schema('pgsql-ulogd2-flat'));
    await server.createDatabase('full', schema('pgsql-ulogd2'));
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  async function connect(
    db: string,
    table: string,
    procedure = 'INSERT',
  ): Promise<TableConnection> {
    const where = { host: server.host, user: 'postgres', db, table, procedure };
    const connection = await createPgsqlDatabase(where).connect((error) => {
      throw error;
    });
    await connection.prepare(connection.layout.columns);
    return connection;
  }

  async function store(connection: TableConnection, rows: readonly CellRow[]): Promise<void> {
    const cells = cellsOf(connection.layout.columns, rows);
    expect(await connection.insert(cells, 0, rows.length)).toBe(rows.length);
    await connection.close();
  }

  test.each(['ulog2', 'ulog', 'ULOG'])('flat: %s', async (table) => {
    const mac = { mac_saddr_str: Buffer.from('020000000001', 'hex') };
    await server.sql('TRUNCATE ulog2 CASCADE', 'flat');
    const connection = await connect('flat', table);
    expect(connection.layout.columns).toHaveLength(59);
    await store(connection, [{ ...packet, ...mac }, datagram]);
    const rows = await server.sql('SELECT * FROM ulog2 ORDER BY _id', 'flat');
    expect(rows).toMatchObject([
      {
        ...packet,
        ip_saddr_str: '192.0.2.1',
        ip_daddr_str: '198.51.100.255',
        tcp_seq: '4294967295',
        tcp_syn: true,
        tcp_ack: false,
        tcp_fin: null,
        mac_saddr_str: '02:00:00:00:00:01',
        udp_sport: null,
      },
      {
        ...datagram,
        ip_saddr_str: '2001:db8::1',
        ip_daddr_str: '2001:db8::2',
        ip6_payloadlen: '30',
        ip6_flowlabel: '1048575',
      },
    ]);
  });

  test('normalised: INSERT_PACKET_FULL', async () => {
    const connection = await connect('full', 'ulog', 'INSERT_PACKET_FULL');
    const { layout } = connection;
    expect(layout).toMatchObject({ table: 'public.ulog', positional: true });
    expect(layout.columns).toHaveLength(59);
    const typeOf = (name: string) => layout.columns.find((each) => each.name === name);
    // Of the arguments, not of the columns.
    expect(typeOf('mac_saddr_str')).toMatchObject({
      type: { kind: 'text' },
      sqlType: 'character varying',
    });
    expect(typeOf('ip_protocol')).toMatchObject({ sqlType: 'integer' });
    const macs = { mac_saddr_str: '02:00:00:00:00:01', mac_daddr_str: '02:00:00:00:00:02' };
    await store(connection, [{ ...packet, ...macs }, datagram]);
    expect(
      await server.sql(
        'SELECT * FROM ulog2 JOIN tcp ON _id = _tcp_id JOIN mac ON mac_id = _mac_id',
        'full',
      ),
    ).toMatchObject([
      {
        oob_prefix: "drop'; ",
        ip_saddr_str: '192.0.2.1',
        tcp_sport: 65_535,
        tcp_seq: '4294967295',
        tcp_syn: true,
        mac_saddr: '02:00:00:00:00:01',
        mac_protocol: 0x800,
        label: 0,
      },
    ]);
    expect(
      await server.sql(
        'SELECT * FROM ulog2 JOIN udp ON _id = _udp_id JOIN hwhdr ON _id = _hw_id',
        'full',
      ),
    ).toMatchObject([
      { ip_saddr_str: '2001:db8::1', udp_dport: 5353, raw_type: 772, raw_header: '' },
    ]);
  });

  test('a call that fails takes the others with it', async () => {
    const before = await server.sql('SELECT count(*) FROM ulog2', 'full');
    const connection = await connect('full', 'ulog', 'public.insert_packet_full');
    const rows = [datagram, { ...packet, mac_saddr_str: 'no address' }];
    const cells = cellsOf(connection.layout.columns, rows);
    await expect(connection.insert(cells, 0, 2)).rejects.toThrow(RefusedRows);
    await connection.close();
    expect(await server.sql('SELECT count(*) FROM ulog2', 'full')).toEqual(before);
  });

  test.each(['flat', 'full'])(
    'connection tracking, %s: INSERT_CT, INSERT_OR_REPLACE_CT',
    async (db) => {
      await server.sql('TRUNCATE ulog2_ct', db);
      await store(await connect(db, 'ulog2_ct', 'INSERT_CT'), [flow]);
      await store(await connect(db, 'ulog2_ct', 'INSERT_OR_REPLACE_CT'), [
        { ...flow, orig_l4_sport: 3 },
        { ...flow, ct_event: 4, flow_end_sec: 7 },
      ]);
      expect(await server.sql('SELECT * FROM ulog2_ct ORDER BY _ct_id', db)).toMatchObject([
        { orig_ip_saddr_str: '192.0.2.1', orig_l4_sport: 1, ct_event: 4, flow_end_sec: '7' },
        { orig_l4_sport: 3, ct_event: 1, orig_raw_pktlen: '9007199254740992' },
      ]);
    },
  );
});

const missingServer = requirePostgres();
describe.skipIf(missingServer)(title('PostgreSQL: procedures', missingServer), () => {
  let server: PostgresServer;
  beforeAll(async () => {
    server = await PostgresServer.start();
    await server.sql(`CREATE TABLE t (_id serial, n int, "select" text, d date);
      CREATE TABLE seen (n bigint, s text, d date);
      CREATE SCHEMA other;
      CREATE FUNCTION take(bigint, text, date) RETURNS void LANGUAGE sql AS 'INSERT INTO seen VALUES ($1, $2, $3)';
      CREATE FUNCTION take(bigint, text) RETURNS void LANGUAGE sql AS '';
      CREATE FUNCTION other."Take It"(text, text, text) RETURNS SETOF int LANGUAGE sql
        AS $$ INSERT INTO seen VALUES ($1::bigint, $2, $3::date); SELECT generate_series(1, 3) $$;
      CREATE PROCEDURE call_it(int, varchar, date) LANGUAGE plpgsql AS $$ BEGIN
        IF $1 < 0 THEN RAISE EXCEPTION 'negative'; END IF;
        IF $1 = 999999 THEN RAISE EXCEPTION 'too much'; END IF;
        INSERT INTO seen VALUES ($1, $2, $3); END $$;
      CREATE FUNCTION twice(int, text, date) RETURNS int LANGUAGE sql AS 'SELECT 1';
      CREATE FUNCTION twice(bigint, text, date) RETURNS int LANGUAGE sql AS 'SELECT 1'`);
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  const connect = async (procedure: string): Promise<TableConnection> => {
    const where = { host: server.host, user: 'postgres', table: 't', procedure };
    const connection = await createPgsqlDatabase(where).connect((error) => {
      throw error;
    });
    await connection.prepare(connection.layout.columns);
    return connection;
  };
  const rows: CellRow[] = [{ n: 1, select: "a'b\\" }, { n: 2 }, { n: 3, select: '' }];

  test.each(['take', 'TAKE', 'public.take', 'other."Take It"', 'call_it', 'Call_It'])(
    '%s',
    async (procedure) => {
      await server.sql('TRUNCATE seen');
      const connection = await connect(procedure);
      const given = procedure.includes('It"')
        ? rows.map((row) => ({ ...row, n: String(row.n) }))
        : rows;
      expect(await connection.insert(cellsOf(connection.layout.columns, given), 0, 3)).toBe(3);
      await connection.close();
      expect(await server.sql('SELECT n::int, s, d FROM seen')).toEqual([
        { n: 1, s: "a'b\\", d: null },
        { n: 2, s: null, d: null },
        { n: 3, s: '', d: null },
      ]);
    },
  );

  test('CALL: a refusal of one undoes all, over many chunks', async () => {
    await server.sql('TRUNCATE seen');
    const connection = await connect('call_it');
    const many = Array.from({ length: 2500 }, (_, n) => ({ n: n === 2499 ? 999_999 : n }));
    const cells = cellsOf(connection.layout.columns, many);
    await expect(connection.insert(cells, 0, 2500)).rejects.toThrow(/^too much \(P0001\)$/);
    expect(await server.sql('SELECT * FROM seen')).toEqual([]);
    expect(await connection.insert(cells, 0, 2499)).toBe(2499);
    await connection.close();
    expect(await server.sql('SELECT count(*)::int, sum(n)::int FROM seen')).toEqual([
      { count: 2499, sum: (2498 * 2499) / 2 },
    ]);
  });

  test('INSERT in any case is none', async () => {
    const connection = await connect('insert into');
    expect(connection.layout.positional).toBe(false);
    await connection.close();
  });

  test('what does not fit is said', async () => {
    await expect(connect('twice')).rejects.toThrow(
      /several take 3 arguments: twice\(bigint, text, date\), twice\(integer, text, date\)/,
    );
    await server.sql('DROP FUNCTION take(bigint, text, date)');
    await expect(connect('take')).rejects.toThrow(
      /the table has 3 columns, but it takes 2 arguments/,
    );
  });
});
