import type { BytesColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { type Key, key } from '../../../records/key.ts';
import type { KeyUse } from '../../api.ts';
import { AddressText } from './text-column.ts';

/** Outputs of all keys write addresses as text themselves. */
const textKey = (name: string, help: string): Key => ({
  ...key(name, 'string', help),
  onlyByName: true,
});

const pairs: readonly (readonly [address: string, text: Key])[] = [
  ['ip.saddr', textKey('ip.saddr.str', 'source address as text')],
  ['ip.daddr', textKey('ip.daddr.str', 'destination address as text')],
  ['arp.saddr', textKey('arp.saddr.str', "ARP sender's protocol address as text")],
  ['arp.daddr', textKey('arp.daddr.str', "ARP target's protocol address as text")],
];

export const addressTextKeys = pairs.map(([, text]) => text);
/** The keys that the texts are made from. */
export const addressTextReads: readonly KeyUse[] = pairs.map(([name, text]) => ({
  name,
  for: [text.name],
}));

/** Fills the text forms of addresses (ulogd2's IP2STR) from the columns with their bytes. */
export class AddressTexts {
  readonly #pairs: readonly { readonly address: BytesColumn; readonly text: AddressText }[];

  constructor(columns: ColumnSet) {
    this.#pairs = pairs
      .filter(([, text]) => columns.isRead(text.name))
      .map(([address, text]) => ({
        address: columns.readBytes(address),
        text: new AddressText(columns, text),
      }));
  }

  fill(rows: number): void {
    for (const { address, text } of this.#pairs) {
      for (let row = 0; row < rows; row++) {
        if (address.has(row)) {
          text.set(row, address.data, address.offset(row), address.length(row));
        }
      }
    }
  }
}
