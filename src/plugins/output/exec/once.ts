import type { ColumnSet } from '../../../records/column-set.ts';
import { LruTable } from '../../../records/lru-table.ts';
import { RowClock } from '../../../records/row-clock.ts';
import { columnsOf, RowKey } from '../../../records/row-key.ts';

/** Values that are remembered; beyond that the one not met for the longest time is forgotten. */
const CAPACITY = 65_536;
const ABSENT = -1;

export interface OnceOptions {
  readonly keys: readonly string[];
  /** Milliseconds. */
  readonly duration: number;
}

/** Keeps `execonce`: which values had a run within the time. The clock is that of the packets. */
export class Once {
  readonly #key: RowKey;
  readonly #table: LruTable;
  /** When each slot's value had its last run, by the clock. */
  readonly #times = new Float64Array(CAPACITY);
  readonly #duration: number;
  readonly #clock: RowClock;
  #length = ABSENT;

  constructor({ keys, duration }: OnceOptions, columns: ColumnSet) {
    this.#key = new RowKey(columnsOf(keys, columns));
    this.#table = new LruTable(CAPACITY, this.#key.maxLength);
    this.#duration = duration;
    this.#clock = new RowClock(columns);
  }

  /** Values forgotten before their time because there were too many. */
  get evictions(): number {
    return this.#table.evictions;
  }

  /** Whether the row may have a run, already had one in the time, or lacks one of the keys. */
  judge(row: number): 'due' | 'suppressed' | 'absent' {
    this.#clock.show(row);
    this.#length = this.#key.write(row);
    if (this.#length === ABSENT) return 'absent';
    const slot = this.#table.find(this.#key.bytes, this.#length);
    if (slot === -1) return 'due';
    return this.#clock.now - (this.#times[slot] as number) < this.#duration ? 'suppressed' : 'due';
  }

  /** Notes that the row judged last has its run. */
  note(): void {
    if (this.#length === ABSENT) return;
    const { bytes } = this.#key;
    const known = this.#table.find(bytes, this.#length);
    const slot = known === -1 ? this.#table.insert(bytes, this.#length) : known;
    this.#times[slot] = this.#clock.now;
  }
}
