import { u8, u16 } from '../bytes.ts';
import type { BytesColumn, NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';

const keys = {
  hwtype: key('arp.hwtype', 'u16', 'hardware type; 1 = Ethernet'),
  protocoltype: key('arp.protocoltype', 'u16', 'protocol type, as an Ethernet type'),
  operation: key('arp.operation', 'u16', '1 = request, 2 = reply, 10 = NAK'),
  shwaddr: key('arp.shwaddr', 'mac', "sender's hardware address"),
  saddr: key('arp.saddr', 'ip', "sender's protocol address"),
  dhwaddr: key('arp.dhwaddr', 'mac', "target's hardware address"),
  daddr: key('arp.daddr', 'ip', "target's protocol address"),
};

export const arpKeys = Object.values(keys);

const FIXED_LENGTH = 8;

/**
 * Fills the `arp.*` keys (RFC 826). Address lengths are the packet's own; the protocol addresses
 * are only set when they are IPv4's four bytes.
 */
export class ArpDecoder {
  readonly #hwtype: NumberColumn;
  readonly #protocoltype: NumberColumn;
  readonly #operation: NumberColumn;
  readonly #shwaddr: BytesColumn;
  readonly #saddr: BytesColumn;
  readonly #dhwaddr: BytesColumn;
  readonly #daddr: BytesColumn;

  constructor(columns: ColumnSet) {
    this.#hwtype = columns.numbers(keys.hwtype);
    this.#protocoltype = columns.numbers(keys.protocoltype);
    this.#operation = columns.numbers(keys.operation);
    this.#shwaddr = columns.bytes(keys.shwaddr);
    this.#saddr = columns.bytes(keys.saddr);
    this.#dhwaddr = columns.bytes(keys.dhwaddr);
    this.#daddr = columns.bytes(keys.daddr);
  }

  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < FIXED_LENGTH) return;
    this.#hwtype.set(row, u16(data, at));
    this.#protocoltype.set(row, u16(data, at + 2));
    this.#operation.set(row, u16(data, at + 6));
    const hardwareLength = u8(data, at + 4);
    const protocolLength = u8(data, at + 5);
    const sender = at + FIXED_LENGTH;
    const target = sender + hardwareLength + protocolLength;
    if (target + hardwareLength + protocolLength > end) return;
    this.#shwaddr.set(row, sender, hardwareLength);
    this.#dhwaddr.set(row, target, hardwareLength);
    if (protocolLength !== 4) return;
    this.#saddr.set(row, sender + hardwareLength, 4);
    this.#daddr.set(row, target + hardwareLength, 4);
  }
}
