import { u16 } from '../../../records/bytes.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import type { LinkLayer } from './link-layer.ts';
import { isTag, NetworkPacket } from './network-packet.ts';
import { PacketCopier } from './packet-copier.ts';

/** ARPHRD_* (linux/if_arp.h): the loopback interface has Ethernet's header. */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;

/** Two addresses. */
const ADDRESSES_LENGTH = 12;
/** Two addresses and a type. */
const HEADER_LENGTH = 14;
const TAG_LENGTH = 4;

/**
 * LINKTYPE_ETHERNET. A packet that had no Ethernet header, or has none yet, gets one whose addresses
 * are zero; a VLAN tag that the kernel keeps beside the packet goes back to its place.
 */
export class EthernetLink implements LinkLayer {
  static readonly reads = [
    ...NetworkPacket.reads,
    'raw.type',
    'raw.mac',
    'oob.vlan.proto',
    'oob.vlan.tci',
  ] as const;

  readonly linkType = 1;
  readonly snaplen = 65_535 + HEADER_LENGTH + TAG_LENGTH;
  captured = 0;
  original = 0;
  readonly #packet: NetworkPacket;
  readonly #linkType: NumberColumn;
  readonly #header: BytesColumn;
  readonly #vlanProto: NumberColumn;
  readonly #vlanTci: NumberColumn;
  readonly #copier = new PacketCopier();
  #row = 0;
  /** Bytes of the row's own header up to its last type, which is not part of them; 0: none. */
  #ownLength = 0;
  /** Whether a tag goes between addresses and type. */
  #isTagged = false;

  constructor(columns: ColumnSet) {
    this.#packet = new NetworkPacket(columns);
    this.#linkType = columns.readNumbers('raw.type');
    this.#header = columns.readBytes('raw.mac');
    this.#vlanProto = columns.readNumbers('oob.vlan.proto');
    this.#vlanTci = columns.readNumbers('oob.vlan.tci');
  }

  look(row: number): boolean {
    const packet = this.#packet;
    if (!packet.look(row)) return false;
    this.#row = row;
    this.#ownLength = this.#ownHeaderLength(row);
    this.#isTagged = this.#vlanTci.has(row) && this.#vlanProto.has(row);
    const addresses = this.#ownLength === 0 ? ADDRESSES_LENGTH : this.#ownLength;
    const header = addresses + (this.#isTagged ? TAG_LENGTH : 0) + 2;
    this.captured = header + packet.captured;
    this.original = header + packet.original;
    return true;
  }

  write(out: DataView, start: number): void {
    const { data, offset, captured } = this.#packet;
    const at = this.#ownLength === 0 ? this.#makeHeader(out, start) : this.#copyHeader(out, start);
    this.#copier.copy(data, offset, captured, out, at);
  }

  /** Writes a header without addresses; returns the position behind it. */
  #makeHeader(out: DataView, at: number): number {
    out.setUint32(at, 0);
    out.setUint32(at + 4, 0);
    out.setUint32(at + 8, 0);
    const type = this.#writeTag(out, at + ADDRESSES_LENGTH);
    out.setUint16(type, this.#packet.etherType);
    return type + 2;
  }

  /** Writes the row's own header; returns the position behind it. */
  #copyHeader(out: DataView, at: number): number {
    const { data } = this.#header;
    const offset = this.#header.offset(this.#row);
    const own = this.#ownLength;
    this.#copier.copy(data, offset, ADDRESSES_LENGTH, out, at);
    const tags = this.#writeTag(out, at + ADDRESSES_LENGTH);
    const length = own - ADDRESSES_LENGTH;
    if (length > 0) this.#copier.copy(data, offset + ADDRESSES_LENGTH, length, out, tags);
    const { etherType, typeOfFamily } = this.#packet;
    // IEEE 802.3 frames have a length there.
    out.setUint16(tags + length, typeOfFamily ? etherType : u16(data, offset + own));
    return tags + length + 2;
  }

  #writeTag(out: DataView, at: number): number {
    if (!this.#isTagged) return at;
    out.setUint16(at, this.#vlanProto.get(this.#row));
    out.setUint16(at + 2, this.#vlanTci.get(this.#row));
    return at + TAG_LENGTH;
  }

  /**
   * The kernel hands over as many bytes as the interface's headers can have, which may be more than
   * the packet's own: how long that is follows from its types.
   */
  #ownHeaderLength(row: number): number {
    if (!this.#header.has(row) || this.#header.length(row) < HEADER_LENGTH) return 0;
    const { data } = this.#header;
    const offset = this.#header.offset(row);
    const end = this.#header.length(row);
    let at = ADDRESSES_LENGTH;
    while (isTag(u16(data, offset + at)) && at + TAG_LENGTH + 2 <= end) at += TAG_LENGTH;
    return this.#isEthernet(row, u16(data, offset + at)) ? at : 0;
  }

  /** Of a packet that leaves the kernel tells no type of link, even where it tells the header. */
  #isEthernet(row: number, ownType: number): boolean {
    if (!this.#linkType.has(row)) return ownType === this.#packet.etherType;
    const type = this.#linkType.get(row);
    return type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
  }
}
