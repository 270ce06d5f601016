import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import {
  arp,
  icmpEcho,
  icmpUnreachable,
  icmpv6Echo,
  ipv4,
  ipv6,
  tcp,
  udp,
} from '../../../../support/packets.ts';
import { FakeLinks } from '../../fake-context.ts';
import { attribute, PacketPath } from '../../packet-path.ts';
import { jsonLines } from './open-json.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('../fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

const savedZone = process.env.TZ;
beforeAll(() => {
  process.env.TZ = 'Europe/Berlin';
});
afterAll(() => {
  process.env.TZ = savedZone;
});

const ends = { source: '192.0.2.1', destination: '198.51.100.2', id: 7 };
const ends6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const ports = { sourcePort: 40_000, destinationPort: 443 };
// 2023-11-02 01:02:03 UTC
const timestamp = { sec: 1_698_886_923n, usec: 42n };
const header = '{"timestamp": "2023-11-02T02:02:03.000042+0100", "dvc": "Netfilter"';
const time = '"oob.time.sec": 1698886923, "oob.time.usec": 42';

const path = new PacketPath('all', { links: new FakeLinks({ 2: 'eth0', 3: 'eth1' }) });

describe('JSON in the schema of ulogd has the line', () => {
  test('of TCP over IPv4, with all that a packet has', async () => {
    const packet = {
      prefix: 'in "a\\b": ',
      indev: 2,
      outdev: 3,
      mark: 0xffff_ffff,
      uid: 0,
      seq: 4_294_967_295,
      timestamp,
      payload: ipv4(ends, tcp({ ...ports, flags: ['syn', 'ece'] })),
      attributes: [
        attribute.gid(1000),
        attribute.hardwareType(1),
        attribute.hardwareHeader(Buffer.from('0200000000020200000000010800', 'hex')),
      ],
    };
    expect(await jsonLines(path.take(packet))).toEqual([
      `${header}, "mac.str": "02:00:00:00:00:02:02:00:00:00:00:01:08:00", "raw.mac_len": 14, ` +
        '"raw.type": 1, "raw.pktlen": 40, "raw.pktcount": 1, ' +
        `"raw.label": 0, "oob.prefix": "in \\"a\\\\b\\": ", ${time}, "oob.mark": 4294967295, ` +
        '"oob.ifindex_in": 2, "oob.ifindex_out": 3, "oob.hook": 1, "oob.family": 2, ' +
        '"oob.protocol": 2048, "oob.uid": 0, "oob.gid": 1000, "oob.seq.local": 4294967295, ' +
        '"src_ip": "192.0.2.1", "dest_ip": "198.51.100.2", ' +
        '"ip.protocol": 6, "ip.tos": 0, "ip.ttl": 64, "ip.totlen": 40, "ip.ihl": 5, ' +
        '"ip.csum": 36498, "ip.id": 7, "ip.fragoff": 0, "src_port": 40000, "dest_port": 443, ' +
        '"tcp.seq": 0, "tcp.ackseq": 0, "tcp.offset": 5, "tcp.reserved": 0, "tcp.window": 65535, ' +
        '"tcp.urg": 0, "tcp.ack": 0, "tcp.psh": 0, "tcp.rst": 0, "tcp.syn": 1, "tcp.fin": 0, ' +
        '"tcp.ece": 1, "tcp.cwr": 0, "tcp.res1": 0, "tcp.res2": 1, "tcp.urgp": 0, ' +
        '"tcp.csum": 9584, "tcp.flags": 66, "oob.in": "eth0", "oob.out": "eth1", ' +
        '"mac.saddr.str": "02:00:00:00:00:01", "mac.daddr.str": "02:00:00:00:00:02"}',
    ]);
  });

  test('of UDP over IPv6', async () => {
    const payload = ipv6(ends6, udp(ports, 'abc'));
    expect(
      await jsonLines(path.take({ family: 10, protocol: 0x86dd, timestamp, payload })),
    ).toEqual([
      `${header}, "raw.pktlen": 51, "raw.pktcount": 1, "raw.label": 0, ${time}, "oob.mark": 0, ` +
        '"oob.hook": 1, "oob.family": 10, "oob.protocol": 34525, "src_ip": "2001:db8::1", ' +
        '"dest_ip": "2001:db8::2", "ip.protocol": 17, ' +
        '"ip6.payloadlen": 11, "ip6.priority": 0, "ip6.flowlabel": 0, "ip6.hoplimit": 64, ' +
        '"ip6.nexthdr": 17, "ip6.firsthdr": 17, "ip6.exthdrs": 0, "src_port": 40000, ' +
        '"dest_port": 443, "udp.len": 11, "udp.csum": 16901}',
    ]);
  });

  test('of ICMP, with the packet that an error is about', async () => {
    const about = ipv4(ends, udp(ports));
    const fields = async (payload: Buffer, family = 2) =>
      (await jsonLines(path.take({ family, timestamp, payload })))[0]?.match(/"icmp.*(?=})/)?.[0];
    expect(await fields(ipv4(ends, icmpEcho({ id: 5, sequence: 6 })))).toBe(
      '"icmp.type": 8, "icmp.code": 0, "icmp.echoid": 5, "icmp.echoseq": 6, "icmp.csum": 63476',
    );
    expect(await fields(ipv4(ends, icmpUnreachable(4, about, 1400)))).toBe(
      '"icmp.type": 3, "icmp.code": 4, "icmp.fragmtu": 1400, "icmp.csum": 58324, ' +
        '"icmp.orig.ip.saddr": "192.0.2.1", "icmp.orig.ip.daddr": "198.51.100.2", ' +
        '"icmp.orig.ip.protocol": 17, "icmp.orig.l4.sport": 40000, "icmp.orig.l4.dport": 443',
    );
    expect(await fields(ipv6(ends6, icmpv6Echo({ id: 5, sequence: 6 })), 10)).toBe(
      '"icmpv6.type": 128, "icmpv6.code": 0, "icmpv6.echoid": 5, "icmpv6.echoseq": 6, "icmpv6.csum": 9277',
    );
  });

  test('of ARP', async () => {
    const payload = arp({
      senderMac: '02:00:00:00:00:01',
      senderIp: '192.0.2.1',
      targetIp: '192.0.2.2',
    });
    expect(
      await jsonLines(path.take({ family: 3, protocol: 0x0806, hook: 0, timestamp, payload })),
    ).toEqual([
      `${header}, "raw.pktlen": 28, "raw.pktcount": 1, "raw.label": 0, ${time}, "oob.mark": 0, ` +
        '"oob.hook": 0, "oob.family": 3, "oob.protocol": 2054, "arp.hwtype": 1, ' +
        '"arp.protocoltype": 2048, "arp.operation": 1, "arp.shwaddr": "02:00:00:00:00:01", ' +
        '"arp.saddr.str": "192.0.2.1", "arp.dhwaddr": "00:00:00:00:00:00", ' +
        '"arp.daddr.str": "192.0.2.2"}',
    ]);
  });

  test('of a packet of which nothing is known, and goes on without holes', async () => {
    const packets = [
      { headless: true, family: 7 },
      { timestamp, payload: ipv4(ends, udp(ports)) },
    ];
    const [first, second] = await jsonLines(path.take(...packets));
    expect(first).toBe(
      '{"timestamp": "1970-01-01T01:00:00.000000+0100", "dvc": "Netfilter", "raw.pktlen": 0, ' +
        '"raw.pktcount": 1, "raw.label": 0, "oob.time.sec": 0, "oob.time.usec": 0, ' +
        '"oob.mark": 0, "oob.family": 7}',
    );
    expect(JSON.parse(second ?? '')).toMatchObject({ src_ip: '192.0.2.1', dest_port: 443 });
  });
});

describe('JSON in the schema of ulogd', () => {
  const packet = { prefix: 'p', timestamp, payload: ipv4(ends, udp(ports, 'abc')) };
  const named = (...keys: string[]) =>
    new PacketPath([...keys, 'oob.time.sec', 'oob.time.usec']).take(packet);

  test('shows the keys that are named, in their order, each once', async () => {
    const jsonkeys = ['udp.dport', 'ip.saddr', 'oob.prefix', 'udp.dport', 'icmp.type'];
    expect(await jsonLines(named(...jsonkeys), { jsonkeys })).toEqual([
      `${header}, "dest_port": 443, "src_ip": "192.0.2.1", "oob.prefix": "p"}`,
    ]);
  });

  test('shows an address that is named twice once', async () => {
    const jsonkeys = ['ip.saddr', 'ip.daddr.str', 'ip.saddr.str'];
    expect(await jsonLines(named(...jsonkeys), { jsonkeys })).toEqual([
      `${header}, "dest_ip": "198.51.100.2", "src_ip": "192.0.2.1"}`,
    ]);
  });

  test('shows raw data where it is named', async () => {
    const jsonkeys = ['udp.payload'];
    expect(await jsonLines(named(...jsonkeys), { jsonkeys, jsontimestamp: false })).toEqual([
      '{"dvc": "Netfilter", "udp.payload": "616263"}',
    ]);
  });

  test("has Logstash's names, a device's own name and an id", async () => {
    const options = {
      jsoneventv1: true,
      jsondevice: 'gate "1"',
      jsonid: true,
      jsonkeys: ['oob.mark'],
    };
    const batch = new PacketPath(['oob.mark', 'oob.time.sec', 'oob.time.usec']);
    const lines = await jsonLines(batch.take(packet, packet), options);
    const start =
      '{"@version": 1, "@timestamp": "2023-11-02T02:02:03.000042+0100", "dvc": "gate \\"1\\"", "id": "';
    const ids = lines.map((line) => line.slice(start.length, -'", "oob.mark": 0}'.length));
    expect(lines).toEqual(ids.map((id) => `${start}${id}", "oob.mark": 0}`));
    expect(ids[0]).toMatch(/^[0-9a-f]{24}00000000$/);
    expect(ids[1]).toBe(`${ids[0]?.slice(0, 24)}00000001`);
  });

  test('says by the label what the firewall did', async () => {
    const columns = new ColumnSet(4, [key('raw.label', 'u8', '')]);
    const batch = new Batch(columns);
    batch.begin(new Uint8Array());
    for (const label of [0, 1, 255]) columns.readNumbers('raw.label').set(batch.count++, label);
    batch.count++;
    batch.selectAll();
    const lines = await jsonLines(batch, { jsonbooleanlabel: true, jsontimestamp: false });
    expect(lines).toEqual([
      '{"dvc": "Netfilter", "action": "blocked"}',
      '{"dvc": "Netfilter", "action": "allowed"}',
      '{"dvc": "Netfilter", "action": "allowed"}',
      '{"dvc": "Netfilter"}',
    ]);
  });

  test("takes keys of any type and name, also others' keys", async () => {
    const keys = {
      wide: key('x.wide', 'u64', ''),
      flag: key('x.flag', 'bool', ''),
      mac: key('x.mac', 'mac', ''),
      raw: key('x.raw', 'bytes', ''),
      strange: key('constructor', 'string', ''),
    };
    const columns = new ColumnSet(1, Object.values(keys));
    const batch = new Batch(columns);
    batch.begin(Buffer.from('abc'));
    batch.count = 1;
    columns.wide(keys.wide).set(0, 0xffff_ffff, 0xffff_ffff);
    columns.numbers(keys.flag).set(0, 1);
    columns.bytes(keys.mac).set(0, 0, 3);
    columns.bytes(keys.raw).set(0, 0, 3);
    columns.bytes(keys.strange).set(0, 0, 3);
    batch.selectAll();
    expect(await jsonLines(batch, { jsontimestamp: false })).toEqual([
      '{"dvc": "Netfilter", "x.wide": 18446744073709551615, "x.flag": 1, "x.mac": "61:62:63", ' +
        '"constructor": "abc"}',
    ]);
  });

  test('takes the time of writing where a record has none', async () => {
    vi.useFakeTimers({ now: Date.UTC(2026, 6, 1, 12, 0, 0, 7), toFake: ['Date'] });
    try {
      const batch = new Batch(new ColumnSet(1, []));
      batch.begin(new Uint8Array());
      batch.count = 1;
      batch.selectAll();
      expect(await jsonLines(batch)).toEqual([
        '{"timestamp": "2026-07-01T14:00:00.007000+0200", "dvc": "Netfilter"}',
      ]);
    } finally {
      vi.useRealTimers();
    }
  });
});
