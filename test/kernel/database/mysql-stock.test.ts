import { readFile } from 'node:fs/promises';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { RefusedRows } from '../../../src/plugins/output/database/database.ts';
import {
  createMysqlDatabase,
  type MysqlSettings,
} from '../../../src/plugins/output/database/mysql/index.ts';
import { MariadbServer } from '../../support/mariadb-server.ts';
import { requireFile, requireTools, title } from '../../support/requirements.ts';
import { type CellRow, cellsOf, microseconds } from './driver-cells.ts';

const folder = '/usr/share/doc/ulogd2-mysql';
const stockFiles = { stock: 'mysql-ulogd2.sql.gz', flat: 'mysql-ulogd2-flat.sql.gz' };
const missing =
  requireTools('mariadbd', 'mariadb', 'mariadb-install-db') ??
  requireFile(`${folder}/${stockFiles.stock}`, 'ulogd2-mysql');

const mapped = (...octets: number[]) => Buffer.from([...Array(10).fill(0), 255, 255, ...octets]);
const v6 = (text: string) => Buffer.from(text.replaceAll(':', ''), 'hex');

const tcp4: CellRow = {
  ...{ oob_time_sec: 4_294_967_295, oob_time_usec: 999_999, oob_hook: 1, oob_prefix: "it's: " },
  ...{ oob_mark: 0, oob_in: 'eth0', oob_family: 2, ip_protocol: 6, ip_tos: 16, ip_ttl: 64 },
  ...{ ip_saddr_bin: mapped(192, 0, 2, 1), ip_daddr_bin: mapped(198, 51, 100, 255) },
  ...{ ip_totlen: 65_535, ip_ihl: 5, ip_csum: 65_535, ip_id: 54_321, ip_fragoff: 0 },
  ...{
    tcp_sport: 65_535,
    tcp_dport: 443,
    tcp_seq: 4_294_967_295,
    tcp_ackseq: 1,
    tcp_window: 65_535,
  },
  ...{ tcp_urg: 0, tcp_ack: 1, tcp_psh: 1, tcp_rst: 0, tcp_syn: 1, tcp_fin: 0 },
  ...{ raw_type: 1, mac_str: '02:00:00:00:00:01:02:00:00:00:00:02:08:00', oob_protocol: 2048 },
  ...{ mac_saddr_str: '02:00:00:00:00:02', mac_daddr_str: '02:00:00:00:00:01', raw_label: 255 },
};
const udp6: CellRow = {
  ...{ oob_time_sec: 1, oob_time_usec: 0, oob_prefix: '', oob_family: 10, ip_protocol: 17 },
  ...{
    ip_saddr_bin: v6('20010db8000000000000000000000001'),
    ip_daddr_bin: v6(`ff02${'0'.repeat(27)}1`),
  },
  ...{ ip6_payloadlen: 65_535, ip6_priority: 255, ip6_hoplimit: 255, ip6_flowlabel: 1_048_575 },
  ...{ udp_sport: 53, udp_dport: 65_535, udp_len: 65_535, raw_type: 772, mac_str: '' },
};
const icmp4: CellRow = {
  ...{ oob_family: 2, ip_protocol: 1, icmp_type: 5, icmp_code: 1, icmp_echoid: 65_535 },
  ...{ icmp_echoseq: 65_535, icmp_gateway: 4_294_967_295, icmp_fragmtu: 65_535 },
};
const icmp6: CellRow = {
  ...{ oob_family: 10, ip_protocol: 58, icmpv6_type: 135, icmpv6_code: 0, icmpv6_csum: 65_535 },
};
const sctp: CellRow = {
  ip_protocol: 132,
  sctp_sport: 1,
  sctp_dport: 65_535,
  sctp_csum: 4_294_967_295,
};
const packets = [tcp4, udp6, icmp4, icmp6, sctp];

