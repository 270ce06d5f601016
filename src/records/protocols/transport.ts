import { u16, u32 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { payloadKey, setPayload } from './payload.ts';

const udp = {
  sport: key('udp.sport', 'u16', 'source port'),
  dport: key('udp.dport', 'u16', 'destination port'),
  len: key('udp.len', 'u16', 'length of header and data in bytes, as sent'),
  csum: key('udp.csum', 'u16', 'checksum as sent; 0 = none'),
  payload: payloadKey('udp.payload'),
};
const sctp = {
  sport: key('sctp.sport', 'u16', 'source port'),
  dport: key('sctp.dport', 'u16', 'destination port'),
  csum: key('sctp.csum', 'u32', 'CRC32c as sent'),
};
const spi = key('ahesp.spi', 'u32', 'security parameters index of an AH or ESP header');

export const udpKeys = Object.values(udp);
export const sctpKeys = Object.values(sctp);
export const ipsecKeys = [spi];

/** Length of a UDP header. */
const HEADER_LENGTH = 8;

/** Fills the `udp.*` keys (RFC 768). */
export class UdpDecoder {
  readonly #sport: NumberColumn;
  readonly #dport: NumberColumn;
  readonly #len: NumberColumn;
  readonly #csum: NumberColumn;
  readonly #payload: BytesColumn;

  constructor(columns: ColumnSet) {
    this.#sport = columns.numbers(udp.sport);
    this.#dport = columns.numbers(udp.dport);
    this.#len = columns.numbers(udp.len);
    this.#csum = columns.numbers(udp.csum);
    this.#payload = columns.bytes(udp.payload);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < HEADER_LENGTH) return;
    const length = u16(data, at + 4);
    this.#sport.set(row, u16(data, at));
    this.#dport.set(row, u16(data, at + 2));
    this.#len.set(row, length);
    this.#csum.set(row, u16(data, at + 6));
    // A jumbogram says 0 (RFC 2675, 4). Behind the length that is said stands nothing of the datagram.
    const dataEnd = length !== 0 && at + length < end ? at + length : end;
    setPayload(this.#payload, row, at + HEADER_LENGTH, dataEnd);
  }
}

/** Fills the `sctp.*` keys from the common header (RFC 9260, 3.1). */
export class SctpDecoder {
  readonly #sport: NumberColumn;
  readonly #dport: NumberColumn;
  readonly #csum: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#sport = columns.numbers(sctp.sport);
    this.#dport = columns.numbers(sctp.dport);
    this.#csum = columns.numbers(sctp.csum);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < 12) return;
    this.#sport.set(row, u16(data, at));
    this.#dport.set(row, u16(data, at + 2));
    this.#csum.set(row, u32(data, at + 8));
  }
}

/** Fills `ahesp.spi`, which stands at a different place in each header. */
export class IpsecDecoder {
  readonly #spi: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#spi = columns.numbers(spi);
  }

  /** ESP (RFC 4303, 2): the SPI comes first. Its sequence number must be there as well. */
  decodeEsp(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at >= 8) this.#spi.set(row, u32(data, at));
  }

  /** AH (RFC 4302, 2): the SPI follows next header, length and two reserved bytes. */
  decodeAh(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at >= 12) this.#spi.set(row, u32(data, at + 4));
  }
}
