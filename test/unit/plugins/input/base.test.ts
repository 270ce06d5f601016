import { describe, expect, test } from 'vitest';
import type { FakePacket } from '../../../support/fake-socket.ts';
import { arp, ipv4, ipv6, tcp, udp, vlan } from '../../../support/packets.ts';
import { attribute, PacketPath } from '../packet-path.ts';

const datagram = udp({ sourcePort: 1, destinationPort: 2 });
const four = ipv4({ source: '192.0.2.1', destination: '198.51.100.2' }, datagram);
const six = ipv6({ source: '2001:db8::1', destination: '::ffff:10.0.0.1' }, datagram);
const ethernet = Buffer.from('0200000000020200000000010800', 'hex');

/** The keys `names` of each packet. */
function keysOf(names: readonly string[], ...packets: FakePacket[]): Record<string, string>[] {
  const path = new PacketPath(names);
  path.take(...packets);
  return packets.map((_, row) => path.row(row));
}

describe('BASE', () => {
  test('decodes by family, and by Ethernet type where a family carries several', () => {
    expect(
      keysOf(
        ['ip.saddr', 'udp.dport', 'arp.operation'],
        { family: 2, payload: four },
        { family: 10, protocol: 0x86dd, payload: six },
        { family: 7, protocol: 0x86dd, payload: six },
        { family: 5, protocol: 0x0800, payload: four },
        {
          family: 3,
          protocol: 0x0806,
          payload: arp({
            senderMac: '02:00:00:00:00:01',
            senderIp: '10.0.0.1',
            targetIp: '10.0.0.2',
          }),
        },
        { family: 1, headless: true, payload: four },
        {},
      ),
    ).toEqual([
      { 'ip.saddr': '192.0.2.1', 'udp.dport': '2' },
      { 'ip.saddr': '2001:db8::1', 'udp.dport': '2' },
      { 'ip.saddr': '2001:db8::1', 'udp.dport': '2' },
      { 'ip.saddr': '192.0.2.1', 'udp.dport': '2' },
      { 'arp.operation': '1' },
      { 'ip.saddr': '192.0.2.1', 'udp.dport': '2' },
      {},
    ]);
  });

  test('forgets between batches', () => {
    const path = new PacketPath(['tcp.dport', 'udp.dport', 'vlan.id', 'vlan.inner']);
    const segment = tcp({ sourcePort: 3, destinationPort: 4 });
    const tagged = { family: 7, protocol: 0x8100, payload: vlan({ id: 5 }, four) };
    path.take(tagged);
    expect(path.row(0)).toEqual({ 'udp.dport': '2', 'vlan.id': '5' });
    path.take({ payload: ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }, segment) });
    expect(path.row(0)).toEqual({ 'tcp.dport': '4' });
    path.take(tagged);
    expect(path.row(0)).toEqual({ 'udp.dport': '2', 'vlan.id': '5' });
  });
});

describe('BASE finds VLAN tags', () => {
  const keys = ['vlan.id', 'vlan.pcp', 'vlan.dei', 'vlan.proto', 'vlan.inner', 'ip.saddr'];
  const id5 = { 'vlan.id': '5', 'vlan.pcp': '3', 'vlan.dei': '1', 'vlan.proto': '33024' };
  const tci5 = 0x7005;

  test('that the kernel keeps beside the packet', () => {
    const attributes = [attribute.vlan(0x8100, tci5)];
    expect(keysOf(keys, { family: 7, payload: four, attributes })).toEqual([
      { ...id5, 'ip.saddr': '192.0.2.1' },
    ]);
  });

  test('in the payload', () => {
    const payload = vlan({ id: 0x1005, priority: 3 }, four);
    expect(keysOf(keys, { family: 7, protocol: 0x8100, payload })).toEqual([
      { ...id5, 'ip.saddr': '192.0.2.1' },
    ]);
  });

  test('in both places, the one beside the packet being the outer', () => {
    const payload = vlan({ id: 6 }, four);
    const attributes = [attribute.vlan(0x88a8, tci5)];
    expect(keysOf(keys, { family: 7, protocol: 0x8100, payload, attributes })).toEqual([
      { ...id5, 'vlan.proto': String(0x88a8), 'vlan.inner': '6', 'ip.saddr': '192.0.2.1' },
    ]);
  });

  test('beside a packet that was not captured', () => {
    const attributes = [attribute.vlan(0x8100, tci5)];
    expect(keysOf(keys, { family: 7, attributes })).toEqual([id5]);
  });
});

