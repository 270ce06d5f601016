import {
  type Ipv4Fields,
  type Ipv6Fields,
  type Layer,
  raw,
  tcp,
  udp,
} from '../../support/packets.ts';

/*
 * Headers in which no two neighbouring bytes are alike, so that a decoder that reads one byte off
 * or in the wrong order cannot pass, with the keys that they have to give.
 */

type Keys = Record<string, number | string>;

export const header4: Ipv4Fields = {
  source: '192.0.2.1',
  destination: '198.51.100.7',
  tos: 0xb9,
  ttl: 63,
  id: 0x1234,
  dontFragment: true,
};

/** The keys of a packet of `header4`. */
export const keys4 = (packet: Buffer, protocol: number): Keys => ({
  'ip.saddr': '192.0.2.1',
  'ip.daddr': '198.51.100.7',
  'ip.protocol': protocol,
  'ip.tos': 0xb9,
  'ip.ttl': 63,
  'ip.totlen': packet.length,
  'ip.ihl': 5,
  'ip.csum': packet.readUInt16BE(10),
  'ip.id': 0x1234,
  'ip.fragoff': 0x4000,
});

export const header6: Ipv6Fields = {
  source: '2001:db8:1::2',
  destination: 'fe80::a1b2:c3d4',
  trafficClass: 0xb9,
  flowLabel: 0xabcde,
  hopLimit: 62,
};

/** The keys of a packet of `header6` without extension headers. */
export const keys6 = (packet: Buffer, protocol: number): Keys => ({
  'ip.saddr': '2001:db8:1::2',
  'ip.daddr': 'fe80::a1b2:c3d4',
  'ip.protocol': protocol,
  'ip6.payloadlen': packet.length - 40,
  'ip6.priority': 0xb9,
  'ip6.flowlabel': 0xabcde,
  'ip6.hoplimit': 62,
  'ip6.nexthdr': protocol,
  'ip6.firsthdr': protocol,
  'ip6.exthdrs': 0,
});

/** A SYN-ACK without options. */
export const segment: Layer = tcp({
  sourcePort: 0xc001,
  destinationPort: 443,
  sequence: 0x8102_0304,
  acknowledgement: 0x9506_0708,
  flags: ['syn', 'ack'],
  window: 0xfaf0,
  urgentPointer: 0x0203,
});

/** The keys of `segment`, which stands at `at` of the packet. */
export const segmentKeys = (packet: Buffer, at: number): Keys => ({
  'tcp.sport': 0xc001,
  'tcp.dport': 443,
  'tcp.seq': 0x8102_0304,
  'tcp.ackseq': 0x9506_0708,
  'tcp.offset': 5,
  'tcp.reserved': 0,
  'tcp.res1': 0,
  'tcp.res2': 0,
  'tcp.flags': 0x12,
  'tcp.cwr': 0,
  'tcp.ece': 0,
  'tcp.urg': 0,
  'tcp.ack': 1,
  'tcp.psh': 0,
  'tcp.rst': 0,
  'tcp.syn': 1,
  'tcp.fin': 0,
  'tcp.window': 0xfaf0,
  'tcp.csum': packet.readUInt16BE(at + 16),
  'tcp.urgp': 0x0203,
});

/** Seven bytes of data. */
export const datagram: Layer = udp({ sourcePort: 0xd431, destinationPort: 53 }, 'payload');

/** The keys of `datagram`, which stands at `at` of the packet, when its data was captured. */
export const datagramKeys = (packet: Buffer, at: number): Keys => ({
  ...datagramHeaderKeys(packet, at),
  'udp.payload': Buffer.from('payload').toString('hex'),
});

/** The keys of `datagram` when nothing behind its header is there. */
export const datagramHeaderKeys = (packet: Buffer, at: number): Keys => ({
  'udp.sport': 0xd431,
  'udp.dport': 53,
  'udp.len': 15,
  'udp.csum': packet.readUInt16BE(at + 6),
});

/** An extension header of the common form (RFC 8200, 4.2), of any protocol number. */
export const extension = (protocol: number, inner: Layer, units = 1): Layer => ({
  protocol,
  build: (checksum) => {
    const header = Buffer.alloc(8 * units, 0xee);
    header[0] = inner.protocol;
    header[1] = units - 1;
    return Buffer.concat([header, inner.build(checksum)]);
  },
});

/** Nothing behind the header in front. */
export const nothing = (protocol: number): Layer => raw(protocol);
