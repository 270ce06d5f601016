import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { MAX_PAYLOAD } from '../../../../src/records/protocols/payload.ts';
import {
  hopByHop,
  ipv4,
  ipv4Fragments,
  ipv6,
  ipv6Fragments,
  tcp,
  udp,
  vlan,
} from '../../../support/packets.ts';
import { type Decoded, decode } from '../decoded.ts';
import { header4, header6 } from '../samples.ts';

const ports = { sourcePort: 1, destinationPort: 2 };
const hex = (text: string) => Buffer.from(text).toString('hex');
const decode4 = (packet: Uint8Array) => decode(Family.IPV4, 0, packet);
const decode6 = (packet: Uint8Array) => decode(Family.IPV6, 0, packet);
const payloads = (decoded: Decoded) => [decoded['tcp.payload'], decoded['udp.payload']];

describe('the payload of TCP', () => {
  it('stands behind the options', () => {
    const options = Buffer.from('0101080a0102030405060708', 'hex');
    const segment = tcp({ ...ports, options }, 'data');
    expect(payloads(decode4(ipv4(header4, segment)))).toEqual([hex('data'), undefined]);
    expect(payloads(decode6(ipv6(header6, hopByHop(segment))))).toEqual([hex('data'), undefined]);
  });

  it('is what was captured, and nothing behind the end of the IP packet', () => {
    const packet = ipv4(header4, tcp(ports, 'data'));
    expect(payloads(decode4(packet.subarray(0, 42)))).toEqual([hex('da'), undefined]);
    const padded = Buffer.concat([packet, Buffer.from('padding')]);
    expect(payloads(decode4(padded))).toEqual([hex('data'), undefined]);
  });

  it('is absent without data, or without an end of the header', () => {
    expect(payloads(decode4(ipv4(header4, tcp(ports))))).toEqual([undefined, undefined]);
    for (const [offset, length] of [
      [4, 100],
      [15, 40],
    ] as const) {
      const packet = ipv4(header4, tcp(ports, 'x'.repeat(length)));
      packet[32] = offset << 4;
      expect(payloads(decode4(packet))).toEqual([undefined, undefined]);
    }
  });

  it('is what the first fragment has of it, and absent from later ones', () => {
    const four = ipv4Fragments(ipv4(header4, tcp(ports, 'data, and more')), 24).map(decode4);
    const six = ipv6Fragments(header6, 1, tcp(ports, 'data, and more'), 24).map(decode6);
    const expected = [
      [hex('data'), undefined],
      [undefined, undefined],
    ];
    expect(four.map(payloads)).toEqual(expected);
    expect(six.map(payloads)).toEqual(expected);
  });

  it('stands behind VLAN tags in a bridge', () => {
    const packet = vlan({ id: 7, type: EtherType.IPV4 }, ipv4(header4, tcp(ports, 'data')));
    const decoded = decode(Family.BRIDGE, EtherType.VLAN, packet);
    expect(payloads(decoded)).toEqual([hex('data'), undefined]);
  });

  it('has a greatest length', () => {
    const at = (length: number) => {
      const [payload] = payloads(decode4(ipv4(header4, tcp(ports, 'x'.repeat(length)))));
      return String(payload).length / 2;
    };
    expect([at(MAX_PAYLOAD - 1), at(MAX_PAYLOAD), at(MAX_PAYLOAD + 1), at(40_000)]).toEqual([
      MAX_PAYLOAD - 1,
      MAX_PAYLOAD,
      MAX_PAYLOAD,
      MAX_PAYLOAD,
    ]);
  });
});

describe('the payload of UDP', () => {
  const packet = ipv4(header4, udp(ports, 'data'));

  it('stands behind the header', () => {
    expect(payloads(decode4(packet))).toEqual([undefined, hex('data')]);
    expect(payloads(decode6(ipv6(header6, udp(ports, 'data'))))).toEqual([undefined, hex('data')]);
    expect(payloads(decode4(packet.subarray(0, 31)))).toEqual([undefined, hex('dat')]);
  });

  it.each([
    [0, 'data'],
    [7, undefined],
    [8, undefined],
    [9, 'd'],
    [12, 'data'],
    [13, 'data'],
    [65535, 'data'],
  ])('ends where its header says: %i', (length, data) => {
    const lying = Buffer.from(packet);
    lying.writeUInt16BE(length, 24);
    expect(payloads(decode4(lying))).toEqual([undefined, data && hex(data)]);
  });
});
