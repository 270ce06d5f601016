import { describe, expect, test, vi } from 'vitest';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { arp, icmpEcho, ipv4, ipv6, tcp, udp } from '../../../../support/packets.ts';
import { FakeLinks } from '../../fake-context.ts';
import { attribute, PacketPath } from '../../packet-path.ts';
import { jsonLines } from './open-json.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('../fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

const ends = { source: '192.0.2.1', destination: '198.51.100.2', id: 7 };
const ports = { sourcePort: 40_000, destinationPort: 443 };
// 2023-11-02 01:02:03 UTC
const timestamp = { sec: 1_698_886_923n, usec: 42n };
const path = new PacketPath('all', { links: new FakeLinks({ 2: 'eth0', 3: 'eth1' }) });
const options = { jsonschema: 'ecs' } as const;

/** What every record has, but for its id. */
const frame = {
  '@timestamp': '2023-11-02T01:02:03.000042Z',
  ecs: { version: '8.17.0' },
  event: {
    kind: 'event',
    category: ['network'],
    module: 'netfilter',
    dataset: 'netfilter.log',
    provider: 'specter',
    type: ['connection'],
  },
  observer: { type: 'firewall', name: 'Netfilter', hostname: 'gate' },
};

/** The records without their ids, which have to have the form that they promise. */
async function records(batch: Batch, others = {}): Promise<unknown[]> {
  const lines = await jsonLines(batch, { ...options, ...others });
  return lines.map((line) => {
    const { event, ...rest } = JSON.parse(line);
    const { id, ...otherEvent } = event;
    expect(id).toMatch(/^[0-9a-f]{32}$/);
    return { ...rest, event: otherEvent };
  });
}

