import type { ColumnSet } from '../../../records/column-set.ts';
import { EtherType } from '../../../records/protocols/ip-protocol.ts';
import type { LinkLayer } from './link-layer.ts';
import { NetworkPacket } from './network-packet.ts';
import { PacketCopier } from './packet-copier.ts';

/** LINKTYPE_RAW: packets begin with an IPv4 or IPv6 header, whose version tells which. */
export class RawLink implements LinkLayer {
  static readonly reads = NetworkPacket.reads;

  readonly linkType = 101;
  readonly snaplen = 65_535;
  captured = 0;
  original = 0;
  readonly #packet: NetworkPacket;
  readonly #copier = new PacketCopier();

  constructor(columns: ColumnSet) {
    this.#packet = new NetworkPacket(columns);
  }

  look(row: number): boolean {
    const packet = this.#packet;
    if (!packet.look(row)) return false;
    const type = packet.innerType;
    if (type !== EtherType.IPV4 && type !== EtherType.IPV6) return false;
    this.captured = packet.captured - packet.tagsLength;
    this.original = packet.original - packet.tagsLength;
    return true;
  }

  write(out: DataView, at: number): void {
    const { data, offset, tagsLength } = this.#packet;
    this.#copier.copy(data, offset + tagsLength, this.captured, out, at);
  }
}
