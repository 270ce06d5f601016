import type { NumberColumn } from '../column.ts';
import type { ColumnSet } from '../column-set.ts';
import { key } from '../key.ts';

const keys = {
  id: key('vlan.id', 'u16', 'VLAN identifier of the outermost tag (IEEE 802.1Q)'),
  pcp: key('vlan.pcp', 'u8', 'priority code point of that tag, 0–7'),
  dei: key('vlan.dei', 'bool', 'drop eligible indicator of that tag'),
  proto: key(
    'vlan.proto',
    'u16',
    "the tag's own Ethernet type: 0x8100, or 0x88a8 for a service tag",
  ),
  inner: key('vlan.inner', 'u16', 'VLAN identifier of a second tag (QinQ)'),
};

export const vlanKeys = Object.values(keys);

/** Fills the `vlan.*` keys from tags, wherever they were found, outermost first. */
export class VlanDecoder {
  readonly #id: NumberColumn;
  readonly #pcp: NumberColumn;
  readonly #dei: NumberColumn;
  readonly #proto: NumberColumn;
  readonly #inner: NumberColumn;
  /** How many tags each row has had so far. */
  readonly #tags: Uint8Array;

  constructor(columns: ColumnSet) {
    this.#id = columns.numbers(keys.id);
    this.#pcp = columns.numbers(keys.pcp);
    this.#dei = columns.numbers(keys.dei);
    this.#proto = columns.numbers(keys.proto);
    this.#inner = columns.numbers(keys.inner);
    this.#tags = new Uint8Array(columns.capacity);
  }

  /** Forgets the tags of a row that is about to be decoded. */
  begin(row: number): void {
    this.#tags[row] = 0;
  }

  /** @param tci tag control information: 3 bits PCP, 1 bit DEI, 12 bits identifier. */
  add(row: number, proto: number, tci: number): void {
    const before = this.#tags[row] as number;
    this.#tags[row] = before + 1;
    if (before === 0) {
      this.#proto.set(row, proto);
      this.#pcp.set(row, tci >> 13);
      this.#dei.set(row, (tci >> 12) & 1);
      this.#id.set(row, tci & 0xfff);
    } else if (before === 1) {
      this.#inner.set(row, tci & 0xfff);
    }
  }
}
