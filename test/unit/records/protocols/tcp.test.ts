import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { ipv4, type TcpFlag, tcp } from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import { header4, keys4, segment, segmentKeys } from '../samples.ts';

const decode4 = (packet: Uint8Array) => decode(Family.IPV4, EtherType.IPV4, packet);
const ports = { sourcePort: 1, destinationPort: 2 };

describe('TCP', () => {
  it('fills every key', () => {
    const packet = ipv4(header4, segment);
    expect(decode4(packet)).toEqual({ ...keys4(packet, 6), ...segmentKeys(packet, 20) });
  });

  it.each<[TcpFlag, number]>([
    ['cwr', 0x80],
    ['ece', 0x40],
    ['urg', 0x20],
    ['ack', 0x10],
    ['psh', 0x08],
    ['rst', 0x04],
    ['syn', 0x02],
    ['fin', 0x01],
  ])('tells %s from the other flags', (flag, bit) => {
    const decoded = decode4(ipv4(header4, tcp({ ...ports, flags: [flag] })));
    const names = ['cwr', 'ece', 'urg', 'ack', 'psh', 'rst', 'syn', 'fin'];
    expect(names.filter((name) => decoded[`tcp.${name}`] === 1)).toEqual([flag]);
    expect(decoded['tcp.flags']).toBe(bit);
    expect(decoded['tcp.res2']).toBe(bit >> 6);
  });

  it('keeps the reserved bits apart from header length and flags', () => {
    const packet = ipv4(header4, segment);
    packet[32] = 0x5a;
    expect(decode4(packet)).toMatchObject({
      'tcp.offset': 5,
      'tcp.reserved': 0xa,
      'tcp.res1': 0xa,
      'tcp.flags': 0x12,
    });
  });

  it('reads the fixed header of one with options', () => {
    const options = Buffer.from('020405b40402080a0102030405060708', 'hex');
    const decoded = decode4(ipv4(header4, tcp({ ...ports, options })));
    expect(decoded).toMatchObject({ 'tcp.sport': 1, 'tcp.offset': 9 });
  });

  it('has no keys unless its 20 bytes were captured', () => {
    const packet = ipv4(header4, segment);
    expect(only(decode4(packet.subarray(0, 39)), 'tcp.')).toEqual({});
  });
});
