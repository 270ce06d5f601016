import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import { icmpEcho, ipv4, ipv4Fragments } from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import {
  datagram,
  datagramHeaderKeys,
  datagramKeys,
  header4,
  keys4,
  nothing,
  segment,
} from '../samples.ts';

const decode4 = (packet: Uint8Array) => decode(Family.IPV4, EtherType.IPV4, packet);

describe('IPv4', () => {
  it('decodes a packet that is nothing but its header', () => {
    const packet = ipv4(header4, nothing(17));
    expect(packet).toHaveLength(20);
    expect(decode4(packet)).toEqual(keys4(packet, 17));
  });

  it('has no keys unless its 20 bytes were captured', () => {
    expect(decode4(ipv4(header4, datagram).subarray(0, 19))).toEqual({});
    expect(decode4(Buffer.alloc(0))).toEqual({});
  });

  it.each([0, 1, 4])('has no keys with a header of %d words', (words) => {
    const packet = ipv4(header4, datagram);
    packet[0] = 0x40 | words;
    expect(decode4(packet)).toEqual({});
  });

  it.each([0, 5, 6, 15])('has no keys with version %d', (version) => {
    const packet = ipv4(header4, datagram);
    packet[0] = (version << 4) | 5;
    expect(decode4(packet)).toEqual({});
  });

  it('finds what is behind its options', () => {
    const packet = ipv4({ ...header4, options: Buffer.alloc(40, 1) }, datagram);
    expect(decode4(packet)).toEqual({
      ...keys4(packet, 17),
      'ip.ihl': 15,
      ...datagramKeys(packet, 60),
    });
  });

  it('has the keys of its fixed header when options were cut off', () => {
    const packet = ipv4({ ...header4, options: Buffer.alloc(40, 1) }, datagram);
    expect(decode4(packet.subarray(0, 59))).toEqual({ ...keys4(packet, 17), 'ip.ihl': 15 });
  });

  it('has flags and offset as they were sent', () => {
    const all = { reservedFlag: true, dontFragment: true, moreFragments: true };
    expect(decode4(ipv4({ ...header4, ...all }, segment))['ip.fragoff']).toBe(0xe000);
    const last = ipv4({ ...header4, dontFragment: false, fragmentOffset: 0x1fff }, segment);
    expect(decode4(last)['ip.fragoff']).toBe(0x1fff);
  });

  it('decodes the first fragment, and of later ones nothing but the IP header', () => {
    const whole = ipv4(
      { ...header4, dontFragment: false },
      icmpEcho({ id: 7, sequence: 8 }, 'x'.repeat(40)),
    );
    const [first, second, third] = ipv4Fragments(whole, 16).map(decode4);
    expect(only(first ?? {}, 'icmp.')).toMatchObject({ 'icmp.echoid': 7, 'icmp.echoseq': 8 });
    expect(first?.['ip.fragoff']).toBe(0x2000);
    expect(second).toEqual({
      ...keys4(whole, 1),
      'ip.totlen': 36,
      'ip.csum': expect.any(Number),
      'ip.fragoff': 0x2002,
    });
    expect(only(third ?? {}, 'icmp.')).toEqual({});
  });

  describe('with a total length that is not the capture', () => {
    it('does not take padding behind the datagram for a header', () => {
      const packet = ipv4({ ...header4, totalLength: 27 }, datagram);
      expect(decode4(packet)).toEqual({ ...keys4(packet, 17), 'ip.totlen': 27 });
      const whole = ipv4({ ...header4, totalLength: 28 }, datagram);
      expect(only(decode4(whole), 'udp.')).toEqual(datagramHeaderKeys(whole, 20));
    });

    it('reads nothing behind the header when it is shorter than that', () => {
      const packet = ipv4({ ...header4, totalLength: 19 }, datagram);
      expect(decode4(packet)).toEqual({ ...keys4(packet, 17), 'ip.totlen': 19 });
    });

    it('decodes what was captured of a longer one', () => {
      const packet = ipv4({ ...header4, totalLength: 0xffff }, datagram);
      expect(decode4(packet)).toEqual({
        ...keys4(packet, 17),
        'ip.totlen': 0xffff,
        ...datagramKeys(packet, 20),
      });
    });

    it('takes 0 for an aggregate too long for the field', () => {
      const packet = ipv4({ ...header4, totalLength: 0 }, datagram);
      expect(decode4(packet)).toEqual({
        ...keys4(packet, 17),
        'ip.totlen': 0,
        ...datagramKeys(packet, 20),
      });
    });
  });
});
