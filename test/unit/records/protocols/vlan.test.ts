import { describe, expect, it } from 'vitest';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { PacketDecoder, packetKeys } from '../../../../src/records/protocols/packet.ts';
import { ipv4, vlan } from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import { datagram, header4 } from '../samples.ts';

const packet4 = ipv4(header4, datagram);
const { VLAN, SERVICE_VLAN } = EtherType;

const vlanKeys = (protocol: number, packet: Uint8Array) =>
  only(decode(Family.BRIDGE, protocol, packet), 'vlan.');

describe('VLAN tags in the payload', () => {
  it('fill every key', () => {
    const tagged = vlan({ id: 0xabc, priority: 5 }, packet4);
    const outer = { 'vlan.id': 0xabc, 'vlan.pcp': 5, 'vlan.dei': 0, 'vlan.proto': 0x8100 };
    expect(vlanKeys(VLAN, tagged)).toEqual(outer);
    const double = vlan({ id: 7, priority: 2, type: VLAN }, tagged);
    expect(vlanKeys(SERVICE_VLAN, double)).toEqual({
      'vlan.id': 7,
      'vlan.pcp': 2,
      'vlan.dei': 0,
      'vlan.proto': 0x88a8,
      'vlan.inner': 0xabc,
    });
  });

  it('tell the drop eligible indicator from priority and identifier', () => {
    const tagged = vlan({ id: 0xfff, priority: 6 }, packet4);
    tagged.writeUInt16BE(0x1000);
    expect(vlanKeys(VLAN, tagged)).toMatchObject({ 'vlan.id': 0, 'vlan.pcp': 0, 'vlan.dei': 1 });
    tagged.writeUInt16BE(0xefff);
    expect(vlanKeys(VLAN, tagged)).toMatchObject({
      'vlan.id': 0xfff,
      'vlan.pcp': 7,
      'vlan.dei': 0,
    });
  });

  it('have the second one, not the last, as the inner one', () => {
    const tagged = vlan({ id: 2, type: VLAN }, vlan({ id: 3 }, packet4));
    const triple = vlan({ id: 1, type: VLAN }, tagged);
    expect(vlanKeys(VLAN, triple)).toMatchObject({ 'vlan.id': 1, 'vlan.inner': 2 });
  });

  it('are none in a packet without', () => {
    expect(vlanKeys(EtherType.IPV4, packet4)).toEqual({});
  });
});

describe('a VLAN tag that the kernel took off', () => {
  it('is the outer one, and is forgotten with its row', () => {
    const columns = new ColumnSet(1, packetKeys);
    const decoder = new PacketDecoder(columns);
    const decodeTagged = (packet: Uint8Array, protocol: number) => {
      columns.reset(1, packet);
      decoder.begin(0);
      decoder.addTag(0, SERVICE_VLAN, 0x6007);
      decoder.decode(0, Family.NETDEV, protocol, packet, 0, packet.length);
    };
    const value = (name: string) => columns.readNumbers(name).get(0);
    decodeTagged(packet4, EtherType.IPV4);
    expect([value('vlan.id'), value('vlan.pcp'), value('vlan.proto')]).toEqual([7, 3, 0x88a8]);
    expect(columns.readNumbers('vlan.inner').has(0)).toBe(false);
    expect(value('udp.dport')).toBe(53);
    decodeTagged(vlan({ id: 9 }, packet4), VLAN);
    expect([value('vlan.id'), value('vlan.inner'), value('udp.dport')]).toEqual([7, 9, 53]);
  });
});
