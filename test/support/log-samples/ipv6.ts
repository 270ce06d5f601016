import {
  ah,
  destinationOptions,
  esp,
  fragment,
  hopByHop,
  type Ipv6Fields,
  icmpv6Echo,
  icmpv6PacketTooBig,
  icmpv6Unreachable,
  ipv6,
  ipv6Fragments,
  type Layer,
  neighbourSolicitation,
  raw,
  routing,
  sctp,
  tcp,
  udp,
} from '../packets.ts';
import { type LogSample, ports, syn } from './sample.ts';

const addresses = { source: '2001:db8::1', destination: '2001:db8:0:1::2' };

const six = (upper: Layer, fields: Partial<Ipv6Fields> = {}): Buffer =>
  ipv6({ ...addresses, ...fields }, upper);

const sample = (name: string, packet: Buffer, rest: string): LogSample => ({
  name,
  packet,
  body: `SRC=2001:db8::1 DST=2001:db8:0:1::2 ${rest}`,
});

const none = Buffer.alloc(0);
const [first = none, later = none, last = none] = ipv6Fragments(
  addresses,
  0xabc,
  udp(ports, Buffer.alloc(64)),
  24,
);

export const ipv6Samples: readonly LogSample[] = [
  sample(
    'IPv6 TCP SYN',
    six(tcp(syn), { trafficClass: 0xb8, flowLabel: 0xfffff, hopLimit: 1 }),
    'LEN=60 TC=184 HOPLIMIT=1 FLOWLBL=1048575 PROTO=TCP SPT=40000 DPT=443 SEQ=4294967294 ACK=0 WINDOW=65535 SYN URGP=0 ',
  ),
  sample(
    'IPv6 UDP',
    six(udp(ports, 'payload')),
    'LEN=55 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=40000 DPT=443 LEN=15 ',
  ),
  sample(
    'IPv6 UDP header cut short',
    six(raw(17, Buffer.alloc(7, 1))),
    'LEN=47 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP INCOMPLETE ',
  ),
  sample('IPv6 header only', six(raw(59)), 'LEN=40 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=59 '),
  sample(
    'ICMPv6 echo request',
    six(icmpv6Echo({ id: 1, sequence: 65535 })),
    'LEN=48 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=128 CODE=0 ID=1 SEQ=65535 ',
  ),
  sample(
    'ICMPv6 echo reply',
    six(icmpv6Echo({ reply: true, id: 1, sequence: 2 })),
    'LEN=48 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=129 CODE=0 ID=1 SEQ=2 ',
  ),
  sample(
    'ICMPv6 port unreachable',
    six(icmpv6Unreachable(4, six(udp(ports)))),
    'LEN=96 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=1 CODE=4 ',
  ),
  sample(
    'ICMPv6 packet too big',
    six(icmpv6PacketTooBig(1280, six(udp(ports)))),
    'LEN=96 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ICMPv6 TYPE=2 CODE=0 ',
  ),
  sample(
    'neighbour solicitation',
    six(neighbourSolicitation('2001:db8::2', '02:00:00:00:00:01'), { hopLimit: 255 }),
    'LEN=72 TC=0 HOPLIMIT=255 FLOWLBL=0 PROTO=ICMPv6 TYPE=135 CODE=0 ',
  ),
  sample(
    'IPv6 SCTP',
    six(sctp(ports)),
    'LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=SCTP SPT=40000 DPT=443 ',
  ),
  sample(
    'IPv6 ESP',
    six(esp({ spi: 0x1234 })),
    'LEN=80 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=ESP SPI=0x1234 ',
  ),
  sample(
    'IPv6 AH',
    six(ah({ spi: 0x1234 }, udp(ports))),
    'LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'hop-by-hop options',
    six(hopByHop(udp(ports))),
    'LEN=56 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'routing header',
    six(routing('2001:db8::3', tcp(syn))),
    'LEN=84 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=TCP SPT=40000 DPT=443 SEQ=4294967294 ACK=0 WINDOW=65535 SYN URGP=0 ',
  ),
  sample(
    'destination options',
    six(destinationOptions(udp(ports), 2)),
    'LEN=64 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'IPv6 atomic fragment',
    six(fragment({ id: 0xabc }, udp(ports))),
    'LEN=56 TC=0 HOPLIMIT=64 FLOWLBL=0 FRAG: 0 ID: 00000abc PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'IPv6 first fragment',
    first,
    'LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 FRAG: 0 ID: 00000abc PROTO=UDP SPT=40000 DPT=443 LEN=72 ',
  ),
  sample(
    'IPv6 later fragment',
    later,
    'LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 FRAG: 24 ID: 00000abc PROTO=UDP ',
  ),
  sample(
    'IPv6 last fragment',
    last,
    'LEN=72 TC=0 HOPLIMIT=64 FLOWLBL=0 FRAG: 48 ID: 00000abc PROTO=UDP ',
  ),
  sample(
    'IPv6 unknown protocol',
    six(raw(253, Buffer.alloc(8))),
    'LEN=48 TC=0 HOPLIMIT=64 FLOWLBL=0 PROTO=253 ',
  ),
];
