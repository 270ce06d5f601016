import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { arp } from '../../../support/packets.ts';
import { decode } from '../decoded.ts';

const request = arp({
  senderMac: '02:00:5e:10:00:a1',
  senderIp: '192.0.2.1',
  targetMac: '02:00:5e:10:00:a2',
  targetIp: '192.0.2.9',
});

const decodeArp = (packet: Uint8Array) => decode(Family.ARP, EtherType.ARP, packet);

/** An ARP message whose addresses have any length: bytes 1, 2, 3 … */
function arpOf(hardwareLength: number, protocolLength: number): Buffer {
  const addresses = Buffer.alloc(2 * (hardwareLength + protocolLength));
  for (let i = 0; i < addresses.length; i++) addresses[i] = i + 1;
  const header = Buffer.from([0, 6, 8, 0, hardwareLength, protocolLength, 0, 2]);
  return Buffer.concat([header, addresses]);
}

const fixed = { 'arp.hwtype': 6, 'arp.protocoltype': 0x0800, 'arp.operation': 2 };

describe('ARP', () => {
  it('fills every key', () => {
    expect(decodeArp(request)).toEqual({
      'arp.hwtype': 1,
      'arp.protocoltype': 0x0800,
      'arp.operation': 1,
      'arp.shwaddr': '02:00:5e:10:00:a1',
      'arp.saddr': '192.0.2.1',
      'arp.dhwaddr': '02:00:5e:10:00:a2',
      'arp.daddr': '192.0.2.9',
    });
  });

  it('takes address lengths from the packet', () => {
    expect(decodeArp(arpOf(2, 4))).toEqual({
      ...fixed,
      'arp.shwaddr': '01:02',
      'arp.saddr': '3.4.5.6',
      'arp.dhwaddr': '07:08',
      'arp.daddr': '9.10.11.12',
    });
  });

  it('has addresses of no length', () => {
    expect(decodeArp(arpOf(0, 4))).toEqual({
      ...fixed,
      'arp.shwaddr': '',
      'arp.saddr': '1.2.3.4',
      'arp.dhwaddr': '',
      'arp.daddr': '5.6.7.8',
    });
  });

  it.each([0, 1, 3, 5, 16])('does not take %d bytes for an IPv4 address', (length) => {
    const decoded = decodeArp(arpOf(1, length));
    const target = (length + 2).toString(16).padStart(2, '0');
    expect(decoded).toEqual({ ...fixed, 'arp.shwaddr': '01', 'arp.dhwaddr': target });
  });

  it('has no addresses that were not all captured, whatever the lengths claim', () => {
    const { length } = request;
    const cut = { 'arp.hwtype': 1, 'arp.protocoltype': 0x0800, 'arp.operation': 1 };
    expect(decodeArp(request.subarray(0, length - 1))).toEqual(cut);
    expect(decodeArp(request.subarray(0, 8))).toEqual(cut);
    expect(decodeArp(request.subarray(0, 7))).toEqual({});
    const lying = Buffer.from(request);
    lying[4] = 255;
    expect(decodeArp(lying)).toEqual(cut);
  });

  it('ignores the padding of a short frame', () => {
    expect(decodeArp(Buffer.concat([request, Buffer.alloc(18)]))).toEqual(decodeArp(request));
  });
});
