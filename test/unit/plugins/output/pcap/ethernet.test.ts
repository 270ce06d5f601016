import { describe, expect, test } from 'vitest';
import type { FakePacket } from '../../../../support/fake-socket.ts';
import { arp, ipv4, ipv6, udp } from '../../../../support/packets.ts';
import { attribute } from '../../packet-path.ts';
import { readPcap } from './capture-reader.ts';
import { useScratchFolder, written } from './pcap-bench.ts';

useScratchFolder();

const ports = { sourcePort: 1, destinationPort: 2 };
const datagram = ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }, udp(ports, 'x'));
const datagram6 = ipv6({ source: '2001:db8::1', destination: '2001:db8::2' }, udp(ports, 'x'));
const request = arp({
  senderMac: '02:00:00:00:00:01',
  senderIp: '192.0.2.1',
  targetIp: '192.0.2.2',
});

const addresses = '020000000002 020000000001 ';
const noAddresses = '000000000000 000000000000 ';
const bytes = (text: string): Buffer => Buffer.from(text.replaceAll(' ', ''), 'hex');

const header = (text: string) => attribute.hardwareHeader(bytes(text));
const ethernetDevice = attribute.hardwareType(1);

/** The link-layer header, and the lengths in the file and on the wire. */
async function frame(
  packet: FakePacket,
): Promise<[header: string, captured: number, original: number]> {
  const file = readPcap(await written({ pcaplinktype: 'ethernet' }, packet));
  expect(file.linkType).toBe(1);
  const [{ data, original } = { data: Buffer.alloc(0), original: 0 }] = file.packets;
  const length = data.length - (packet.payload?.length ?? 0);
  expect(data.subarray(length).toString('hex')).toBe(
    Buffer.from(packet.payload ?? []).toString('hex'),
  );
  return [data.subarray(0, length).toString('hex'), data.length, original];
}

const hex = (text: string): string => text.replaceAll(' ', '');

type Case = readonly [name: string, packet: FakePacket, header: string];

const cases: readonly Case[] = [
  [
    "the packet's own",
    { payload: datagram, attributes: [ethernetDevice, header(`${addresses} 0800`)] },
    `${addresses} 0800`,
  ],
  [
    'that of the loopback interface',
    { payload: datagram, attributes: [attribute.hardwareType(772), header(`${noAddresses} 0800`)] },
    `${noAddresses} 0800`,
  ],
  ['one without addresses for packets that leave', { payload: datagram }, `${noAddresses} 0800`],
  [
    'one without addresses for IPv6 through a tunnel',
    {
      family: 10,
      protocol: 0x86dd,
      payload: datagram6,
      attributes: [attribute.hardwareType(65534)],
    },
    `${noAddresses} 86dd`,
  ],
  [
    'one without addresses where the header is of another kind of link',
    {
      payload: datagram,
      attributes: [attribute.hardwareType(512), header(`${addresses} 0800`)],
    },
    `${noAddresses} 0800`,
  ],
  [
    'one without addresses where the header is cut short',
    { payload: datagram, attributes: [ethernetDevice, header(addresses)] },
    `${noAddresses} 0800`,
  ],
  [
    'one without addresses for ARP that leaves',
    { family: 3, hook: 1, protocol: 0x0806, payload: request },
    `${noAddresses} 0806`,
  ],
  [
    'one by the version of packets without an Ethernet type',
    { family: 5, protocol: 0, payload: datagram6 },
    `${noAddresses} 86dd`,
  ],
  [
    'the VLAN tag that is kept beside the packet',
    {
      family: 7,
      payload: datagram,
      attributes: [ethernetDevice, header(`${addresses} 0800`), attribute.vlan(0x8100, 0x6005)],
    },
    `${addresses} 8100 6005 0800`,
  ],
  [
    'both tags where the inner one is in the header',
    {
      family: 7,
      payload: datagram,
      attributes: [
        ethernetDevice,
        header(`${addresses} 8100 0007 0800`),
        attribute.vlan(0x88a8, 0x0005),
      ],
    },
    `${addresses} 88a8 0005 8100 0007 0800`,
  ],
  [
    'a tag also without a header of its own',
    { family: 7, payload: datagram, attributes: [attribute.vlan(0x8100, 0x0005)] },
    `${noAddresses} 8100 0005 0800`,
  ],
  [
    'no more than its header, however much the kernel hands over',
    {
      payload: datagram,
      attributes: [ethernetDevice, header(`${addresses} 0800 45000020`)],
    },
    `${addresses} 0800`,
  ],
  [
    'the type of the packet where its header had another one',
    { payload: datagram, attributes: [ethernetDevice, header(`${addresses} 8864`)] },
    `${addresses} 0800`,
  ],
  [
    'the length that IEEE 802.3 frames have in place of a type',
    {
      family: 7,
      protocol: 4,
      payload: bytes('424203 0000000000'),
      attributes: [ethernetDevice, header(`${addresses} 0026`)],
    },
    `${addresses} 0026`,
  ],
  [
    'the header of packets that leave, which has no kind',
    {
      family: 5,
      hook: 0,
      payload: datagram,
      attributes: [attribute.linkHeader(bytes(`${addresses} 0800`))],
    },
    `${addresses} 0800`,
  ],
];

describe('PCAP, with Ethernet headers, writes', () => {
  test.each(cases)('%s', async (_, packet, expected) => {
    const [found, captured, original] = await frame(packet);
    expect(found).toBe(hex(expected));
    expect(original).toBe(captured);
  });
});

describe('PCAP tells the length on the wire', () => {
  const cut = (payload: Buffer, length: number) => payload.subarray(0, length);
  const tagged = Buffer.concat([bytes('0005 0800'), datagram]);
  const lies = ipv4({ source: '192.0.2.1', destination: '192.0.2.2', totalLength: 5 }, udp(ports));

  test.each<readonly [string, FakePacket, number]>([
    ['of IPv4', { payload: cut(datagram, 20) }, datagram.length],
    ['of IPv4 with four bytes', { payload: cut(datagram, 4) }, datagram.length],
    ['of IPv4 with three bytes, as far as it is known', { payload: cut(datagram, 3) }, 3],
    ['of IPv4 that lies', { payload: lies }, lies.length],
    ['of IPv6', { family: 10, payload: cut(datagram6, 40) }, datagram6.length],
    [
      'of IPv6 with five bytes, as far as it is known',
      { family: 10, payload: cut(datagram6, 5) },
      5,
    ],
    ['of ARP', { family: 3, protocol: 0x0806, payload: cut(request, 10) }, 28],
    ['behind a tag', { family: 7, protocol: 0x8100, payload: cut(tagged, 24) }, tagged.length],
    ['of a tag that is cut', { family: 7, protocol: 0x8100, payload: cut(tagged, 3) }, 3],
    ['of padded frames', { family: 7, payload: Buffer.concat([datagram, Buffer.alloc(17)]) }, 46],
    [
      'of unknown protocols, as far as it is known',
      { family: 7, protocol: 0x88cc, payload: cut(datagram, 9) },
      9,
    ],
  ])('%s', async (_, packet, length) => {
    const [, , original] = await frame(packet);
    expect(original).toBe(14 + length);
  });
});
