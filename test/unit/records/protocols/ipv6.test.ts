import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EtherType, Family } from '../../../../src/records/protocols/ip-protocol.ts';
import {
  ah,
  destinationOptions,
  esp,
  fragment,
  hopByHop,
  ipv6,
  ipv6Fragments,
  type Layer,
  raw,
  routing,
} from '../../../support/packets.ts';
import { decode, only } from '../decoded.ts';
import {
  datagram,
  datagramHeaderKeys,
  datagramKeys,
  extension,
  header6,
  keys6,
  nothing,
  segment,
  segmentKeys,
} from '../samples.ts';

const decode6 = (packet: Uint8Array) => decode(Family.IPV6, EtherType.IPV6, packet);

describe('IPv6', () => {
  it('fills every key', () => {
    const packet = ipv6(header6, segment);
    expect(decode6(packet)).toEqual({ ...keys6(packet, 6), ...segmentKeys(packet, 40) });
  });

  it('decodes a packet that is nothing but its header', () => {
    const packet = ipv6(header6, nothing(59));
    expect(decode6(packet)).toEqual(keys6(packet, 59));
  });

  it('has no keys unless its 40 bytes were captured', () => {
    expect(decode6(ipv6(header6, segment).subarray(0, 39))).toEqual({});
  });

  it.each([0, 4, 5, 7, 15])('has no keys with version %d', (version) => {
    const packet = ipv6(header6, segment);
    packet[0] = (version << 4) | 0x0b;
    expect(decode6(packet)).toEqual({});
  });

  it('has traffic class and flow label at their widest', () => {
    const packet = ipv6({ ...header6, trafficClass: 0xff, flowLabel: 0xfffff }, segment);
    expect(decode6(packet)).toMatchObject({ 'ip6.priority': 0xff, 'ip6.flowlabel': 0xfffff });
  });

  describe('extension headers', () => {
    it('are walked over, whatever their order and length', () => {
      const chain = hopByHop(
        destinationOptions(routing(header6.destination, destinationOptions(segment, 33)), 2),
      );
      const packet = ipv6(header6, chain);
      const at = 40 + 8 + 16 + 24 + 264;
      expect(decode6(packet)).toEqual({
        ...keys6(packet, 6),
        'ip6.firsthdr': 0,
        'ip6.exthdrs': 4,
        ...segmentKeys(packet, at),
      });
    });

    it('AH gives its SPI and lets TCP be seen behind it', () => {
      const packet = ipv6(header6, ah({ spi: 0x9abc_def1 }, segment));
      expect(decode6(packet)).toEqual({
        ...keys6(packet, 6),
        'ip6.firsthdr': 51,
        'ip6.exthdrs': 1,
        'ahesp.spi': 0x9abc_def1,
        ...segmentKeys(packet, 64),
      });
    });

    it('ESP ends the walk', () => {
      const packet = ipv6(header6, destinationOptions(esp({ spi: 0x9abc_def1 })));
      expect(decode6(packet)).toEqual({
        ...keys6(packet, 50),
        'ip6.firsthdr': 60,
        'ip6.exthdrs': 1,
        'ahesp.spi': 0x9abc_def1,
      });
    });

    it.each([
      ['Mobility', 135],
      ['HIP', 139],
      ['Shim6', 140],
    ])('%s is a protocol, not an extension header, as it is to the kernel', (_name, protocol) => {
      const packet = ipv6(header6, extension(protocol, nothing(59)));
      expect(decode6(packet)).toEqual(keys6(packet, protocol));
    });

    it('that are cut off end the walk with their own number', () => {
      const packet = ipv6(header6, hopByHop(destinationOptions(segment, 2)));
      const cut = { ...keys6(packet, 60), 'ip6.firsthdr': 0, 'ip6.exthdrs': 1 };
      expect(decode6(packet.subarray(0, 63))).toEqual(cut);
      expect(decode6(packet.subarray(0, 48))).toEqual(cut);
      expect(decode6(packet.subarray(0, 47))).toEqual({
        ...keys6(packet, 0),
        'ip6.exthdrs': 0,
      });
      expect(decode6(packet.subarray(0, 64))).toEqual({
        ...cut,
        'ip.protocol': 6,
        'ip6.nexthdr': 6,
        'ip6.exthdrs': 2,
      });
    });

    it('that claim more than the packet has end the walk', () => {
      const packet = ipv6(header6, hopByHop(segment));
      packet[41] = 255;
      expect(decode6(packet)).toEqual({ ...keys6(packet, 0), 'ip6.exthdrs': 0 });
    });

    it('of any valid chain are counted, and what is behind them is decoded', () => {
      fc.assert(
        fc.property(chains, (headers) => {
          const packet = ipv6(
            header6,
            headers.reduceRight((inner, wrap) => wrap(inner), segment),
          );
          const decoded = decode6(packet);
          expect(decoded).toMatchObject({
            ...segmentKeys(packet, packet.length - 20),
            'ip.protocol': 6,
            'ip6.nexthdr': 6,
            'ip6.exthdrs': headers.length,
          });
        }),
      );
    });

    it('are walked over 16 times at most', () => {
      const nested = (count: number) => {
        let layer: Layer = datagram;
        for (let i = 0; i < count; i++) layer = destinationOptions(layer);
        return ipv6(header6, layer);
      };
      expect(decode6(nested(16))).toMatchObject({ 'ip.protocol': 17, 'udp.dport': 53 });
      const deeper = decode6(nested(17));
      expect(deeper).toMatchObject({ 'ip.protocol': 60, 'ip6.exthdrs': 16 });
      expect(only(deeper, 'udp.')).toEqual({});
    });
  });

  describe('fragments', () => {
    const fragments = ipv6Fragments(header6, 0xfeed_5678, datagram, 8).map(decode6);

    it('show their protocol in the first one', () => {
      expect(fragments[0]).toMatchObject({
        'ip.protocol': 17,
        'ip6.firsthdr': 44,
        'ip6.fragoff': 0,
        'ip6.fragid': 0xfeed_5678,
        'udp.sport': 0xd431,
      });
    });

    it('have no protocol header in later ones', () => {
      const packet = ipv6(header6, fragment({ id: 0xfeed_5678, offset: 181, more: true }, segment));
      expect(decode6(packet)).toEqual({
        ...keys6(packet, 6),
        'ip6.firsthdr': 44,
        'ip6.exthdrs': 1,
        'ip6.fragoff': 1448,
        'ip6.fragid': 0xfeed_5678,
      });
      expect(only(fragments[1] ?? {}, 'udp.')).toEqual({});
      expect(fragments[1]?.['ip6.fragoff']).toBe(8);
    });

    it('do not take the payload of a later one for extension headers', () => {
      const packet = ipv6(
        header6,
        fragment({ id: 1, offset: 1 }, destinationOptions(ah({ spi: 3 }, segment))),
      );
      expect(decode6(packet)).toEqual({
        ...keys6(packet, 60),
        'ip6.firsthdr': 44,
        'ip6.exthdrs': 1,
        'ip6.fragoff': 8,
        'ip6.fragid': 1,
      });
    });

    it('may be atomic', () => {
      const packet = ipv6(header6, fragment({ id: 9 }, segment));
      expect(decode6(packet)).toMatchObject({ 'ip6.fragoff': 0, 'ip6.fragid': 9, 'tcp.syn': 1 });
    });
  });

  describe('with a payload length that is not the capture', () => {
    it('does not take padding behind the packet for a header', () => {
      const packet = ipv6({ ...header6, payloadLength: 7 }, datagram);
      expect(decode6(packet)).toEqual({ ...keys6(packet, 17), 'ip6.payloadlen': 7 });
      const whole = ipv6({ ...header6, payloadLength: 8 }, datagram);
      expect(only(decode6(whole), 'udp.')).toEqual(datagramHeaderKeys(whole, 40));
    });

    it('decodes what was captured of a longer one', () => {
      const packet = ipv6({ ...header6, payloadLength: 0xffff }, datagram);
      expect(only(decode6(packet), 'udp.')).toEqual(datagramKeys(packet, 40));
    });

    it('takes 0 for a jumbogram', () => {
      const jumbo = ipv6({ ...header6, payloadLength: 0 }, hopByHop(datagram));
      expect(decode6(jumbo)).toEqual({
        ...keys6(jumbo, 17),
        'ip6.payloadlen': 0,
        'ip6.firsthdr': 0,
        'ip6.exthdrs': 1,
        ...datagramKeys(jumbo, 48),
      });
    });
  });
});

/** Up to 16 extension headers, outermost first. */
const chains = fc.array(
  fc.oneof(
    fc.tuple(fc.constantFrom(0, 43, 60), fc.integer({ min: 1, max: 5 })).map(
      ([protocol, units]) =>
        (inner: Layer) =>
          extension(protocol, inner, units),
    ),
    fc.constant((inner: Layer) => ah({ spi: 1 }, inner)),
    fc.constant((inner: Layer) => fragment({ id: 1, more: true }, inner)),
  ),
  { maxLength: 16 },
);

describe('a layer of IPv6 in which nothing is known', () => {
  it('is only named', () => {
    const packet = ipv6(header6, raw(253, Buffer.alloc(64, 0x45)));
    expect(decode6(packet)).toEqual(keys6(packet, 253));
  });
});