describe('BASE writes addresses as text', () => {
  test('of IPv4, IPv6 and ARP', () => {
    const message = arp({
      senderMac: '02:00:00:00:00:01',
      senderIp: '10.0.0.1',
      targetIp: '255.255.255.255',
    });
    expect(
      keysOf(
        ['ip.saddr.str', 'ip.daddr.str', 'arp.saddr.str', 'arp.daddr.str'],
        { payload: four },
        { family: 10, protocol: 0x86dd, payload: six },
        { family: 3, protocol: 0x0806, payload: message },
      ),
    ).toMatchObject([
      { 'ip.saddr.str': '192.0.2.1', 'ip.daddr.str': '198.51.100.2' },
      { 'ip.saddr.str': '2001:db8::1', 'ip.daddr.str': '::ffff:10.0.0.1' },
      { 'arp.saddr.str': '10.0.0.1', 'arp.daddr.str': '255.255.255.255' },
    ]);
  });

  test('as long as they can be, in every row of a batch', () => {
    const widest = 'f000:f111:f222:f333:f444:f555:f666:f777';
    const packet = {
      family: 10,
      protocol: 0x86dd,
      payload: ipv6({ source: widest, destination: widest }, datagram),
    };
    const path = new PacketPath(['ip.saddr.str', 'ip.daddr.str'], { capacity: 8 });
    path.take(...Array(8).fill(packet));
    for (let row = 0; row < 8; row++) {
      expect(path.row(row)).toMatchObject({ 'ip.saddr.str': widest, 'ip.daddr.str': widest });
    }
  });
});

describe('BASE writes link-layer addresses as text', () => {
  const keys = ['mac.saddr.str', 'mac.daddr.str', 'mac.str'];
  const texts = (packet: FakePacket) => {
    const [row = {}] = keysOf(keys, packet);
    return keys.map((name) => row[name]);
  };
  const [source, destination] = ['02:00:00:00:00:01', '02:00:00:00:00:02'];
  const whole = `${destination}:${source}:08:00`;

  test.each([1, 772])('from an Ethernet header on a device of type %i', (type) => {
    const attributes = [attribute.hardwareType(type), attribute.hardwareHeader(ethernet)];
    expect(texts({ attributes })).toEqual([source, destination, whole]);
  });

  test('only whole where the header is not Ethernet, or its type unknown, or cut', () => {
    const header = attribute.hardwareHeader(ethernet);
    expect(texts({ attributes: [attribute.hardwareType(512), header] })).toEqual([
      undefined,
      undefined,
      whole,
    ]);
    expect(texts({ attributes: [header] })).toEqual([undefined, undefined, whole]);
    const cut = attribute.hardwareHeader(ethernet.subarray(0, 13));
    expect(texts({ attributes: [attribute.hardwareType(1), cut] })).toEqual([
      undefined,
      undefined,
      whole.slice(0, -3),
    ]);
  });

  test('without the type of the packet that was in the row before', () => {
    const path = new PacketPath(keys);
    const header = attribute.hardwareHeader(ethernet);
    path.take({ attributes: [attribute.hardwareType(1), header] });
    path.take({ attributes: [header] });
    expect(path.row(0)).toMatchObject({ 'mac.str': whole });
    expect(path.row(0)).not.toHaveProperty(['mac.daddr.str']);
  });

  test('preferring the sender that the kernel names', () => {
    const sender = attribute.sender(Buffer.from('0a0b0c0d0e0f', 'hex'));
    expect(texts({ attributes: [sender] })).toEqual(['0a:0b:0c:0d:0e:0f', undefined, undefined]);
    const header = [attribute.hardwareType(1), attribute.hardwareHeader(ethernet)];
    expect(texts({ attributes: [...header, sender] })).toEqual([
      '0a:0b:0c:0d:0e:0f',
      destination,
      whole,
    ]);
  });

  test('at most 32 bytes of a header', () => {
    const attributes = [attribute.hardwareHeader(Buffer.alloc(33, 0xab))];
    expect(texts({ attributes })[2]).toBe(Array(32).fill('ab').join(':'));
  });

  test('one alone, when only one is read', () => {
    const attributes = [attribute.hardwareType(1), attribute.hardwareHeader(ethernet)];
    expect(keysOf(['mac.daddr.str'], { attributes })[0]?.['mac.daddr.str']).toBe(destination);
  });
});
