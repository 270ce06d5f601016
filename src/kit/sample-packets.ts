import type { Random } from './random.ts';
import type { Value } from './rows.ts';

/** NFPROTO_* (linux/netfilter.h) and Ethernet types that packets come with. */
const families = { IPv4: 2, ARP: 3, BRIDGE: 7, IPv6: 10 } as const;
const etherTypes = { IPv4: 0x800, ARP: 0x806, IPv6: 0x86dd } as const;

const hex = (text: string): Uint8Array =>
  new Uint8Array(Buffer.from(text.replaceAll(' ', ''), 'hex'));
const text = (value: string): string => Buffer.from(value).toString('hex');

const v4 = (protocol: string, payload: string): Uint8Array =>
  hex(`4500 ${length16(20, payload)} 0001 4000 40 ${protocol} 0000 c0000201 c6336401 ${payload}`);
const v6 = (next: string, payload: string): Uint8Array =>
  hex(
    `60000000 ${length16(0, payload)} ${next} 40 20010db8000000000000000000000001 20010db8000000000000000000000002 ${payload}`,
  );
const length16 = (header: number, payload: string): string =>
  (header + payload.replaceAll(' ', '').length / 2).toString(16).padStart(4, '0');

const tcp = (port: string, data = ''): string =>
  `c000 ${port} 00000001 00000000 5018 ffff 0000 0000 ${text(data)}`;
const udp = (port: string, data: string): string =>
  `c000 ${port} ${length16(8, data)} 0000 ${data}`;

/** A question for example.org and an answer with a compressed name. */
const dns = `1234 8180 0001 0001 0000 0000 07${text('example')}03${text('org')}00 0001 0001 c00c 0001 0001 0000003c 0004 c0000201`;
/** A ClientHello of TLS 1.2 that names its host. */
const clientHello = `160301 0043 01 00003f 0303 ${'00'.repeat(32)} 00 0002 1301 01 00 0014 0000 0010 000e 00 000b ${text('example.org')}`;

const samples: readonly {
  readonly family: number;
  readonly type: number;
  readonly packet: Uint8Array;
}[] = [
  ...[
    v4('06', tcp('0016')),
    v4('06', tcp('0015', 'USER anonymous\r\nPASS secret\r\n')),
    v4('06', tcp('0050', 'GET / HTTP/1.1\r\nHost: example.org\r\n\r\n')),
    v4('06', `c000 01bb 00000001 00000000 5018 ffff 0000 0000 ${clientHello}`),
    v4('11', udp('0035', dns)),
    v4('01', '0800 0000 0001 0002 abcdef'),
    v4(
      '01',
      '0301 0000 00000000 4500 001c 0001 4000 40 11 0000 c0000201 c6336401 c000 0035 0008 0000',
    ),
    v4('84', 'c000 0016 00000000 00000000'),
    v4('32', '00000001 00000001'),
    // A fragment that is not the first.
    hex('4500 0018 0001 00b9 40 11 0000 c0000201 c6336401 01020304'),
  ].map((packet) => ({ family: families.IPv4, type: etherTypes.IPv4, packet })),
  ...[
    v6('06', tcp('0016')),
    v6('11', udp('0035', dns)),
    v6('3a', '8000 0000 0001 0002'),
    // Hop-by-hop options, then a fragment header, then TCP.
    v6('00', `2c00 0104 0000 0000 0600 0001 00000001 ${tcp('0050')}`),
  ].map((packet) => ({ family: families.IPv6, type: etherTypes.IPv6, packet })),
  {
    family: families.ARP,
    type: etherTypes.ARP,
    packet: hex('0001 0800 06 04 0001 020000000001 c0000201 000000000000 c0000202'),
  },
];

/** The keys that the kernel fills for one packet: whole, cut off at any byte, or broken. */
export function packetRow(random: Random): ReadonlyMap<string, Value> {
  const { family, type, packet } = random.pick(samples);
  const bytes = spoil(packet, random);
  const isBridged = random.chance(15);
  const header = hex('020000000002 020000000001 0000');
  new DataView(header.buffer).setUint16(12, type);
  const values: [string, Value][] = [
    ['raw.pkt', bytes],
    ['raw.pktlen', bytes.length],
    ['raw.mac', header],
    ['raw.mac_len', header.length],
    ['raw.type', 1],
    ['oob.family', isBridged ? families.BRIDGE : random.chance(90) ? family : random.below(256)],
    ['oob.protocol', random.chance(90) ? type : random.below(65_536)],
    ['oob.time.sec', 1_790_000_000 + random.below(100)],
    ['oob.time.usec', random.below(1_000_000)],
  ];
  return new Map(values.filter(() => random.chance(95)));
}

function spoil(packet: Uint8Array, random: Random): Uint8Array {
  if (random.chance(40)) return packet;
  if (random.chance(30)) return packet.slice(0, random.below(packet.length + 1));
  if (random.chance(20)) return random.bytes(random.below(1500));
  const spoilt = packet.slice();
  for (let changes = 1 + random.below(8); changes > 0; changes--) {
    spoilt[random.below(spoilt.length)] = random.pick([0, 0xff, random.below(256)]);
  }
  return spoilt;
}
