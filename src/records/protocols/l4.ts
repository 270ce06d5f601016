import type { ColumnSet } from '../column-set.ts';
import { IcmpDecoder, Icmpv6Decoder, icmpKeys, icmpv6Keys } from './icmp.ts';
import { originalPacketKeys } from './icmp-original.ts';
import { IpProtocol } from './ip-protocol.ts';
import { TcpDecoder, tcpKeys } from './tcp.ts';
import {
  IpsecDecoder,
  ipsecKeys,
  SctpDecoder,
  sctpKeys,
  UdpDecoder,
  udpKeys,
} from './transport.ts';

export const l4Keys = [
  ...tcpKeys,
  ...udpKeys,
  ...icmpKeys,
  ...icmpv6Keys,
  ...originalPacketKeys,
  ...ipsecKeys,
  ...sctpKeys,
];

/** What stands behind an IP header, by protocol number; the same for IPv4 and IPv6. */
export class L4Decoder {
  readonly #tcp: TcpDecoder;
  readonly #udp: UdpDecoder;
  readonly #icmp: IcmpDecoder;
  readonly #icmpv6: Icmpv6Decoder;
  readonly #sctp: SctpDecoder;
  readonly #ipsec: IpsecDecoder;

  constructor(columns: ColumnSet) {
    this.#tcp = new TcpDecoder(columns);
    this.#udp = new UdpDecoder(columns);
    this.#icmp = new IcmpDecoder(columns);
    this.#icmpv6 = new Icmpv6Decoder(columns);
    this.#sctp = new SctpDecoder(columns);
    this.#ipsec = new IpsecDecoder(columns);
  }

  /** Decodes `data[at … end − 1]`; a header cut off by the capture sets nothing. */
  decode(row: number, protocol: number, data: Uint8Array, at: number, end: number): void {
    switch (protocol) {
      case IpProtocol.TCP:
        this.#tcp.decode(row, data, at, end);
        break;
      case IpProtocol.UDP:
        this.#udp.decode(row, data, at, end);
        break;
      case IpProtocol.ICMP:
        this.#icmp.decode(row, data, at, end);
        break;
      case IpProtocol.ICMPV6:
        this.#icmpv6.decode(row, data, at, end);
        break;
      case IpProtocol.SCTP:
        this.#sctp.decode(row, data, at, end);
        break;
      case IpProtocol.ESP:
        this.#ipsec.decodeEsp(row, data, at, end);
        break;
      case IpProtocol.AH:
        this.#ipsec.decodeAh(row, data, at, end);
        break;
    }
  }
}
