import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import {
  hopByHop,
  icmp,
  icmpEcho,
  icmpRedirect,
  icmpUnreachable,
  icmpv6,
  icmpv6PacketTooBig,
  icmpv6Unreachable,
  ipv4,
  ipv6,
  type Layer,
  raw,
  sctp,
} from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import { datagram, header4, header6, nothing, segment } from '../samples.ts';

/** The packet that the errors are about comes from other hosts than the errors themselves. */
const about4 = { source: '203.0.113.5', destination: '203.0.113.130' };
const about6 = { source: '2001:db8:5::6', destination: '2001:db8:7::8' };
const ends4 = { 'icmp.orig.ip.saddr': '203.0.113.5', 'icmp.orig.ip.daddr': '203.0.113.130' };
const ends6 = { 'icmp.orig.ip.saddr': '2001:db8:5::6', 'icmp.orig.ip.daddr': '2001:db8:7::8' };

function original4(layer: Layer, length?: number) {
  const packet = ipv4(header4, layer);
  return only(decode(Family.IPV4, EtherType.IPV4, packet.subarray(0, length)), 'icmp.orig.');
}

function original6(layer: Layer, length?: number) {
  const packet = ipv6(header6, layer);
  return only(decode(Family.IPV6, EtherType.IPV6, packet.subarray(0, length)), 'icmp.orig.');
}

describe('the packet that an ICMP error is about', () => {
  const tcpKeys = {
    ...ends4,
    'icmp.orig.ip.protocol': 6,
    'icmp.orig.l4.sport': 0xc001,
    'icmp.orig.l4.dport': 443,
  };
  const segment4 = ipv4(about4, segment);

  it('is the header and the ports that came back', () => {
    expect(original4(icmpUnreachable(3, segment4))).toEqual(tcpKeys);
    expect(original4(icmpRedirect(1, '192.0.2.254', segment4))).toEqual(tcpKeys);
    expect(original4(icmp(4, 0, 0, segment4))).toEqual(tcpKeys);
    expect(original4(icmp(11, 0, 0, segment4))).toEqual(tcpKeys);
    expect(original4(icmp(12, 0, 0, segment4))).toEqual(tcpKeys);
  });

  it('leaves the keys of the error itself alone', () => {
    const packet = ipv4(header4, icmpUnreachable(3, segment4));
    const decoded = decode(Family.IPV4, EtherType.IPV4, packet);
    expect(decoded).toMatchObject({ 'ip.saddr': '192.0.2.1', 'ip.protocol': 1, 'ip.ttl': 63 });
    expect(only(decoded, 'tcp.')).toEqual({});
  });

  it('is not looked for in messages that are not errors', () => {
    expect(original4(icmpEcho({ id: 1, sequence: 2 }, segment4))).toEqual({});
    expect(original4(icmp(13, 0, 0, segment4))).toEqual({});
  });

  it('has ports of UDP and SCTP, and of nothing else', () => {
    const ports = { 'icmp.orig.l4.sport': 0xd431, 'icmp.orig.l4.dport': 53 };
    const udp = { ...ends4, 'icmp.orig.ip.protocol': 17, ...ports };
    expect(original4(icmpUnreachable(3, ipv4(about4, datagram)))).toEqual(udp);
    const association = sctp({ sourcePort: 0xd431, destinationPort: 53 });
    const sctpKeys = { ...ends4, 'icmp.orig.ip.protocol': 132, ...ports };
    expect(original4(icmpUnreachable(2, ipv4(about4, association)))).toEqual(sctpKeys);
    const gre = ipv4(about4, raw(47, Buffer.alloc(8, 1)));
    expect(original4(icmpUnreachable(2, gre))).toEqual({ ...ends4, 'icmp.orig.ip.protocol': 47 });
  });

  it('has its ports behind its own options', () => {
    const options = Buffer.from('9404000001010101', 'hex');
    expect(original4(icmpUnreachable(3, ipv4({ ...about4, options }, segment)))).toEqual(tcpKeys);
  });

  it('has no ports in a later fragment', () => {
    const fragment = ipv4({ ...about4, fragmentOffset: 185 }, segment);
    expect(original4(icmp(11, 1, 0, fragment))).toEqual({ ...ends4, 'icmp.orig.ip.protocol': 6 });
  });

  it('needs its 20 bytes, and for the ports 4 more', () => {
    const error = icmpUnreachable(3, segment4);
    expect(original4(error, 47)).toEqual({});
    expect(original4(error, 48)).toEqual({ ...ends4, 'icmp.orig.ip.protocol': 6 });
    expect(original4(error, 51)).toEqual({ ...ends4, 'icmp.orig.ip.protocol': 6 });
    expect(original4(error, 52)).toEqual(tcpKeys);
  });

  it('is nothing when its header cannot be one', () => {
    const short = Buffer.from(segment4);
    short[0] = 0x44;
    expect(original4(icmp(3, 3, 0, short))).toEqual({});
    short[0] = 0x55;
    expect(original4(icmp(3, 3, 0, short))).toEqual({});
  });
});

describe('the packet that an ICMPv6 error is about', () => {
  const udpKeys = {
    ...ends6,
    'icmp.orig.ip.protocol': 17,
    'icmp.orig.l4.sport': 0xd431,
    'icmp.orig.l4.dport': 53,
  };
  const datagram6 = ipv6(about6, datagram);

  it('is the header and the ports that came back', () => {
    expect(original6(icmpv6Unreachable(4, datagram6))).toEqual(udpKeys);
    expect(original6(icmpv6PacketTooBig(1280, datagram6))).toEqual(udpKeys);
    expect(original6(icmpv6(3, 0, 0, datagram6))).toEqual(udpKeys);
    expect(original6(icmpv6(4, 1, 6, datagram6))).toEqual(udpKeys);
  });

  it('is not looked for in informational messages', () => {
    expect(original6(icmpv6(128, 0, 0, datagram6))).toEqual({});
    expect(original6(icmpv6(137, 0, 0, datagram6))).toEqual({});
  });

  it('has no ports behind an extension header', () => {
    const error = icmpv6Unreachable(4, ipv6(about6, hopByHop(datagram)));
    expect(original6(error)).toEqual({ ...ends6, 'icmp.orig.ip.protocol': 0 });
    const none = icmpv6Unreachable(4, ipv6(about6, nothing(59)));
    expect(original6(none)).toEqual({ ...ends6, 'icmp.orig.ip.protocol': 59 });
  });

  it('needs its 40 bytes, and for the ports 4 more', () => {
    const error = icmpv6Unreachable(4, datagram6);
    expect(original6(error, 87)).toEqual({});
    expect(original6(error, 88)).toEqual({ ...ends6, 'icmp.orig.ip.protocol': 17 });
    expect(original6(error, 91)).toEqual({ ...ends6, 'icmp.orig.ip.protocol': 17 });
    expect(original6(error, 92)).toEqual(udpKeys);
  });
});
