import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import {
  ah,
  arp,
  destinationOptions,
  esp,
  fragment,
  hopByHop,
  icmpEcho,
  icmpRedirect,
  icmpUnreachable,
  icmpv6PacketTooBig,
  ipv4,
  ipv6,
  routing,
  sctp,
  tcp,
  vlan,
} from '../../../support/packets.ts';
import { type Decoded, decode, decodeGuarded } from '../decoded.ts';
import { datagram, header4, header6, segment } from '../samples.ts';

const ports = { sourcePort: 40_000, destinationPort: 5060 };
const timestamps = Buffer.from('080a0102030405060708', 'hex');
const ipOptions = Buffer.from('9404000001010101', 'hex');

const samples: [name: string, family: number, protocol: number, packet: Buffer][] = [
  ['TCP', Family.IPV4, 0, ipv4(header4, segment)],
  [
    'TCP with options',
    Family.IPV4,
    0,
    ipv4(header4, tcp({ ...ports, options: timestamps }, 'GET')),
  ],
  ['UDP behind IPv4 options', Family.IPV4, 0, ipv4({ ...header4, options: ipOptions }, datagram)],
  ['ICMP echo', Family.IPV4, 0, ipv4(header4, icmpEcho({ id: 1, sequence: 2 }))],
  ['ICMP error', Family.IPV4, 0, ipv4(header4, icmpUnreachable(4, ipv4(header4, segment), 1400))],
  [
    'ICMP redirect',
    Family.IPV4,
    0,
    ipv4(header4, icmpRedirect(1, '192.0.2.254', ipv4(header4, segment))),
  ],
  ['SCTP', Family.IPV4, 0, ipv4(header4, sctp(ports))],
  ['AH', Family.IPV4, 0, ipv4(header4, ah({ spi: 0x8765_4321 }, segment))],
  ['later fragment', Family.IPV4, 0, ipv4({ ...header4, fragmentOffset: 3 }, segment)],
  ['IPv4 of total length 0', Family.IPV4, 0, ipv4({ ...header4, totalLength: 0 }, datagram)],
  ['TCP over IPv6', Family.IPV6, 0, ipv6(header6, segment)],
  [
    'chain of extension headers',
    Family.IPV6,
    0,
    ipv6(
      header6,
      hopByHop(
        routing(
          header6.destination,
          fragment({ id: 5, more: true }, destinationOptions(segment, 3)),
        ),
      ),
    ),
  ],
  ['AH over IPv6', Family.IPV6, 0, ipv6(header6, ah({ spi: 0x8765_4321 }, segment))],
  ['ESP over IPv6', Family.IPV6, 0, ipv6(header6, esp({ spi: 0x8765_4321 }))],
  ['jumbogram', Family.IPV6, 0, ipv6({ ...header6, payloadLength: 0 }, hopByHop(segment))],
  [
    'ICMPv6 error',
    Family.IPV6,
    0,
    ipv6(header6, icmpv6PacketTooBig(1280, ipv6(header6, datagram))),
  ],
  [
    'ARP',
    Family.ARP,
    0,
    arp({ senderMac: '02:00:00:00:00:01', senderIp: '192.0.2.1', targetIp: '192.0.2.9' }),
  ],
  [
    'QinQ',
    Family.BRIDGE,
    EtherType.SERVICE_VLAN,
    vlan({ id: 7, type: EtherType.VLAN }, vlan({ id: 8 }, ipv4(header4, datagram))),
  ],
];

/** Decodes the first `length` bytes, with proof that it depends on no others. */
function decodeCapture(family: number, protocol: number, packet: Buffer, length: number): Decoded {
  const capture = packet.subarray(0, length);
  const decoded = decode(family, protocol, capture, 0xaa);
  expect(decode(family, protocol, capture, 0x55)).toEqual(decoded);
  expect(decodeGuarded(family, protocol, capture)).toEqual(decoded);
  return decoded;
}

/** How far a walk over headers came depends on the capture, and so does how much data is there. */
const growing = new Set([
  'ip.protocol',
  'ip6.nexthdr',
  'ip6.exthdrs',
  'pkt.ethertype',
  'tcp.payload',
  'udp.payload',
]);

describe('a capture of any length', () => {
  it.each(samples)(
    'of %s gives the keys of the headers in it',
    (_name, family, protocol, packet) => {
      const whole = decodeCapture(family, protocol, packet, packet.length);
      let before: string[] = [];
      for (let length = 0; length <= packet.length; length++) {
        const decoded = decodeCapture(family, protocol, packet, length);
        const names = Object.keys(decoded);
        for (const name of names) {
          if (!growing.has(name)) expect([name, decoded[name]]).toEqual([name, whole[name]]);
        }
        expect(names).toEqual(expect.arrayContaining(before));
        before = names;
      }
      expect(before.length).toBeGreaterThan(4);
    },
  );
});

describe('hostile bytes', () => {
  const families = fc.constantFrom(...Object.values(Family), 0, 255);
  const protocols = fc.oneof(fc.constantFrom(...Object.values(EtherType), 0), fc.nat(0xffff));

  it('never make it throw or look outside the capture', () => {
    fc.assert(
      fc.property(
        families,
        protocols,
        fc.uint8Array({ maxLength: 200 }),
        (family, protocol, data) => {
          decodeCapture(family, protocol, Buffer.from(data), data.length);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('inside otherwise good packets do not either', () => {
    const edits = fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 6 });
    fc.assert(
      fc.property(fc.constantFrom(...samples), edits, fc.nat(), (sample, changes, cut) => {
        const [, family, protocol, original] = sample;
        const packet = Buffer.from(original);
        for (const [at, value] of changes) packet[at % packet.length] = value;
        decodeCapture(family, protocol, packet, packet.length - (cut % 16));
      }),
      { numRuns: 4000 },
    );
  });

  it('of nothing but extension headers are left early', () => {
    const endless = Buffer.alloc(0x1_0000);
    endless[0] = 0x60;
    const decoded = decode(Family.IPV6, EtherType.IPV6, endless);
    expect(decoded['ip6.exthdrs']).toBe(16);
  });
});
