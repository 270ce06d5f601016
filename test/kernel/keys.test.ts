import { hostname } from 'node:os';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { destinationMac, HostPair, sourceMac } from '../support/host-pair.ts';
import { logSamples } from '../support/log-samples.ts';
import type { Namespace } from '../support/namespace.ts';
import { oprintRecords } from '../support/oprint-records.ts';
import { arp, ethernet, etherTypes, ipv4, udp, vlan } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';

const missing = requireKernel();

type Keys = Readonly<Record<string, string>>;

const config = (folder: string) => `5 {
  label 3
  plugin BASE
  plugin OPRINT
  dumpfile ${folder}/keys
  dumpsync
}
`;

const chain = (family: string, hook: string): string => `flush ruleset
table ${family} t {
  chain c {
    type filter hook ${hook} priority -300
    ether saddr ${sourceMac} meta mark set 0x80000001 log group 5 queue-threshold 1 prefix "p:"
  }
}
`;

/** `a=1 b=2` as `{ a: '1', b: '2' }`. */
const keys = (text: string): Keys =>
  Object.fromEntries(text.split(' ').map((field) => field.split('=')));

async function interfaceIndex(namespace: Namespace, name: string): Promise<number> {
  const [link] = JSON.parse(await namespace.exec('ip', '-json', 'link', 'show', name));
  return link.ifindex;
}

/** What the kernel tells of each frame from outside; `ethernetType` in hexadecimal digits. */
const seen = (packet: Buffer, family: number, ethernetType: string): Keys => ({
  ...keys('raw.mac_len=14 raw.type=1 raw.mac.addrlen=6 raw.pktcount=1 raw.label=3'),
  ...keys('oob.prefix=p: oob.mark=2147483649 oob.hook=0'),
  ...keys(`block=5 label=3 host=${hostname().split('.', 1)[0]}`),
  'raw.mac': `${destinationMac}:${sourceMac}:${ethernetType}`,
  'raw.mac.saddr': sourceMac,
  'mac.saddr.str': sourceMac,
  'mac.daddr.str': destinationMac,
  'raw.pkt': packet.toString('hex'),
  'raw.pktlen': String(packet.length),
  'oob.family': String(family),
  'oob.protocol': String(Number.parseInt(ethernetType.replace(':', ''), 16)),
});

const addressed = (source: string, destination: string): Keys => ({
  'ip.saddr': source,
  'ip.daddr': destination,
});

/** @param rest what the IP header does not have in common with other samples */
const inIpv4 = (packet: Buffer, rest: string): Keys => ({
  ...addressed('192.0.2.1', '198.51.100.2'),
  ...keys(`ip.tos=0 ip.ttl=64 ip.ihl=5 ip.id=7 ip.fragoff=0 ip.totlen=${packet.length} ${rest}`),
  'ip.csum': String(packet.readUInt16BE(10)),
});

const inIpv6 = (packet: Buffer, rest: string): Keys => ({
  ...addressed('2001:db8::1', '2001:db8:0:1::2'),
  ...keys('ip6.priority=0 ip6.flowlabel=0 ip6.hoplimit=64 ip6.exthdrs=0'),
  ...keys(`ip6.payloadlen=${packet.length - 40} ${rest}`),
});

const ports = (protocol: string) => `${protocol}.sport=40000 ${protocol}.dport=443`;
const quoted =
  'icmp.orig.ip.protocol=17 icmp.orig.l4.sport=40000 icmp.orig.l4.dport=443 icmp.orig.ip.saddr=';

/** Keys of some of the samples; checksums are those that were sent. */
const samples: readonly (readonly [name: string, keys: (packet: Buffer) => Keys])[] = [
  [
    'UDP',
    (packet) =>
      inIpv4(
        packet,
        `ip.protocol=17 ${ports('udp')} udp.len=15 udp.csum=${packet.readUInt16BE(26)}`,
      ),
  ],
  [
    'TCP with every flag',
    (packet) => ({
      ...inIpv4(packet, `ip.protocol=6 ${ports('tcp')} tcp.csum=${packet.readUInt16BE(36)}`),
      ...keys('tcp.seq=0 tcp.ackseq=4294967295 tcp.offset=5 tcp.window=0 tcp.urgp=65535'),
      ...keys('tcp.urg=1 tcp.ack=1 tcp.psh=1 tcp.rst=1 tcp.syn=1 tcp.fin=1 tcp.ece=1 tcp.cwr=1'),
      // The nonce bit is the lowest of the four reserved ones; ECE and CWR are res2 as in ulogd2.
      ...keys('tcp.flags=255 tcp.reserved=1 tcp.res1=1 tcp.res2=3'),
    }),
  ],
  [
    'ICMP fragmentation needed',
    (packet) => ({
      ...inIpv4(packet, `ip.protocol=1 icmp.type=3 icmp.code=4 icmp.fragmtu=1400`),
      ...keys(`${quoted}192.0.2.1 icmp.orig.ip.daddr=198.51.100.2`),
      'icmp.csum': String(packet.readUInt16BE(22)),
    }),
  ],
  ['ESP', (packet) => inIpv4(packet, 'ip.protocol=50 ahesp.spi=3735928559')],
  [
    'SCTP',
    (packet) =>
      inIpv4(packet, `ip.protocol=132 ${ports('sctp')} sctp.csum=${packet.readUInt32BE(28)}`),
  ],
  [
    'IPv6 TCP SYN',
    (packet) => ({
      ...inIpv6(packet, 'ip.protocol=6 ip6.nexthdr=6 ip6.firsthdr=6'),
      ...keys(`ip6.priority=184 ip6.flowlabel=1048575 ip6.hoplimit=1 ${ports('tcp')}`),
      ...keys('tcp.seq=4294967294 tcp.ackseq=0 tcp.offset=5 tcp.window=65535 tcp.urgp=0'),
      ...keys('tcp.urg=0 tcp.ack=0 tcp.psh=0 tcp.rst=0 tcp.syn=1 tcp.fin=0 tcp.ece=0 tcp.cwr=0'),
      ...keys('tcp.flags=2 tcp.reserved=0 tcp.res1=0 tcp.res2=0'),
      'tcp.csum': String(packet.readUInt16BE(56)),
    }),
  ],
  [
    'IPv6 first fragment',
    (packet) => ({
      ...inIpv6(packet, 'ip.protocol=17 ip6.nexthdr=17 ip6.firsthdr=44 ip6.fragoff=0'),
      ...keys(`ip6.exthdrs=1 ip6.fragid=2748 ${ports('udp')} udp.len=72`),
      'udp.csum': String(packet.readUInt16BE(54)),
    }),
  ],
  [
    'ICMPv6 port unreachable',
    (packet) => ({
      ...inIpv6(packet, 'ip.protocol=58 ip6.nexthdr=58 ip6.firsthdr=58'),
      ...keys(`icmpv6.type=1 icmpv6.code=4 icmpv6.csum=${packet.readUInt16BE(42)}`),
      ...keys(`${quoted}2001:db8::1 icmp.orig.ip.daddr=2001:db8:0:1::2`),
    }),
  ],
];

