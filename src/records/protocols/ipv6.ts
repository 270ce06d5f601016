import { u8, u16, u32 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { ipKeys } from './ip.ts';
import { IpProtocol } from './ip-protocol.ts';
import type { L4Decoder } from './l4.ts';

const keys = {
  payloadlen: key('ip6.payloadlen', 'u16', 'length of everything behind the fixed header, as sent'),
  priority: key('ip6.priority', 'u8', 'traffic class: DSCP and ECN'),
  flowlabel: key('ip6.flowlabel', 'u32', 'flow label, 20 bits'),
  hoplimit: key('ip6.hoplimit', 'u8', 'hop limit'),
  nexthdr: key(
    'ip6.nexthdr',
    'u8',
    'last next-header value: the protocol behind the extension headers',
  ),
  firsthdr: key('ip6.firsthdr', 'u8', "the fixed header's own next-header value"),
  exthdrs: key('ip6.exthdrs', 'u8', 'number of extension headers walked over'),
  fragoff: key('ip6.fragoff', 'u16', 'offset of a fragment in bytes'),
  fragid: key('ip6.fragid', 'u32', 'identification of a fragment'),
};

export const ipv6Keys = Object.values(keys);

const HEADER_LENGTH = 40;

/**
 * More extension headers than any real packet has. The walk ends anyway at the end of the capture,
 * 8 bytes further at every step; the bound keeps a 64 KiB packet of nothing but extension headers
 * from costing thousands of steps.
 */
const MAX_EXTENSION_HEADERS = 16;

/**
 * Fills the IPv6 header's keys (RFC 8200), walks the extension headers and hands on what is behind
 * them. AH counts as an extension header (its SPI is set on the way); ESP ends the walk, because
 * what follows is encrypted.
 */
export class Ipv6Decoder {
  readonly #saddr: BytesColumn;
  readonly #daddr: BytesColumn;
  readonly #protocol: NumberColumn;
  readonly #payloadlen: NumberColumn;
  readonly #priority: NumberColumn;
  readonly #flowlabel: NumberColumn;
  readonly #hoplimit: NumberColumn;
  readonly #nexthdr: NumberColumn;
  readonly #firsthdr: NumberColumn;
  readonly #exthdrs: NumberColumn;
  readonly #fragoff: NumberColumn;
  readonly #fragid: NumberColumn;
  readonly #l4: L4Decoder;

  constructor(columns: ColumnSet, l4: L4Decoder) {
    this.#l4 = l4;
    this.#saddr = columns.bytes(ipKeys.saddr);
    this.#daddr = columns.bytes(ipKeys.daddr);
    this.#protocol = columns.numbers(ipKeys.protocol);
    this.#payloadlen = columns.numbers(keys.payloadlen);
    this.#priority = columns.numbers(keys.priority);
    this.#flowlabel = columns.numbers(keys.flowlabel);
    this.#hoplimit = columns.numbers(keys.hoplimit);
    this.#nexthdr = columns.numbers(keys.nexthdr);
    this.#firsthdr = columns.numbers(keys.firsthdr);
    this.#exthdrs = columns.numbers(keys.exthdrs);
    this.#fragoff = columns.numbers(keys.fragoff);
    this.#fragid = columns.numbers(keys.fragid);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < HEADER_LENGTH) return;
    const start = u32(data, at);
    if (start >>> 28 !== 6) return;
    const payloadLength = u16(data, at + 4);
    this.#priority.set(row, (start >>> 20) & 0xff);
    this.#flowlabel.set(row, start & 0xfffff);
    this.#payloadlen.set(row, payloadLength);
    this.#firsthdr.set(row, u8(data, at + 6));
    this.#hoplimit.set(row, u8(data, at + 7));
    this.#saddr.set(row, at + 8, 16);
    this.#daddr.set(row, at + 24, 16);
    // A payload length of 0 with data behind it is a jumbogram (RFC 2675) or a BIG TCP aggregate.
    const packetEnd = at + HEADER_LENGTH + payloadLength;
    const bounded = payloadLength !== 0 && packetEnd < end ? packetEnd : end;
    this.#walk(row, u8(data, at + 6), data, at + HEADER_LENGTH, bounded);
  }

  #walk(row: number, first: number, data: Uint8Array, start: number, end: number): void {
    let header = first;
    let at = start;
    let walked = 0;
    let laterFragment = false;
    while (walked < MAX_EXTENSION_HEADERS && isExtension(header) && end - at >= 8) {
      // Before its length is checked: the SPI counts even if the check value is cut off, as in IPv4.
      if (header === IpProtocol.AH) this.#l4.decode(row, header, data, at, end);
      const length = extensionLength(header, u8(data, at + 1));
      if (end - at < length) break;
      if (header === IpProtocol.FRAGMENT) {
        const offset = u16(data, at + 2) & 0xfff8;
        this.#fragoff.set(row, offset);
        this.#fragid.set(row, u32(data, at + 4));
        laterFragment = offset !== 0;
      }
      header = u8(data, at);
      at += length;
      walked++;
      if (laterFragment) break;
    }
    this.#exthdrs.set(row, walked);
    this.#nexthdr.set(row, header);
    this.#protocol.set(row, header);
    if (!laterFragment && !isExtension(header)) this.#l4.decode(row, header, data, at, end);
  }
}

/**
 * The headers that the kernel walks over (ipv6_ext_hdr() in net/ipv6/exthdrs_core.c), so that
 * `ip.protocol` is what a rule's `meta l4proto` matches. Mobility and HIP messages are therefore
 * protocols of their own: walked over, they would all be "no next header".
 */
function isExtension(header: number): boolean {
  switch (header) {
    case IpProtocol.HOPOPTS:
    case IpProtocol.ROUTING:
    case IpProtocol.FRAGMENT:
    case IpProtocol.DSTOPTS:
    case IpProtocol.AH:
      return true;
    default:
      return false;
  }
}

/** Bytes of an extension header, from its second byte (RFC 8200, 4; RFC 4302, 2.2 for AH). */
function extensionLength(header: number, lengthField: number): number {
  if (header === IpProtocol.FRAGMENT) return 8;
  if (header === IpProtocol.AH) return (lengthField + 2) * 4;
  return (lengthField + 1) * 8;
}