describe.skipIf(missing)(title('Schemas of ulogd2 for MySQL', missing), () => {
  let server: MariadbServer;
  beforeAll(async () => {
    server = await MariadbServer.start();
    for (const [database, file] of Object.entries(stockFiles)) {
      const schema = gunzipSync(await readFile(`${folder}/${file}`)).toString();
      await server.sql(`CREATE DATABASE ${database}; USE ${database};\n${schema}`);
    }
  });
  afterAll(async () => await server[Symbol.asyncDispose]());

  async function store(
    settings: Pick<MysqlSettings, 'db' | 'table' | 'procedure'>,
    rows: readonly CellRow[],
  ): Promise<number> {
    const database = createMysqlDatabase({ ...settings, socket: server.socket, user: 'root' });
    const connection = await database.connect(() => {});
    try {
      await connection.prepare(connection.layout.columns);
      return await connection.insert(cellsOf(connection.layout.columns, rows), 0, rows.length);
    } finally {
      await connection.close();
    }
  }

  /** What the view `ulog` shows of each packet: only what is there. */
  async function shown(database: string): Promise<Record<string, string>[]> {
    const columns = (
      await server.sql(
        `SELECT COLUMN_NAME, DATA_TYPE FROM information_schema.COLUMNS
         WHERE TABLE_SCHEMA = '${database}' AND TABLE_NAME = 'ulog' AND COLUMN_NAME <> '_id'
         ORDER BY ORDINAL_POSITION`,
      )
    ).map(([name = '', type]) => ({ name, isBinary: type === 'binary' }));
    const list = columns.map(({ name, isBinary }) => (isBinary ? `HEX(${name})` : name)).join();
    const rows = await server.sql(`SELECT ${list} FROM ulog ORDER BY _id`, database);
    return rows.map((row) =>
      Object.fromEntries(
        row.flatMap((value, i) => (value === 'NULL' ? [] : [[columns[i]?.name, value]])),
      ),
    );
  }

  const asShown = (row: CellRow): Record<string, string> =>
    Object.fromEntries(
      Object.entries(row).map(([name, value]) => [
        name,
        value instanceof Uint8Array
          ? Buffer.from(value).toString('hex').toUpperCase()
          : String(value),
      ]),
    );

  test.each(['ulog', 'ulog2'])('flat: %s takes rows', async (table) => {
    await server.sql('DELETE FROM ulog2', 'flat');
    expect(await store({ db: 'flat', table }, packets)).toBe(5);
    expect(await shown('flat')).toEqual(packets.map(asShown));
  });

  test('flat: as many as LOAD DATA is used for', async () => {
    await server.sql('DELETE FROM ulog2', 'flat');
    const rows = Array.from({ length: 200 }, (_, i) => ({ ...tcp4, ip_id: i }));
    expect(await store({ db: 'flat', table: 'ulog' }, rows)).toBe(200);
    expect(await shown('flat')).toEqual(rows.map(asShown));
  });

  test.each(['INSERT_PACKET_FULL', 'SELECT INSERT_PACKET_FULL', 'stock.INSERT_PACKET_FULL'])(
    'normalised: %s takes rows',
    async (procedure) => {
      await server.sql(
        `SET FOREIGN_KEY_CHECKS = 0; DELETE FROM tcp; DELETE FROM udp; DELETE FROM icmp;
         DELETE FROM icmpv6; DELETE FROM sctp; DELETE FROM hwhdr; DELETE FROM mac; DELETE FROM ulog2`,
        'stock',
      );
      // PACKET_ADD_SCTP has 16 bits for the checksum: it refuses packets with a greater one.
      const fitting = [...packets.slice(0, 4), { ...sctp, sctp_csum: 65_535 }];
      // More than one statement holds.
      const rows = Array.from({ length: 20 }, () => fitting).flat();
      expect(await store({ db: 'stock', table: 'ulog', procedure }, rows)).toBe(100);
      const expected = rows.map((row) => {
        const { raw_type, mac_str, ...rest } = asShown(row);
        // The function keeps the header of Ethernet as addresses, and of other links as it is.
        return raw_type === '1' ? rest : { ...rest, ...(raw_type ? { raw_type, mac_str } : {}) };
      });
      expect(await shown('stock')).toEqual(expected);
      expect(await server.sql('SELECT COUNT(*) FROM mac', 'stock')).toEqual([['1']]);
    },
  );

  test('normalised: what a procedure further in refuses is refused', async () => {
    const settings = { db: 'stock', table: 'ulog', procedure: 'INSERT_PACKET_FULL' };
    await expect(store(settings, [sctp])).rejects.toThrow(
      new RefusedRows("Out of range value for column '_csum' (ER_WARN_DATA_OUT_OF_RANGE)"),
    );
  });

  test('arguments take no more than the parameters', async () => {
    const settings = { db: 'stock', table: 'ulog', procedure: 'INSERT_PACKET_FULL' };
    const database = createMysqlDatabase({ ...settings, socket: server.socket, user: 'root' });
    const connection = await database.connect(() => {});
    await connection.close();
    const { columns, positional } = connection.layout;
    expect(positional).toBe(true);
    expect(columns.length).toBe(59);
    const typeOf = (name: string) => columns.find((column) => column.name === name)?.type;
    // The view has int(5) unsigned.
    expect(typeOf('tcp_sport')).toEqual({ kind: 'integer', max: 65_535n });
    expect(typeOf('oob_protocol')).toEqual({
      kind: 'integer',
      max: 32_767n,
      saturates: true,
    });
    expect(typeOf('mac_str')).toEqual({ kind: 'text', maxLength: 255, asciiOnly: true });
    expect(typeOf('ip_saddr_bin')).toEqual({ kind: 'binary', length: 16 });
  });

  test('connections go through INSERT_CT', async () => {
    const row: CellRow = {
      ...{
        oob_family: 2,
        orig_ip_saddr_bin: mapped(10, 0, 0, 1),
        orig_ip_daddr_bin: mapped(10, 0, 0, 2),
      },
      ...{
        orig_ip_protocol: 6,
        orig_l4_sport: 40_000,
        orig_l4_dport: 22,
        orig_raw_pktlen: 2n ** 53n,
      },
      ...{ orig_raw_pktcount: 3, flow_start_sec: 2_147_483_647, ct_mark: 4_294_967_295 },
    };
    const settings = { db: 'stock', table: 'conntrack', procedure: 'INSERT_CT' };
    expect(await store(settings, [row])).toBe(1);
    expect(
      await server.sql(
        'SELECT HEX(orig_ip_saddr), orig_l4_sport, orig_bytes, orig_packets, flow_start_sec, ct_mark FROM ulog2_ct',
        'stock',
      ),
    ).toEqual([
      [
        '00000000000000000000FFFF0A000001',
        '40000',
        '9007199254740992',
        '3',
        '2147483647',
        '4294967295',
      ],
    ]);
  });

  describe('routines', () => {
    beforeAll(async () => {
      await server.sql(`CREATE DATABASE r; USE r;
        CREATE TABLE t (no INT, v VARCHAR(9) CHARACTER SET utf8mb4);
        CREATE VIEW arguments AS SELECT no, v, 1 AS _left_out FROM t;
        DELIMITER $$
        CREATE PROCEDURE p (IN a INT, IN b VARCHAR(9) CHARACTER SET utf8mb4) BEGIN
          INSERT INTO t VALUES (a, b); SELECT a; SELECT b;
          IF a = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no luck'; END IF;
        END $$
        CREATE FUNCTION f (a SMALLINT, b VARCHAR(9) CHARACTER SET utf8mb4) RETURNS INT DETERMINISTIC BEGIN
          INSERT INTO t VALUES (a, b);
          IF a = 13 THEN SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = 'no luck'; END IF;
          RETURN a;
        END $$
        CREATE PROCEDURE one (IN a INT) SET @x = a $$`);
    });

    const rows = Array.from({ length: 100 }, (_, no) => ({ no: no + 100, v: `'\\ä${no % 2}` }));

    test.each(['CALL p', 'call r.p', 'p', 'f', 'SELECT `f`'])('%s', async (procedure) => {
      await server.sql('DELETE FROM t', 'r');
      const settings = { db: 'r', table: 'arguments', procedure };
      expect(await store(settings, [...rows, ...rows])).toBe(200);
      const found = await server.sql('SELECT no, HEX(v) FROM t', 'r');
      const expected = rows.map(({ no, v }) => [
        String(no),
        Buffer.from(v).toString('hex').toUpperCase(),
      ]);
      expect(found).toEqual([...expected, ...expected]);
    });

    test.each(['p', 'f'])('nothing is stored of rows that %s does not take', async (procedure) => {
      await server.sql('DELETE FROM t', 'r');
      const settings = { db: 'r', table: 'arguments', procedure };
      await expect(store(settings, [...rows, { no: 13, v: '' }, ...rows])).rejects.toThrow(
        new RefusedRows('no luck (ER_SIGNAL_EXCEPTION)'),
      );
      expect(await server.sql('SELECT COUNT(*) FROM t', 'r')).toEqual([['0']]);
    });

    test.each([
      [
        'nothing_such',
        'find routine nothing_such: database r has none of this name that root may use (ER_SP_DOES_NOT_EXIST); load a schema, or GRANT EXECUTE ON r.* TO root',
      ],
      [
        'CALL f',
        'find procedure f: database r has none of this name that root may use (ER_SP_DOES_NOT_EXIST); it is a function: write f',
      ],
      [
        'CALL one',
        'read the parameters of one: it takes 1 arguments, but arguments has 2 columns (ER_SP_WRONG_NO_OF_ARGS); name the view that lists the arguments of the routine',
      ],
    ])('%s is an error when connecting', async (procedure, message) => {
      await expect(store({ db: 'r', table: 'arguments', procedure }, [])).rejects.toThrow(message);
    });
  });

  describe('the schema of specter', () => {
    test('can be loaded again, takes rows once, and keeps days apart', async () => {
      const schema = await readFile(
        new URL('../../../contrib/sql/mysql.sql', import.meta.url),
        'utf8',
      );
      await server.sql(`CREATE DATABASE own; USE own; ${schema}`);
      await server.sql(schema, 'own');
      await server.sql('CALL specter_retention(2, 3)', 'own');
      const now = BigInt(Date.now()) * 1000n;
      const day = 86_400_000_000n;
      const rows: CellRow[] = Array.from({ length: 100 }, (_, i) => ({
        ...{ specter_id: v6(`0198aaaa0000700080000000000000${i.toString(16).padStart(2, '0')}`) },
        ...{ oob_time: now + BigInt(i), raw_label: 0, oob_prefix: 'drop: ', ip_totlen: 40 + i },
        ...{
          ip_saddr:
            i % 2 === 0 ? Buffer.from([192, 0, 2, 1]) : v6('20010db8000000000000000000000001'),
        },
        ...{ ip_daddr: Buffer.from([198, 51, 100, 1]), ip_protocol: 6, tcp_sport: 1, tcp_dport: 2 },
        ...{ tcp_flags: 18 },
      }));
      const others = [
        { ...rows[0], specter_id: v6(`ff${'0'.repeat(30)}`), oob_time: now - 9n * day },
        {
          ...rows[0],
          specter_id: v6(`fe${'0'.repeat(30)}`),
          oob_time: now + 400n * day,
          raw_label: 1,
        },
        {
          ...rows[0],
          specter_id: v6(`fd${'0'.repeat(30)}`),
          oob_time: microseconds('1971-01-01 00:00:00'),
        },
      ];
      const settings = { db: 'own', table: 'packet' };
      expect(await store(settings, rows)).toBe(100);
      expect(await store(settings, [...rows, ...others])).toBe(3);
      expect(await server.sql('SELECT COUNT(*) FROM packet', 'own')).toEqual([['103']]);
      expect(
        await server.sql(
          'SELECT ip_saddr, packets, bytes FROM top_talkers ORDER BY ip_saddr',
          'own',
        ),
      ).toEqual([
        ['192.0.2.1', '51', '4490'],
        ['2001:db8::1', '50', '4500'],
      ]);
      expect(
        await server.sql(
          'SELECT DISTINCT ip_saddr, tcp_sport, ip_daddr, tcp_dport, tcp_syn, tcp_ack, tcp_rst FROM view_tcp_quad',
          'own',
        ),
      ).toEqual([
        ['192.0.2.1', '1', '198.51.100.1', '2', '1', '1', '0'],
        ['2001:db8::1', '1', '198.51.100.1', '2', '1', '1', '0'],
      ]);
      expect(
        await server.sql('SELECT SUM(packets), MAX(sources) FROM dropped_per_hour', 'own'),
      ).toEqual([['102', '2']]);
      await server.sql(
        `ALTER TABLE packet REORGANIZE PARTITION p${today()} INTO (
           PARTITION p19710102 VALUES LESS THAN ('1971-01-03'),
           PARTITION p${today()} VALUES LESS THAN ('${tomorrow()}'));
         CALL specter_retention(4, 3)`,
        'own',
      );
      const partitions = await server.sql(
        `SELECT PARTITION_NAME FROM information_schema.PARTITIONS
         WHERE TABLE_SCHEMA = 'own' AND TABLE_NAME = 'packet' ORDER BY PARTITION_ORDINAL_POSITION`,
      );
      expect(partitions.length).toBe(6);
      expect([partitions[0], partitions.at(-1)]).toEqual([[`p${today()}`], ['future']]);
      for (const days of ['0', '-100', 'NULL']) {
        await expect(server.sql(`CALL specter_retention(7, ${days})`, 'own')).rejects.toThrow(
          'days_kept has to be 1 or more',
        );
      }
      expect(await server.sql('SELECT COUNT(*) FROM packet', 'own')).toEqual([['102']]);
    });

    const dayOf = (time: number) => new Date(time).toISOString().slice(0, 10);
    const today = () => dayOf(Date.now()).replaceAll('-', '');
    const tomorrow = () => dayOf(Date.now() + 86_400_000);
  });
});
