import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { type Key, key } from '../../../records/key.ts';
import type { KeyUse } from '../../api.ts';
import { MacText } from './text-column.ts';

const keys = {
  saddr: key('mac.saddr.str', 'string', "sender's link-layer address as text"),
  daddr: key('mac.daddr.str', 'string', "receiver's Ethernet address as text"),
  // The text that outputs of all keys write for raw.mac.
  header: { ...key('mac.str', 'string', 'whole link-layer header as text'), onlyByName: true },
};

export const macTextKeys = Object.values(keys);
export const macTextReads: readonly KeyUse[] = ['raw.mac', 'raw.mac.saddr', 'raw.type'].map(
  (name) => ({ name, for: macTextKeys.map((key) => key.name) }),
);

/** linux/if_arp.h: the types of link layer whose header is Ethernet's. */
const ARPHRD_ETHER = 1;
const ARPHRD_LOOPBACK = 772;
const ETHERNET_HEADER = 14;
const ETHERNET_ADDRESS = 6;

/** Fills the text forms of link-layer addresses (ulogd2's HWHDR). */
export class MacTexts {
  readonly #active: boolean;
  readonly #header: BytesColumn;
  readonly #sender: BytesColumn;
  readonly #type: NumberColumn;
  readonly #saddrText: MacText | undefined;
  readonly #daddrText: MacText | undefined;
  readonly #headerText: MacText | undefined;

  constructor(columns: ColumnSet) {
    const textIfRead = (key: Key) =>
      columns.isRead(key.name) ? new MacText(columns, key) : undefined;
    this.#active = macTextKeys.some((key) => columns.isRead(key.name));
    this.#header = columns.readBytes('raw.mac');
    this.#sender = columns.readBytes('raw.mac.saddr');
    this.#type = columns.readNumbers('raw.type');
    this.#saddrText = textIfRead(keys.saddr);
    this.#daddrText = textIfRead(keys.daddr);
    this.#headerText = textIfRead(keys.header);
  }

  fill(rows: number): void {
    if (!this.#active) return;
    for (let row = 0; row < rows; row++) this.#fillRow(row);
  }

  #fillRow(row: number): void {
    const sender = this.#sender;
    if (sender.has(row)) {
      this.#saddrText?.set(row, sender.data, sender.offset(row), sender.length(row));
    }
    const header = this.#header;
    if (!header.has(row)) return;
    const offset = header.offset(row);
    this.#headerText?.set(row, header.data, offset, header.length(row));
    if (!this.#isEthernet(row) || header.length(row) < ETHERNET_HEADER) return;
    this.#daddrText?.set(row, header.data, offset, ETHERNET_ADDRESS);
    if (!sender.has(row)) {
      this.#saddrText?.set(row, header.data, offset + ETHERNET_ADDRESS, ETHERNET_ADDRESS);
    }
  }

  #isEthernet(row: number): boolean {
    if (!this.#type.has(row)) return false;
    const type = this.#type.get(row);
    return type === ARPHRD_ETHER || type === ARPHRD_LOOPBACK;
  }
}