const datagram = ipv4(
  { source: '192.0.2.1', destination: '198.51.100.2', id: 7 },
  udp({ sourcePort: 40000, destinationPort: 443 }),
);
const datagramKeys = inIpv4(
  datagram,
  `ip.protocol=17 ${ports('udp')} udp.len=8 udp.csum=${datagram.readUInt16BE(26)}`,
);

describe.skipIf(missing)(title('keys', missing), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let wan0 = 0;
  let lines = 0;
  let records = 0;

  /** Sends a frame and returns the packet's keys. */
  async function logged(frame: Uint8Array): Promise<Keys> {
    await hosts.send(frame);
    // A record is written whole: its first line brings all of it.
    const found = await specter.waitForLines('keys', lines + 1);
    lines = found.length;
    const known = oprintRecords(found);
    records += 1;
    expect(known).toHaveLength(records);
    return known.at(-1) ?? {};
  }

  /** Of a packet that came in by wan0, as the last of all so far. */
  const received = (): Keys =>
    keys(
      `oob.in=wan0 oob.ifindex_in=${wan0} oob.seq.local=${records - 1} oob.seq.global=${records}`,
    );

  beforeAll(async () => {
    hosts = await HostPair.create();
    wan0 = await interfaceIndex(hosts.inside, 'wan0');
    specter = await startSpecter({ namespace: hosts.inside, config });
    await hosts.inside.nft(chain('inet', 'prerouting'));
  });
  afterAll(async () => {
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  test.each(samples)('of %s', async (name, expected) => {
    const packet = logSamples.find((sample) => sample.name === name)?.packet ?? Buffer.alloc(0);
    const found = await logged(ethernet({}, packet));
    const kernel = name.includes('v6') ? seen(packet, 10, '86:dd') : seen(packet, 2, '08:00');
    expect(found).toEqual({ ...kernel, ...received(), ...expected(packet) });
  });

  test('of ARP and of VLAN tags in table netdev', async () => {
    await hosts.inside.nft(chain('netdev', 'ingress device wan0'));
    const request = arp({ senderMac: sourceMac, senderIp: '192.0.2.1', targetIp: '192.0.2.2' });
    expect(await logged(ethernet({ type: etherTypes.arp }, request))).toEqual({
      ...seen(request, 5, '08:06'),
      ...received(),
      ...keys('pkt.ethertype=2054 arp.hwtype=1 arp.protocoltype=2048 arp.operation=1'),
      ...keys(`arp.shwaddr=${sourceMac} arp.saddr=192.0.2.1`),
      ...keys('arp.dhwaddr=00:00:00:00:00:00 arp.daddr=192.0.2.2'),
    });
    const inVlan = vlan({ id: 5, priority: 3 }, datagram);
    expect(await logged(ethernet({ type: etherTypes.vlan }, inVlan))).toEqual({
      ...seen(datagram, 5, '08:00'),
      ...received(),
      ...datagramKeys,
      ...keys('pkt.ethertype=2048 oob.vlan.proto=33024 oob.vlan.tci=24581'),
      ...keys('vlan.id=5 vlan.pcp=3 vlan.dei=0 vlan.proto=33024'),
    });
  });

  test('of a bridge and its port in table bridge', async () => {
    await hosts.inside.bridge('br0', ['wan0']);
    await hosts.inside.nft(chain('bridge', 'prerouting'));
    expect(await logged(ethernet({}, datagram))).toEqual({
      ...seen(datagram, 7, '08:00'),
      ...received(),
      ...datagramKeys,
      ...keys(`pkt.ethertype=2048 oob.in=br0 oob.physin=wan0 oob.ifindex_physin=${wan0}`),
      'oob.ifindex_in': String(await interfaceIndex(hosts.inside, 'br0')),
    });
  });
});
