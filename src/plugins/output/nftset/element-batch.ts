import { LruTable } from '../../../records/lru-table.ts';

/** The elements of one batch of rows, each of them once. */
export class ElementBatch {
  /** The elements' keys, one behind the other. */
  readonly keys: Uint8Array;
  /** For each element the rows that it stands for. */
  readonly rows: Uint32Array;
  /** Elements. */
  count = 0;
  /** Rows of all of them. */
  total = 0;
  readonly #keyLength: number;
  readonly #slots: LruTable;

  /** @param capacity rows of a batch at most */
  constructor(capacity: number, keyLength: number) {
    this.keys = new Uint8Array(capacity * keyLength);
    this.rows = new Uint32Array(capacity);
    this.#keyLength = keyLength;
    this.#slots = new LruTable(capacity, keyLength);
  }

  /** Takes the element of a row; false when another row of the batch has it already. */
  add(key: Uint8Array): boolean {
    this.total++;
    const known = this.#slots.find(key, this.#keyLength);
    if (known >= 0) {
      this.rows[known] = (this.rows[known] as number) + 1;
      return false;
    }
    // A cleared table that never overflows gives its slots in order: they are the elements' indexes.
    const slot = this.#slots.insert(key, this.#keyLength);
    const at = slot * this.#keyLength;
    for (let k = 0; k < this.#keyLength; k++) this.keys[at + k] = key[k] as number;
    this.rows[slot] = 1;
    this.count = slot + 1;
    return true;
  }

  clear(): void {
    if (this.count === 0) return;
    this.#slots.clear();
    this.count = 0;
    this.total = 0;
  }
}
