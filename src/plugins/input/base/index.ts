import type { Batch } from '../../../records/batch.ts';
import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { PacketDecoder, packetKeys } from '../../../records/protocols/packet.ts';
import { defineInput, defineOptions, type InputInstance, type LinkNames } from '../../api.ts';
import { AddressTexts, addressTextKeys, addressTextReads } from './address-texts.ts';
import { LinkNameDecoder, linkNameKeys, linkNameReads } from './link-names.ts';
import { MacTexts, macTextKeys, macTextReads } from './mac-texts.ts';

class Base implements InputInstance {
  readonly #packet: BytesColumn;
  readonly #family: NumberColumn;
  readonly #protocol: NumberColumn;
  readonly #vlanProto: NumberColumn;
  readonly #vlanTci: NumberColumn;
  readonly #decoder: PacketDecoder | undefined;
  readonly #links: LinkNameDecoder;
  readonly #addresses: AddressTexts;
  readonly #macs: MacTexts;

  constructor(columns: ColumnSet, links: LinkNames) {
    this.#packet = columns.readBytes('raw.pkt');
    this.#family = columns.readNumbers('oob.family');
    this.#protocol = columns.readNumbers('oob.protocol');
    this.#vlanProto = columns.readNumbers('oob.vlan.proto');
    this.#vlanTci = columns.readNumbers('oob.vlan.tci');
    const wanted = packetKeys.some((key) => columns.isRead(key.name));
    this.#decoder = wanted ? new PacketDecoder(columns) : undefined;
    this.#links = new LinkNameDecoder(columns, links);
    this.#addresses = new AddressTexts(columns);
    this.#macs = new MacTexts(columns);
  }

  fill(batch: Batch): void {
    if (this.#decoder) this.#decode(batch.count, this.#decoder);
    this.#links.fill(batch.count);
    this.#addresses.fill(batch.count);
    this.#macs.fill(batch.count);
  }

  #decode(rows: number, decoder: PacketDecoder): void {
    const packet = this.#packet;
    const data = packet.data;
    for (let row = 0; row < rows; row++) {
      decoder.begin(row);
      if (this.#vlanTci.has(row)) {
        decoder.addTag(row, this.#vlanProto.get(row), this.#vlanTci.get(row));
      }
      if (!packet.has(row)) continue;
      const at = packet.offset(row);
      const end = at + packet.length(row);
      const protocol = this.#protocol.has(row) ? this.#protocol.get(row) : 0;
      decoder.decode(row, this.#family.get(row), protocol, data, at, end);
    }
  }
}

/** Decodes link layer, IP and transport headers, and turns numbers into names and texts. */
export const base = defineInput({
  kind: 'input',
  name: 'BASE',
  summary: 'decodes Ethernet, VLAN, ARP, IPv4, IPv6, TCP, UDP, SCTP, ICMP, AH and ESP headers',
  options: defineOptions({}),
  reads: [
    { name: 'raw.pkt', required: true },
    { name: 'oob.family', required: true },
    { name: 'oob.protocol' },
    { name: 'oob.vlan.proto' },
    { name: 'oob.vlan.tci' },
    ...linkNameReads,
    ...addressTextReads,
    ...macTextReads,
  ],
  provides: [...packetKeys, ...linkNameKeys, ...addressTextKeys, ...macTextKeys],
  open: (context) => new Base(context.columns, context.host.links),
});
