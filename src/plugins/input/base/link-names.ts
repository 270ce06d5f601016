import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { key } from '../../../records/key.ts';
import type { KeyUse, LinkNames } from '../../api.ts';

const pairs = [
  ['oob.ifindex_in', key('oob.in', 'string', 'interface that the packet came in by')],
  ['oob.ifindex_out', key('oob.out', 'string', 'interface that the packet goes out by')],
  ['oob.ifindex_physin', key('oob.physin', 'string', 'bridge port that the packet came in by')],
  ['oob.ifindex_physout', key('oob.physout', 'string', 'bridge port that it goes out by')],
] as const;

export const linkNameKeys = pairs.map(([, name]) => name);
export const linkNameReads: readonly KeyUse[] = pairs.map(([name, text]) => ({
  name,
  for: [text.name],
}));

/** Longest name: IFNAMSIZ less the terminating NUL. */
const MAX_NAME = 15;

interface NameColumn {
  readonly index: NumberColumn;
  readonly name: BytesColumn;
}

/**
 * Fills interface names from indexes. The bytes of every name met are kept once, and rows refer to
 * them; they are collected anew when an interface was added, removed or renamed.
 */
export class LinkNameDecoder {
  readonly #links: LinkNames;
  readonly #columns: readonly NameColumn[];
  readonly #storage: Uint8Array;
  readonly #offsets = new Map<number, number>();
  readonly #lengths = new Map<number, number>();
  #used = 0;
  #revision = -1;

  constructor(columns: ColumnSet, links: LinkNames) {
    this.#links = links;
    // Twice what the names of one batch can need: so a batch never runs out of room.
    this.#storage = new Uint8Array(2 * columns.capacity * pairs.length * MAX_NAME);
    this.#columns = pairs
      .filter(([, name]) => columns.isRead(name.name))
      .map(([index, name]) => ({ index: columns.readNumbers(index), name: columns.bytes(name) }));
    for (const { name } of this.#columns) name.ownData(this.#storage);
  }

  fill(rows: number): void {
    if (this.#columns.length === 0) return;
    const full = this.#used > this.#storage.length / 2;
    if (full || this.#revision !== this.#links.revision) this.#forget();
    for (const { index, name } of this.#columns) {
      for (let row = 0; row < rows; row++) {
        if (index.has(row)) this.#set(row, index.get(row), name);
      }
    }
  }

  #set(row: number, index: number, column: BytesColumn): void {
    const length = this.#lengths.get(index) ?? this.#learn(index);
    if (length !== 0) column.set(row, this.#offsets.get(index) ?? 0, length);
  }

  /** Looks an index up and returns the length of its name; 0 for none. */
  #learn(index: number): number {
    const name = this.#links.bytes(index)?.subarray(0, MAX_NAME);
    if (!name) return 0;
    this.#storage.set(name, this.#used);
    this.#offsets.set(index, this.#used);
    this.#lengths.set(index, name.length);
    this.#used += name.length;
    return name.length;
  }

  #forget(): void {
    this.#offsets.clear();
    this.#lengths.clear();
    this.#used = 0;
    this.#revision = this.#links.revision;
  }
}
