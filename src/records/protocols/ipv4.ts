import { u8, u16 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { ipKeys } from './ip.ts';
import type { L4Decoder } from './l4.ts';

const keys = {
  tos: key('ip.tos', 'u8', 'type of service: DSCP and ECN'),
  ttl: key('ip.ttl', 'u8', 'time to live'),
  totlen: key('ip.totlen', 'u16', 'length of header and data in bytes, as sent'),
  ihl: key('ip.ihl', 'u8', 'header length in 32-bit words'),
  csum: key('ip.csum', 'u16', 'header checksum as sent'),
  id: key('ip.id', 'u16', 'identification'),
  fragoff: key(
    'ip.fragoff',
    'u16',
    'flags (0x8000 reserved, 0x4000 DF, 0x2000 MF) and offset in 8-byte units',
  ),
};

export const ipv4Keys = Object.values(keys);

const OFFSET_MASK = 0x1fff;

/** Fills the IPv4 header's keys (RFC 791, 3.1) and hands on what is behind it. */
export class Ipv4Decoder {
  readonly #saddr: BytesColumn;
  readonly #daddr: BytesColumn;
  readonly #protocol: NumberColumn;
  readonly #tos: NumberColumn;
  readonly #ttl: NumberColumn;
  readonly #totlen: NumberColumn;
  readonly #ihl: NumberColumn;
  readonly #csum: NumberColumn;
  readonly #id: NumberColumn;
  readonly #fragoff: NumberColumn;
  readonly #l4: L4Decoder;

  constructor(columns: ColumnSet, l4: L4Decoder) {
    this.#l4 = l4;
    this.#saddr = columns.bytes(ipKeys.saddr);
    this.#daddr = columns.bytes(ipKeys.daddr);
    this.#protocol = columns.numbers(ipKeys.protocol);
    this.#tos = columns.numbers(keys.tos);
    this.#ttl = columns.numbers(keys.ttl);
    this.#totlen = columns.numbers(keys.totlen);
    this.#ihl = columns.numbers(keys.ihl);
    this.#csum = columns.numbers(keys.csum);
    this.#id = columns.numbers(keys.id);
    this.#fragoff = columns.numbers(keys.fragoff);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < 20) return;
    const versionAndLength = u8(data, at);
    const headerLength = (versionAndLength & 0x0f) * 4;
    if (versionAndLength >> 4 !== 4 || headerLength < 20) return;
    const protocol = u8(data, at + 9);
    const totalLength = u16(data, at + 2);
    const fragment = u16(data, at + 6);
    this.#ihl.set(row, versionAndLength & 0x0f);
    this.#tos.set(row, u8(data, at + 1));
    this.#totlen.set(row, totalLength);
    this.#id.set(row, u16(data, at + 4));
    this.#fragoff.set(row, fragment);
    this.#ttl.set(row, u8(data, at + 8));
    this.#protocol.set(row, protocol);
    this.#csum.set(row, u16(data, at + 10));
    this.#saddr.set(row, at + 12, 4);
    this.#daddr.set(row, at + 16, 4);
    // A later fragment continues the first one's payload: whatever stands there is not a header.
    if ((fragment & OFFSET_MASK) !== 0) return;
    // Behind the datagram's own end there may be link-layer padding. A length of 0 is what the
    // kernel itself writes into an aggregated (BIG TCP) packet of more than 65535 bytes.
    const packetEnd = at + totalLength;
    const bounded = totalLength !== 0 && packetEnd < end ? packetEnd : end;
    this.#l4.decode(row, protocol, data, at + headerLength, bounded);
  }
}
