import { u8, u16 } from '../bytes.ts';
import type { NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';
import { ArpDecoder, arpKeys } from './arp.ts';
import { ipKeys } from './ip.ts';
import { EtherType, Family } from './ip-protocol.ts';
import { Ipv4Decoder, ipv4Keys } from './ipv4.ts';
import { Ipv6Decoder, ipv6Keys } from './ipv6.ts';
import { L4Decoder, l4Keys } from './l4.ts';
import { VlanDecoder, vlanKeys } from './vlan.ts';

const ethertype = key('pkt.ethertype', 'u16', 'Ethernet type behind any VLAN tags of the payload');

/** Keys of everything that stands in the packet's own bytes. */
export const packetKeys = [
  ethertype,
  ...vlanKeys,
  ...Object.values(ipKeys),
  ...ipv4Keys,
  ...ipv6Keys,
  ...l4Keys,
  ...arpKeys,
];

/** QinQ needs two; anything deeper is an attack or a loop. */
const MAX_TAGS = 4;

/**
 * Decodes a packet from its network header on. A pure function of the captured bytes: it reads
 * none behind `end`, whatever the headers claim, and a header whose fixed part was not captured
 * whole sets no key.
 *
 * For every row: `begin`, `addTag` for each tag already taken off, `decode`.
 */
export class PacketDecoder {
  readonly #ethertype: NumberColumn;
  readonly #vlan: VlanDecoder;
  readonly #ipv4: Ipv4Decoder;
  readonly #ipv6: Ipv6Decoder;
  readonly #arp: ArpDecoder;

  constructor(columns: ColumnSet) {
    const l4 = new L4Decoder(columns);
    this.#ethertype = columns.numbers(ethertype);
    this.#vlan = new VlanDecoder(columns);
    this.#ipv4 = new Ipv4Decoder(columns, l4);
    this.#ipv6 = new Ipv6Decoder(columns, l4);
    this.#arp = new ArpDecoder(columns);
  }

  /**
   * Notes a VLAN tag that the network card or the kernel had already taken off the packet. To be
   * called before `decode`, whose tags then count as inner ones.
   */
  addTag(row: number, proto: number, tci: number): void {
    this.#vlan.add(row, proto, tci);
  }

  /** Forgets what an earlier batch left for the row. */
  begin(row: number): void {
    this.#vlan.begin(row);
  }

  /**
   * @param family nfgenmsg's family: NFPROTO_IPV4 … NFPROTO_BRIDGE, NFPROTO_NETDEV
   * @param protocol the Ethernet type that the kernel saw, needed for families that carry several
   */
  decode(
    row: number,
    family: number,
    protocol: number,
    data: Uint8Array,
    at: number,
    end: number,
  ): void {
    switch (family) {
      case Family.IPV4:
        this.#ipv4.decode(row, data, at, end);
        break;
      case Family.IPV6:
        this.#ipv6.decode(row, data, at, end);
        break;
      case Family.ARP:
        this.#arp.decode(row, data, at, end);
        break;
      default:
        this.#decodeByEtherType(row, protocol, data, at, end);
    }
  }

  #decodeByEtherType(
    row: number,
    protocol: number,
    data: Uint8Array,
    start: number,
    end: number,
  ): void {
    let type = protocol;
    let at = start;
    for (let tags = 0; isTag(type) && tags < MAX_TAGS && end - at >= 4; tags++) {
      this.#vlan.add(row, type, u16(data, at));
      type = u16(data, at + 2);
      at += 4;
    }
    this.#ethertype.set(row, type);
    switch (type) {
      case EtherType.IPV4:
        this.#ipv4.decode(row, data, at, end);
        break;
      case EtherType.IPV6:
        this.#ipv6.decode(row, data, at, end);
        break;
      case EtherType.ARP:
        this.#arp.decode(row, data, at, end);
        break;
      case 0:
        this.#decodeByVersion(row, data, at, end);
        break;
    }
  }

  /** `inet` chains may log a packet whose Ethernet type was never set (raw sockets, tunnels). */
  #decodeByVersion(row: number, data: Uint8Array, at: number, end: number): void {
    if (at >= end) return;
    const version = u8(data, at) >> 4;
    if (version === 4) this.#ipv4.decode(row, data, at, end);
    else if (version === 6) this.#ipv6.decode(row, data, at, end);
  }
}

const isTag = (type: number): boolean => type === EtherType.VLAN || type === EtherType.SERVICE_VLAN;
