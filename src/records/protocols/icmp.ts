import { u8, u16, u32 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { OriginalPacketDecoder } from './icmp-original.ts';

const icmp = {
  type: key('icmp.type', 'u8', 'type (IANA icmp-parameters)'),
  code: key('icmp.code', 'u8', 'code'),
  echoid: key('icmp.echoid', 'u16', 'identifier of an echo request or reply'),
  echoseq: key('icmp.echoseq', 'u16', 'sequence number of an echo request or reply'),
  gateway: key('icmp.gateway', 'ip', 'the better gateway, in a redirect'),
  pointer: key('icmp.pointer', 'u8', 'offset of the byte in error, in a parameter problem'),
  fragmtu: key('icmp.fragmtu', 'u16', 'next-hop MTU, in fragmentation needed (RFC 1191)'),
  csum: key('icmp.csum', 'u16', 'checksum as sent'),
};
const icmpv6 = {
  type: key('icmpv6.type', 'u8', 'type (IANA icmpv6-parameters)'),
  code: key('icmpv6.code', 'u8', 'code'),
  echoid: key('icmpv6.echoid', 'u16', 'identifier of an echo request or reply'),
  echoseq: key('icmpv6.echoseq', 'u16', 'sequence number of an echo request or reply'),
  mtu: key('icmpv6.mtu', 'u32', 'next-hop MTU, in packet too big (RFC 4443, 3.2)'),
  csum: key('icmpv6.csum', 'u16', 'checksum as sent'),
};

export const icmpKeys = Object.values(icmp);
export const icmpv6Keys = Object.values(icmpv6);

const HEADER_LENGTH = 8;

/** Types of RFC 792. */
const Type = {
  ECHO_REPLY: 0,
  UNREACHABLE: 3,
  QUENCH: 4,
  REDIRECT: 5,
  ECHO: 8,
  TIME_EXCEEDED: 11,
  PARAMETER: 12,
};
const CODE_FRAGMENTATION_NEEDED = 4;

/** Fills the `icmp.*` keys; which of them a packet has depends on its type, never on its code. */
export class IcmpDecoder {
  readonly #type: NumberColumn;
  readonly #code: NumberColumn;
  readonly #echoid: NumberColumn;
  readonly #echoseq: NumberColumn;
  readonly #gateway: BytesColumn;
  readonly #pointer: NumberColumn;
  readonly #fragmtu: NumberColumn;
  readonly #csum: NumberColumn;
  readonly #original: OriginalPacketDecoder;

  constructor(columns: ColumnSet) {
    this.#type = columns.numbers(icmp.type);
    this.#code = columns.numbers(icmp.code);
    this.#echoid = columns.numbers(icmp.echoid);
    this.#echoseq = columns.numbers(icmp.echoseq);
    this.#gateway = columns.bytes(icmp.gateway);
    this.#pointer = columns.numbers(icmp.pointer);
    this.#fragmtu = columns.numbers(icmp.fragmtu);
    this.#csum = columns.numbers(icmp.csum);
    this.#original = new OriginalPacketDecoder(columns);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < HEADER_LENGTH) return;
    const type = u8(data, at);
    const code = u8(data, at + 1);
    this.#type.set(row, type);
    this.#code.set(row, code);
    this.#csum.set(row, u16(data, at + 2));
    switch (type) {
      case Type.ECHO:
      case Type.ECHO_REPLY:
        this.#echoid.set(row, u16(data, at + 4));
        this.#echoseq.set(row, u16(data, at + 6));
        return;
      case Type.REDIRECT:
        this.#gateway.set(row, at + 4, 4);
        break;
      case Type.PARAMETER:
        this.#pointer.set(row, u8(data, at + 4));
        break;
      case Type.UNREACHABLE:
        if (code === CODE_FRAGMENTATION_NEEDED) this.#fragmtu.set(row, u16(data, at + 6));
        break;
      case Type.QUENCH:
      case Type.TIME_EXCEEDED:
        break;
      default:
        return;
    }
    this.#original.decode(row, data, at + HEADER_LENGTH, end);
  }
}

/** Types of RFC 4443. */
const TypeV6 = { TOO_BIG: 2, LAST_ERROR: 127, ECHO: 128, ECHO_REPLY: 129 };

/** Fills the `icmpv6.*` keys. */
export class Icmpv6Decoder {
  readonly #type: NumberColumn;
  readonly #code: NumberColumn;
  readonly #echoid: NumberColumn;
  readonly #echoseq: NumberColumn;
  readonly #mtu: NumberColumn;
  readonly #csum: NumberColumn;
  readonly #original: OriginalPacketDecoder;

  constructor(columns: ColumnSet) {
    this.#type = columns.numbers(icmpv6.type);
    this.#code = columns.numbers(icmpv6.code);
    this.#echoid = columns.numbers(icmpv6.echoid);
    this.#echoseq = columns.numbers(icmpv6.echoseq);
    this.#mtu = columns.numbers(icmpv6.mtu);
    this.#csum = columns.numbers(icmpv6.csum);
    this.#original = new OriginalPacketDecoder(columns);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    // Some messages of RFC 4443 are shorter than 8 bytes of use, but none is shorter than 8 bytes.
    if (end - at < HEADER_LENGTH) return;
    const type = u8(data, at);
    this.#type.set(row, type);
    this.#code.set(row, u8(data, at + 1));
    this.#csum.set(row, u16(data, at + 2));
    if (type === TypeV6.ECHO || type === TypeV6.ECHO_REPLY) {
      this.#echoid.set(row, u16(data, at + 4));
      this.#echoseq.set(row, u16(data, at + 6));
      return;
    }
    if (type > TypeV6.LAST_ERROR) return;
    if (type === TypeV6.TOO_BIG) {
      this.#mtu.set(row, u32(data, at + 4));
    }
    this.#original.decode(row, data, at + HEADER_LENGTH, end);
  }
}
