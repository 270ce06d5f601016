import { u8, u16 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { IpProtocol } from './ip-protocol.ts';

const keys = {
  saddr: key('icmp.orig.ip.saddr', 'ip', 'source of the packet that an ICMP error is about'),
  daddr: key('icmp.orig.ip.daddr', 'ip', 'destination of the packet that an ICMP error is about'),
  protocol: key(
    'icmp.orig.ip.protocol',
    'u8',
    'protocol of the packet that an ICMP error is about',
  ),
  sport: key('icmp.orig.l4.sport', 'u16', 'source port of the packet that an ICMP error is about'),
  dport: key('icmp.orig.l4.dport', 'u16', 'destination port of that packet'),
};

export const originalPacketKeys = Object.values(keys);

/**
 * Reads the start of the offending packet that an ICMP or ICMPv6 error carries (RFC 792; RFC 4443,
 * 2.4 c): what a firewall's user needs to tell which connection the error belongs to.
 */
export class OriginalPacketDecoder {
  readonly #active: boolean;
  readonly #saddr: BytesColumn;
  readonly #daddr: BytesColumn;
  readonly #protocol: NumberColumn;
  readonly #sport: NumberColumn;
  readonly #dport: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#active = originalPacketKeys.some((k) => columns.isRead(k.name));
    this.#saddr = columns.bytes(keys.saddr);
    this.#daddr = columns.bytes(keys.daddr);
    this.#protocol = columns.numbers(keys.protocol);
    this.#sport = columns.numbers(keys.sport);
    this.#dport = columns.numbers(keys.dport);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (!this.#active || end - at < 20) return;
    const version = u8(data, at) >> 4;
    if (version === 4) this.#decodeIpv4(row, data, at, end);
    else if (version === 6 && end - at >= 40) this.#decodeIpv6(row, data, at, end);
  }

  #decodeIpv4(row: number, data: Uint8Array, at: number, end: number): void {
    const headerLength = (u8(data, at) & 0x0f) * 4;
    if (headerLength < 20) return;
    this.#saddr.set(row, at + 12, 4);
    this.#daddr.set(row, at + 16, 4);
    const protocol = u8(data, at + 9);
    this.#protocol.set(row, protocol);
    const laterFragment = (u16(data, at + 6) & 0x1fff) !== 0;
    if (!laterFragment) this.#decodePorts(row, protocol, data, at + headerLength, end);
  }

  #decodeIpv6(row: number, data: Uint8Array, at: number, end: number): void {
    this.#saddr.set(row, at + 8, 16);
    this.#daddr.set(row, at + 24, 16);
    const protocol = u8(data, at + 6);
    this.#protocol.set(row, protocol);
    this.#decodePorts(row, protocol, data, at + 40, end);
  }

  #decodePorts(row: number, protocol: number, data: Uint8Array, at: number, end: number): void {
    if (
      protocol !== IpProtocol.TCP &&
      protocol !== IpProtocol.UDP &&
      protocol !== IpProtocol.SCTP
    ) {
      return;
    }
    if (end - at < 4) return;
    this.#sport.set(row, u16(data, at));
    this.#dport.set(row, u16(data, at + 2));
  }
}
