import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import {
  icmp,
  icmpEcho,
  icmpv6,
  icmpv6Echo,
  ipv4,
  ipv6,
  type Layer,
  neighbourSolicitation,
} from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import { header4, header6, keys4, keys6 } from '../samples.ts';

const REST = 0x8182_8384;

function decode4(layer: Layer, length?: number) {
  const packet = ipv4(header4, layer);
  return only(decode(Family.IPV4, EtherType.IPV4, packet.subarray(0, length)), 'icmp');
}

function decode6(layer: Layer, length?: number) {
  const packet = ipv6(header6, layer);
  return only(decode(Family.IPV6, EtherType.IPV6, packet.subarray(0, length)), 'icmp');
}

/** What every ICMP message has. */
const message = (type: number, code: number) => ({
  'icmp.type': type,
  'icmp.code': code,
  'icmp.csum': expect.any(Number),
});

const message6 = (type: number, code: number) => ({
  'icmpv6.type': type,
  'icmpv6.code': code,
  'icmpv6.csum': expect.any(Number),
});

describe('ICMP', () => {
  it('fills every key of an echo request', () => {
    const packet = ipv4(header4, icmpEcho({ id: 0x8182, sequence: 0x8384 }, 'payload'));
    expect(decode(Family.IPV4, EtherType.IPV4, packet)).toEqual({
      ...keys4(packet, 1),
      'icmp.type': 8,
      'icmp.code': 0,
      'icmp.csum': packet.readUInt16BE(22),
      'icmp.echoid': 0x8182,
      'icmp.echoseq': 0x8384,
    });
  });

  it('has identifier and sequence number in echo messages', () => {
    const echo = { 'icmp.echoid': 0x8182, 'icmp.echoseq': 0x8384 };
    expect(decode4(icmp(0, 0, REST))).toEqual({ ...message(0, 0), ...echo });
    expect(decode4(icmp(8, 5, REST))).toEqual({ ...message(8, 5), ...echo });
  });

  it.each([
    [3, 0],
    [3, 3],
    [3, 5],
    [4, 0],
    [9, 0],
    [11, 0],
    [13, 0],
    [40, 5],
  ])('takes nothing from the second word of type %d code %d', (type, code) => {
    expect(decode4(icmp(type, code, REST))).toEqual(message(type, code));
  });

  it('has the next-hop MTU in fragmentation needed', () => {
    expect(decode4(icmp(3, 4, REST))).toEqual({ ...message(3, 4), 'icmp.fragmtu': 0x8384 });
    expect(decode4(icmp(3, 4, 0))).toEqual({ ...message(3, 4), 'icmp.fragmtu': 0 });
    expect(decode4(icmp(11, 4, REST))).toEqual(message(11, 4));
  });

  it.each([0, 1, 2, 3])('has the gateway in a redirect of code %d', (code) => {
    const gateway = { 'icmp.gateway': '129.130.131.132' };
    expect(decode4(icmp(5, code, REST))).toEqual({ ...message(5, code), ...gateway });
  });

  it('has the pointer in a parameter problem', () => {
    expect(decode4(icmp(12, 0, REST))).toEqual({ ...message(12, 0), 'icmp.pointer': 0x81 });
    expect(decode4(icmp(12, 2, REST))).toEqual({ ...message(12, 2), 'icmp.pointer': 0x81 });
  });

  it('has no keys unless its 8 bytes were captured', () => {
    expect(decode4(icmp(8, 0, REST), 27)).toEqual({});
  });
});

describe('ICMPv6', () => {
  it('fills every key of an echo reply', () => {
    const packet = ipv6(
      header6,
      icmpv6Echo({ reply: true, id: 0x8182, sequence: 0x8384 }, 'payload'),
    );
    expect(decode(Family.IPV6, EtherType.IPV6, packet)).toEqual({
      ...keys6(packet, 58),
      'icmpv6.type': 129,
      'icmpv6.code': 0,
      'icmpv6.csum': packet.readUInt16BE(42),
      'icmpv6.echoid': 0x8182,
      'icmpv6.echoseq': 0x8384,
    });
  });

  it('has identifier and sequence number in echo messages only', () => {
    const echo = { 'icmpv6.echoid': 0x8182, 'icmpv6.echoseq': 0x8384 };
    expect(decode6(icmpv6(128, 1, REST))).toEqual({ ...message6(128, 1), ...echo });
    expect(decode6(icmpv6(130, 0, REST))).toEqual(message6(130, 0));
    expect(decode6(neighbourSolicitation('fe80::1', '02:00:00:00:00:01'))).toEqual(
      message6(135, 0),
    );
  });

  it('has the whole 32-bit MTU in packet too big', () => {
    expect(decode6(icmpv6(2, 0, REST))).toEqual({ ...message6(2, 0), 'icmpv6.mtu': REST });
    expect(decode6(icmpv6(1, 4, REST))).toEqual(message6(1, 4));
  });

  it('has no keys unless its 8 bytes were captured', () => {
    expect(decode6(icmpv6(128, 0, REST), 47)).toEqual({});
  });
});
