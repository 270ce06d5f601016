import { describe, expect, it } from 'vitest';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { PacketDecoder, packetKeys } from '../../../../src/records/protocols/packet.ts';
import { arp, icmpUnreachable, ipv4, ipv6, vlan } from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import { datagram, datagramKeys, header4, header6, keys4, keys6, segment } from '../samples.ts';

const packet4 = ipv4(header4, datagram);
const packet6 = ipv6(header6, datagram);
const all4 = { ...keys4(packet4, 17), ...datagramKeys(packet4, 20) };
const all6 = { ...keys6(packet6, 17), ...datagramKeys(packet6, 40) };
const request = arp({
  senderMac: '02:00:00:00:00:01',
  senderIp: '192.0.2.1',
  targetIp: '192.0.2.9',
});

describe('packetKeys', () => {
  it('declares every key once', () => {
    const names = packetKeys.map(({ name }) => name);
    expect(names).toEqual([...new Set(names)]);
  });
});

describe('PacketDecoder', () => {
  it('goes by the family where that names the protocol', () => {
    expect(decode(Family.IPV4, 0, packet4)).toEqual(all4);
    expect(decode(Family.IPV6, 0, packet6)).toEqual(all6);
    expect(decode(Family.ARP, 0, request)).toMatchObject({ 'arp.daddr': '192.0.2.9' });
    expect(decode(Family.IPV4, EtherType.IPV6, packet6)).toEqual({});
    expect(decode(Family.IPV6, EtherType.IPV4, packet4)).toEqual({});
  });

  it.each([
    ['inet', Family.INET],
    ['netdev', Family.NETDEV],
    ['bridge', Family.BRIDGE],
  ])('goes by the Ethernet type in %s', (_name, family) => {
    expect(decode(family, EtherType.IPV4, packet4)).toEqual({ ...all4, 'pkt.ethertype': 0x0800 });
    expect(decode(family, EtherType.IPV6, packet6)).toEqual({ ...all6, 'pkt.ethertype': 0x86dd });
    expect(decode(family, EtherType.ARP, request)).toEqual({
      ...decode(Family.ARP, EtherType.ARP, request),
      'pkt.ethertype': 0x0806,
    });
    expect(decode(family, 0x88cc, packet4)).toEqual({ 'pkt.ethertype': 0x88cc });
  });

  it('goes by the version of IP where the Ethernet type is unknown', () => {
    expect(decode(Family.INET, 0, packet4)).toEqual({ ...all4, 'pkt.ethertype': 0 });
    expect(decode(Family.INET, 0, packet6)).toEqual({ ...all6, 'pkt.ethertype': 0 });
    expect(decode(Family.INET, 0, Buffer.from([0x95]))).toEqual({ 'pkt.ethertype': 0 });
    expect(decode(Family.INET, 0, Buffer.alloc(0))).toEqual({ 'pkt.ethertype': 0 });
  });

  it('passes over VLAN tags in the payload', () => {
    const untagged4 = { ...all4, 'pkt.ethertype': 0x0800 };
    const untagged6 = { ...all6, 'pkt.ethertype': 0x86dd };
    const tagged4 = vlan({ id: 100, priority: 5 }, packet4);
    const tagged6 = vlan({ id: 100 }, packet6);
    const taggedArp = vlan({ id: 100, type: EtherType.ARP }, request);
    const double = vlan({ id: 7, type: EtherType.VLAN }, tagged4);
    const decodeTagged = (packet: Buffer) => decode(Family.BRIDGE, EtherType.VLAN, packet);
    expect(decodeTagged(tagged4)).toMatchObject(untagged4);
    expect(decodeTagged(tagged6)).toMatchObject(untagged6);
    expect(decodeTagged(taggedArp)).toMatchObject({ 'arp.operation': 1 });
    expect(decode(Family.NETDEV, EtherType.SERVICE_VLAN, double)).toMatchObject(untagged4);
  });

  it('passes over four tags at most, and over none that was cut off', () => {
    const nested = (tags: number): Buffer =>
      tags === 1
        ? vlan({ id: 1 }, packet4)
        : vlan({ id: 1, type: EtherType.VLAN }, nested(tags - 1));
    const decodeNested = (tags: number) => decode(Family.NETDEV, EtherType.VLAN, nested(tags));
    expect(decodeNested(4)).toMatchObject({ ...all4, 'pkt.ethertype': 0x0800 });
    expect(only(decodeNested(5), 'ip.')).toEqual({});
    expect(decodeNested(5)).toMatchObject({ 'pkt.ethertype': 0x8100 });
    const cut = vlan({ id: 1 }, packet4).subarray(0, 3);
    expect(decode(Family.NETDEV, EtherType.VLAN, cut)).toEqual({ 'pkt.ethertype': 0x8100 });
  });

  it('gives each key alone what it gives with all others', () => {
    const error = ipv4(header4, icmpUnreachable(4, ipv4(header4, segment), 1400));
    const packets: [number, Buffer][] = [
      [Family.IPV4, error],
      [Family.IPV4, ipv4(header4, segment)],
      [Family.IPV6, packet6],
      [Family.ARP, request],
    ];
    for (const key of packetKeys) {
      const columns = new ColumnSet(1, [key]);
      const decoder = new PacketDecoder(columns);
      for (const [family, packet] of packets) {
        columns.reset(1, packet);
        decoder.begin(0);
        decoder.decode(0, family, 0, packet, 0, packet.length);
        const present = columns.entries()[0]?.column.has(0);
        expect([key.name, present]).toEqual([key.name, key.name in decode(family, 0, packet)]);
      }
    }
  });

  it('fills the row it is told to', () => {
    const columns = new ColumnSet(4, packetKeys);
    const decoder = new PacketDecoder(columns);
    decoder.decode(2, Family.IPV4, 0, packet4, 0, packet4.length);
    const ttl = columns.readNumbers('ip.ttl');
    expect([0, 1, 2, 3].map((row) => ttl.has(row))).toEqual([false, false, true, false]);
  });
});