describe('JSON in the schema ecs', () => {
  test('puts what ECS knows into its fields, and everything else under netfilter', async () => {
    const packet = {
      prefix: 'in: ',
      indev: 2,
      outdev: 3,
      uid: 0,
      timestamp,
      payload: ipv4(ends, tcp({ ...ports, flags: ['syn'] })),
      attributes: [
        attribute.gid(1000),
        attribute.hardwareType(1),
        attribute.hardwareHeader(Buffer.from('0200000000020200000000ab0800', 'hex')),
        attribute.vlan(0x8100, 5),
      ],
    };
    expect(await records(path.take(packet))).toEqual([
      {
        ...frame,
        observer: {
          ...frame.observer,
          ingress: { interface: { name: 'eth0' } },
          egress: { interface: { name: 'eth1' } },
        },
        rule: { name: 'in: ' },
        user: { id: '0', group: { id: '1000' } },
        network: {
          direction: 'ingress',
          type: 'ipv4',
          transport: 'tcp',
          iana_number: '6',
          bytes: 40,
          packets: 1,
          vlan: { id: '5' },
        },
        source: { ip: '192.0.2.1', port: 40_000, mac: '02-00-00-00-00-AB' },
        destination: { ip: '198.51.100.2', port: 443, mac: '02-00-00-00-00-02' },
        netfilter: {
          raw: { mac_len: 14, type: 1, pktlen: 40, label: 0 },
          oob: {
            mark: 0,
            ifindex_in: 2,
            ifindex_out: 3,
            hook: 1,
            family: 2,
            protocol: 2048,
            vlan: { proto: 0x8100, tci: 5 },
          },
          vlan: { pcp: 0, dei: false, proto: 0x8100 },
          ip: { tos: 0, ttl: 64, ihl: 5, csum: 36_498, id: 7, fragoff: 0 },
          tcp: {
            seq: 0,
            ackseq: 0,
            offset: 5,
            reserved: 0,
            window: 65_535,
            urg: false,
            ack: false,
            psh: false,
            rst: false,
            syn: true,
            fin: false,
            ece: false,
            cwr: false,
            res1: 0,
            res2: 0,
            urgp: 0,
            csum: 9648,
            flags: 2,
          },
          mac: { str: '02:00:00:00:00:02:02:00:00:00:00:ab:08:00' },
        },
      },
    ]);
  });

  test('tells IPv6, ICMP and ARP', async () => {
    const packets = [
      {
        family: 10,
        payload: ipv6({ source: '2001:db8::1', destination: '2001:db8::2' }, udp(ports, 'abc')),
      },
      { payload: ipv4(ends, icmpEcho({ id: 5, sequence: 6 })) },
      {
        family: 3,
        hook: 1,
        payload: arp({
          senderMac: '02:00:00:00:00:01',
          senderIp: '192.0.2.1',
          targetIp: '192.0.2.2',
        }),
      },
    ];
    expect(await records(path.take(...packets))).toMatchObject([
      {
        network: { type: 'ipv6', transport: 'udp', iana_number: '17', bytes: 51 },
        source: { ip: '2001:db8::1', port: 40_000 },
        destination: { ip: '2001:db8::2', port: 443 },
      },
      {
        network: { type: 'ipv4', transport: 'icmp', iana_number: '1', bytes: 28 },
        netfilter: { icmp: { type: 8, code: 0, echoid: 5, echoseq: 6 } },
      },
      {
        network: { type: 'arp', direction: 'egress', packets: 1 },
        source: { ip: '192.0.2.1' },
        destination: { ip: '192.0.2.2' },
        netfilter: { arp: { operation: 1, shwaddr: '02:00:00:00:00:01' } },
      },
    ]);
  });

  test('has no empty object, no empty rule, and nothing that it does not know', async () => {
    const packets = [
      { headless: true, family: 7, timestamp },
      { headless: true, family: 7, timestamp, prefix: '' },
    ];
    const nothing = {
      ...frame,
      network: { packets: 1 },
      netfilter: { raw: { pktlen: 0, label: 0 }, oob: { mark: 0, family: 7 } },
    };
    expect(await records(path.take(...packets))).toEqual([nothing, nothing]);
    const jsonkeys = ['ip.saddr', 'udp.dport', 'oob.in', 'oob.prefix'];
    const batch = new PacketPath([...jsonkeys, 'oob.time.sec', 'oob.time.usec']);
    expect(await records(batch.take(...packets), { jsonkeys })).toEqual([frame, frame]);
  });

  test.each([
    [2, 0, 'ingress'],
    [2, 1, 'ingress'],
    [2, 2, undefined],
    [2, 3, 'egress'],
    [10, 4, 'egress'],
    [10, 5, 'ingress'],
    [3, 0, 'ingress'],
    [3, 1, 'egress'],
    [3, 2, undefined],
    [5, 0, 'ingress'],
    [5, 1, 'egress'],
    [7, 1, 'ingress'],
    [7, 3, 'egress'],
    [2, 255, undefined],
    [255, 1, undefined],
  ])('knows that in family %i hook %i means %s', async (family, hook, direction) => {
    const jsonkeys = ['oob.hook'];
    const batch = new PacketPath(['oob.hook', 'oob.family']).take({ family, hook });
    const given = { ...options, jsonkeys };
    const [line = ''] = await jsonLines(batch, given);
    const network = direction === undefined ? undefined : { direction };
    expect(JSON.parse(line).network).toEqual(network);
    expect(JSON.parse(line).netfilter).toEqual({ oob: { hook } });
  });

  test('says by the label what the firewall did', async () => {
    const columns = new ColumnSet(4, [key('raw.label', 'u8', '')]);
    const batch = new Batch(columns);
    batch.begin(new Uint8Array());
    for (const label of [0, 1]) columns.readNumbers('raw.label').set(batch.count++, label);
    batch.count++;
    batch.selectAll();
    const verdicts = (await records(batch, { jsonbooleanlabel: true, jsontimestamp: false })).map(
      (record) => record as { event: { type: string; action: string; outcome: string } },
    );
    expect(
      verdicts.map(({ event: { type, action, outcome } }) => ({ type, action, outcome })),
    ).toEqual([
      { type: ['connection', 'denied'], action: 'blocked', outcome: 'success' },
      { type: ['connection', 'allowed'], action: 'allowed', outcome: 'success' },
      { type: ['connection'], action: undefined, outcome: undefined },
    ]);
    expect(verdicts.map((record) => Object.keys(record))).toEqual(
      Array(3).fill(['ecs', 'observer', 'event']),
    );
  });

  test('gives what the payload inputs find its fields of ECS', async () => {
    const texts = {
      'dns.qname': 'example.org',
      'dns.qtype.str': 'A',
      'http.method': 'GET',
      'http.path': '/?q',
      'http.useragent': 'curl',
      'tls.sni': 'example.org',
    };
    const columns = new ColumnSet(1, [
      ...Object.keys(texts).map((name) => key(name, 'string', '')),
      key('dns.qr', 'bool', ''),
      key('http.status', 'u16', ''),
    ]);
    const batch = new Batch(columns);
    batch.begin(Buffer.from(Object.values(texts).join('')));
    batch.count = 1;
    let offset = 0;
    for (const [name, text] of Object.entries(texts)) {
      columns.readBytes(name).set(0, offset, text.length);
      offset += text.length;
    }
    columns.readNumbers('dns.qr').set(0, 1);
    columns.readNumbers('http.status').set(0, 404);
    batch.selectAll();
    const [record] = await records(batch);
    expect(record).toMatchObject({
      dns: { type: 'answer', question: { name: 'example.org', type: 'A' } },
      http: { request: { method: 'GET' }, response: { status_code: 404 } },
      url: { original: '/?q' },
      user_agent: { original: 'curl' },
      tls: { client: { server_name: 'example.org' } },
    });
    expect(record).not.toHaveProperty('netfilter');
  });

  test('keeps a key apart from those that its name begins', async () => {
    const columns = new ColumnSet(1, [key('x', 'u8', ''), key('x.y', 'u8', '')]);
    const batch = new Batch(columns);
    batch.begin(new Uint8Array());
    batch.count = 1;
    columns.readNumbers('x').set(0, 1);
    columns.readNumbers('x.y').set(0, 2);
    batch.selectAll();
    expect(await records(batch)).toMatchObject([{ netfilter: { x: { value: 1, y: 2 } } }]);
  });
});
