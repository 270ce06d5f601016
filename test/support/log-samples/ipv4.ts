import {
  ah,
  esp,
  gre,
  type Ipv4Fields,
  icmp,
  icmpEcho,
  icmpParameterProblem,
  icmpRedirect,
  icmpUnreachable,
  igmpReport,
  ipv4,
  ipv4Fragments,
  type Layer,
  raw,
  sctp,
  tcp,
  udp,
} from '../packets.ts';
import { type LogSample, ports, syn } from './sample.ts';

const addresses = { source: '192.0.2.1', destination: '198.51.100.2' };

const four = (upper: Layer, fields: Partial<Ipv4Fields> = {}): Buffer =>
  ipv4({ ...addresses, id: 7, ...fields }, upper);

const sample = (name: string, packet: Buffer, rest: string): LogSample => ({
  name,
  packet,
  body: `SRC=192.0.2.1 DST=198.51.100.2 ${rest}`,
});

/** What ICMP errors quote. */
const about = four(udp(ports, 'payload'));

const none = Buffer.alloc(0);
const [first = none, later = none, last = none] = ipv4Fragments(
  four(udp(ports, Buffer.alloc(64))),
  24,
);

export const ipv4Samples: readonly LogSample[] = [
  sample(
    'TCP SYN',
    four(tcp(syn)),
    'LEN=40 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP SPT=40000 DPT=443 SEQ=4294967294 ACK=0 WINDOW=65535 SYN URGP=0 ',
  ),
  sample(
    'TCP with every flag',
    four(
      tcp(
        {
          ...ports,
          flags: ['fin', 'syn', 'rst', 'psh', 'ack', 'urg', 'ece', 'cwr', 'ns'],
          urgentPointer: 65535,
          acknowledgement: 4294967295,
          window: 0,
        },
        'data',
      ),
    ),
    'LEN=44 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP SPT=40000 DPT=443 SEQ=0 ACK=4294967295 WINDOW=0 URG ACK PSH RST SYN FIN URGP=65535 ',
  ),
  sample(
    'TCP options',
    four(tcp({ ...syn, options: Buffer.from([2, 4, 5, 180, 1, 1]) })),
    'LEN=48 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP SPT=40000 DPT=443 SEQ=4294967294 ACK=0 WINDOW=65535 SYN URGP=0 ',
  ),
  sample(
    'TCP header cut short',
    four(raw(6, Buffer.alloc(19, 1))),
    'LEN=39 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP INCOMPLETE ',
  ),
  sample(
    'UDP',
    four(udp(ports, 'payload')),
    'LEN=35 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=40000 DPT=443 LEN=15 ',
  ),
  sample(
    'UDP header cut short',
    four(raw(17, Buffer.alloc(7, 1))),
    'LEN=27 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP INCOMPLETE ',
  ),
  sample(
    'IPv4 options',
    four(udp(ports), { options: Buffer.from([7, 7, 4, 0, 0, 0, 0]) }),
    'LEN=36 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'TOS and precedence',
    four(udp(ports), { tos: 0xff, ttl: 255, id: 65535 }),
    'LEN=28 TOS=1E PREC=0xE0 TTL=255 ID=65535 PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'reserved flag and DF',
    four(udp(ports), { reservedFlag: true, dontFragment: true, id: 0 }),
    'LEN=28 TOS=00 PREC=0x00 TTL=64 ID=0 CE DF PROTO=UDP SPT=40000 DPT=443 LEN=8 ',
  ),
  sample(
    'first fragment',
    first,
    'LEN=44 TOS=00 PREC=0x00 TTL=64 ID=7 MF PROTO=UDP SPT=40000 DPT=443 LEN=72 ',
  ),
  sample('later fragment', later, 'LEN=44 TOS=00 PREC=0x00 TTL=64 ID=7 MF FRAG:3 PROTO=UDP '),
  sample('last fragment', last, 'LEN=44 TOS=00 PREC=0x00 TTL=64 ID=7 FRAG:6 PROTO=UDP '),
  sample('header only', four(raw(6)), 'LEN=20 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP INCOMPLETE '),
  sample(
    'ICMP echo request',
    four(icmpEcho({ id: 1, sequence: 65535 }, 'ping')),
    'LEN=32 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=8 CODE=0 ID=1 SEQ=65535 ',
  ),
  sample(
    'ICMP echo reply',
    four(icmpEcho({ reply: true, id: 65535, sequence: 2 }, 'ping')),
    'LEN=32 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=0 CODE=0 ID=65535 SEQ=2 ',
  ),
  sample(
    'ICMP port unreachable',
    four(icmpUnreachable(3, about)),
    'LEN=56 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=3 CODE=3 ',
  ),
  sample(
    'ICMP fragmentation needed',
    four(icmpUnreachable(4, about, 1400)),
    'LEN=56 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=3 CODE=4 MTU=1400 ',
  ),
  sample(
    'ICMP redirect',
    four(icmpRedirect(1, '192.0.2.254', about)),
    'LEN=56 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=5 CODE=1 GATEWAY=192.0.2.254 ',
  ),
  sample(
    'ICMP time exceeded',
    four(icmp(11, 0, 0, about.subarray(0, 28))),
    'LEN=56 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=11 CODE=0 ',
  ),
  sample(
    'ICMP parameter problem',
    four(icmpParameterProblem(20, about)),
    'LEN=56 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=12 CODE=0 PARAMETER=20 ',
  ),
  sample(
    'ICMP router advertisement',
    four(icmp(9, 0, 0x01020064, Buffer.alloc(8))),
    'LEN=36 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP TYPE=9 CODE=0 ',
  ),
  sample(
    'ICMP header cut short',
    four(raw(1, Buffer.alloc(7, 1))),
    'LEN=27 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ICMP INCOMPLETE ',
  ),
  sample(
    'SCTP',
    four(sctp(ports)),
    'LEN=52 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=SCTP SPT=40000 DPT=443 ',
  ),
  sample(
    'SCTP header cut short',
    four(raw(132, Buffer.alloc(3, 1))),
    'LEN=23 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=SCTP INCOMPLETE ',
  ),
  sample(
    'ESP',
    four(esp({ spi: 0xdeadbeef })),
    'LEN=60 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ESP SPI=0xdeadbeef ',
  ),
  sample(
    'ESP header cut short',
    four(raw(50, Buffer.alloc(3, 1))),
    'LEN=23 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=ESP INCOMPLETE ',
  ),
  sample(
    'AH',
    four(ah({ spi: 0x100 }, udp(ports))),
    'LEN=52 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=AH SPI=0x100 ',
  ),
  sample('GRE', four(gre(about)), 'LEN=59 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=47 '),
  sample(
    'IGMP',
    four(igmpReport('224.0.0.251'), { ttl: 1 }),
    'LEN=28 TOS=00 PREC=0x00 TTL=1 ID=7 PROTO=2 ',
  ),
  sample(
    'unknown protocol',
    four(raw(253, Buffer.alloc(8))),
    'LEN=28 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=253 ',
  ),
];
