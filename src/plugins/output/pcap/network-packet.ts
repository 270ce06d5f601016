import { u16 } from '../../../records/bytes.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { EtherType, Family } from '../../../records/protocols/ip-protocol.ts';

/** QinQ needs two; anything deeper is an attack or a loop. */
const MAX_TAGS = 4;
const TAG_LENGTH = 4;

export const isTag = (type: number): boolean =>
  type === EtherType.VLAN || type === EtherType.SERVICE_VLAN;

/**
 * A row's packet from its network header on, and as much about it as a capture file has to say. Of
 * the packet itself it reads the fields that tell its length, so that no input has to decode it.
 */
export class NetworkPacket {
  static readonly reads = ['raw.pkt', 'oob.family', 'oob.protocol'] as const;

  /** Where the packet is. */
  data: Uint8Array = new Uint8Array(0);
  offset = 0;
  /** Bytes that were captured. */
  captured = 0;
  /** Bytes that the packet had on the wire: more than `captured` when the capture was cut short. */
  original = 0;
  /** The Ethernet type of what begins at `offset`. */
  etherType = 0;
  /** Whether the hook's family tells that type; otherwise it is what the frame says. */
  typeOfFamily = false;
  /** Bytes of VLAN tags that begin there. */
  tagsLength = 0;
  /** The Ethernet type behind those tags. */
  innerType = 0;

  readonly #packet: BytesColumn;
  readonly #family: NumberColumn;
  readonly #protocol: NumberColumn;

  constructor(columns: ColumnSet) {
    this.#packet = columns.readBytes('raw.pkt');
    this.#family = columns.readNumbers('oob.family');
    this.#protocol = columns.readNumbers('oob.protocol');
  }

  /** Looks at a row's packet; false when the row has none. */
  look(row: number): boolean {
    const packet = this.#packet;
    if (!packet.has(row)) return false;
    this.data = packet.data;
    this.offset = packet.offset(row);
    this.captured = packet.length(row);
    this.etherType = this.#etherTypeOf(row);
    this.tagsLength = 0;
    this.innerType = this.etherType;
    if (isTag(this.innerType)) this.#passTags();
    const length = this.tagsLength + this.#networkLength();
    this.original = Math.max(length, this.captured);
    return true;
  }

  #etherTypeOf(row: number): number {
    this.typeOfFamily = true;
    switch (this.#family.has(row) ? this.#family.get(row) : 0) {
      case Family.IPV4:
        return EtherType.IPV4;
      case Family.IPV6:
        return EtherType.IPV6;
      case Family.ARP:
        return EtherType.ARP;
      default: {
        this.typeOfFamily = false;
        const type = this.#protocol.has(row) ? this.#protocol.get(row) : 0;
        return type === 0 ? this.#typeByVersion() : type;
      }
    }
  }

  /** Raw sockets and tunnels may send packets whose Ethernet type was never set. */
  #typeByVersion(): number {
    const version = this.captured > 0 ? (this.data[this.offset] as number) >> 4 : 0;
    if (version === 4) return EtherType.IPV4;
    return version === 6 ? EtherType.IPV6 : 0;
  }

  #passTags(): void {
    const { data, offset, captured } = this;
    for (let tags = 0; tags < MAX_TAGS && isTag(this.innerType); tags++) {
      if (captured - this.tagsLength < TAG_LENGTH) return;
      this.innerType = u16(data, offset + this.tagsLength + 2);
      this.tagsLength += TAG_LENGTH;
    }
  }

  /** What the header behind the tags says; 0 where it does not. It may say anything. */
  #networkLength(): number {
    const { data } = this;
    const at = this.offset + this.tagsLength;
    const captured = this.captured - this.tagsLength;
    switch (this.innerType) {
      case EtherType.IPV4:
        return captured >= 4 ? u16(data, at + 2) : 0;
      case EtherType.IPV6:
        return captured >= 6 ? u16(data, at + 4) + 40 : 0;
      case EtherType.ARP:
        return captured >= 6 ? 8 + 2 * ((data[at + 4] as number) + (data[at + 5] as number)) : 0;
      default:
        return 0;
    }
  }
}
