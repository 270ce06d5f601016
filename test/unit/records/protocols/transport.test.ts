import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { ah, esp, ipv4, ipv6, sctp } from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import {
  datagram,
  datagramHeaderKeys,
  datagramKeys,
  header4,
  header6,
  keys4,
  keys6,
  nothing,
  segment,
} from '../samples.ts';

const decode4 = (packet: Uint8Array) => decode(Family.IPV4, EtherType.IPV4, packet);
const decode6 = (packet: Uint8Array) => decode(Family.IPV6, EtherType.IPV6, packet);

describe('UDP', () => {
  it('fills every key over IPv4', () => {
    const packet = ipv4(header4, datagram);
    expect(decode4(packet)).toEqual({ ...keys4(packet, 17), ...datagramKeys(packet, 20) });
  });

  it('fills every key over IPv6', () => {
    const packet = ipv6(header6, datagram);
    expect(decode6(packet)).toEqual({ ...keys6(packet, 17), ...datagramKeys(packet, 40) });
  });

  it('has no keys unless its 8 bytes were captured', () => {
    const packet = ipv4(header4, datagram);
    expect(only(decode4(packet.subarray(0, 27)), 'udp.')).toEqual({});
    expect(only(decode4(packet.subarray(0, 28)), 'udp.')).toEqual(datagramHeaderKeys(packet, 20));
  });
});

describe('SCTP', () => {
  const association = sctp({
    sourcePort: 0x9001,
    destinationPort: 2905,
    verificationTag: 0x1122_3344,
  });
  const keys = (packet: Buffer, at: number) => ({
    'sctp.sport': 0x9001,
    'sctp.dport': 2905,
    'sctp.csum': packet.readUInt32BE(at + 8),
  });

  it('fills every key over IPv4', () => {
    const packet = ipv4(header4, association);
    expect(decode4(packet)).toEqual({ ...keys4(packet, 132), ...keys(packet, 20) });
  });

  it('fills every key over IPv6', () => {
    const packet = ipv6(header6, association);
    expect(decode6(packet)).toEqual({ ...keys6(packet, 132), ...keys(packet, 40) });
  });

  it('has no keys unless its common header was captured', () => {
    const packet = ipv4(header4, association);
    expect(only(decode4(packet.subarray(0, 31)), 'sctp.')).toEqual({});
    expect(only(decode4(packet.subarray(0, 32)), 'sctp.')).toEqual(keys(packet, 20));
  });
});

describe('ESP and AH', () => {
  const security = { spi: 0x8765_4321 };

  it('have their SPI over IPv4, and nothing behind AH is decoded', () => {
    const encrypted = ipv4(header4, esp(security));
    expect(decode4(encrypted)).toEqual({ ...keys4(encrypted, 50), 'ahesp.spi': 0x8765_4321 });
    const signed = ipv4(header4, ah(security, segment));
    expect(decode4(signed)).toEqual({ ...keys4(signed, 51), 'ahesp.spi': 0x8765_4321 });
  });

  it('ESP has its SPI over IPv6, as ESP', () => {
    const packet = ipv6(header6, esp(security));
    expect(decode6(packet)).toEqual({ ...keys6(packet, 50), 'ahesp.spi': 0x8765_4321 });
  });

  it('have none unless SPI and sequence number were captured', () => {
    const encrypted = ipv4(header4, esp(security));
    expect(only(decode4(encrypted.subarray(0, 27)), 'ahesp.')).toEqual({});
    expect(only(decode4(encrypted.subarray(0, 28)), 'ahesp.')).toEqual({
      'ahesp.spi': 0x8765_4321,
    });
    const signed = ipv4(header4, ah(security, segment));
    expect(only(decode4(signed.subarray(0, 31)), 'ahesp.')).toEqual({});
    expect(only(decode4(signed.subarray(0, 32)), 'ahesp.')).toEqual({ 'ahesp.spi': 0x8765_4321 });
    const signed6 = ipv6(header6, ah(security, segment));
    expect(only(decode6(signed6.subarray(0, 51)), 'ahesp.')).toEqual({});
    expect(only(decode6(signed6.subarray(0, 52)), 'ahesp.')).toEqual({ 'ahesp.spi': 0x8765_4321 });
  });
});

describe('a protocol without a decoder', () => {
  it('has the keys of its IP header and no others', () => {
    const gre4 = ipv4(header4, nothing(47));
    expect(decode4(gre4)).toEqual(keys4(gre4, 47));
    const gre6 = ipv6(header6, nothing(47));
    expect(decode6(gre6)).toEqual(keys6(gre6, 47));
  });
});
