/**
 * A column holds one key's values for every row of a batch. Absent is not zero: `present[row]`
 * tells whether the row has the key at all. Columns are allocated once, when a block opens.
 *
 * Rows come from loops bounded by the batch, so indexing cannot leave the arrays: that is why the
 * getters may say `as number`.
 */
abstract class PresenceColumn {
  /** 1 where the row has the key. */
  readonly present: Uint8Array;

  constructor(capacity: number) {
    this.present = new Uint8Array(capacity);
  }

  has(row: number): boolean {
    return this.present[row] === 1;
  }

  /** Forgets the first `rows` rows. */
  clear(rows: number): void {
    this.present.fill(0, 0, rows);
  }
}

/** Stores `bool`, `u8`, `u16` and `u32` keys. */
export class NumberColumn extends PresenceColumn {
  readonly values: Uint32Array;

  constructor(capacity: number) {
    super(capacity);
    this.values = new Uint32Array(capacity);
  }

  set(row: number, value: number): void {
    this.values[row] = value;
    this.present[row] = 1;
  }

  /** The row's value; meaningless unless `has(row)`. */
  get(row: number): number {
    return this.values[row] as number;
  }
}

/** Stores `u64` keys as two halves, so that no BigInt is allocated for each row. */
export class WideColumn extends PresenceColumn {
  readonly high: Uint32Array;
  readonly low: Uint32Array;

  constructor(capacity: number) {
    super(capacity);
    this.high = new Uint32Array(capacity);
    this.low = new Uint32Array(capacity);
  }

  set(row: number, high: number, low: number): void {
    this.high[row] = high;
    this.low[row] = low;
    this.present[row] = 1;
  }
}

/**
 * Stores `ip`, `mac`, `string` and `bytes` keys as references (offset, length) into `data`.
 *
 * `data` is the source's receive buffer (set anew for each batch) unless the plugin that fills the
 * column brought storage of its own with `ownData`.
 */
export class BytesColumn extends PresenceColumn {
  readonly offsets: Uint32Array;
  readonly lengths: Uint32Array;
  data: Uint8Array = new Uint8Array(0);
  #ownsData = false;

  constructor(capacity: number) {
    super(capacity);
    this.offsets = new Uint32Array(capacity);
    this.lengths = new Uint32Array(capacity);
  }

  /** Makes `data` the storage that offsets refer to from now on, whatever the source receives. */
  ownData(data: Uint8Array): void {
    this.data = data;
    this.#ownsData = true;
  }

  /** Called for each batch with the buffer that the source received into. */
  follow(received: Uint8Array): void {
    if (!this.#ownsData) this.data = received;
  }

  set(row: number, offset: number, length: number): void {
    this.offsets[row] = offset;
    this.lengths[row] = length;
    this.present[row] = 1;
  }

  offset(row: number): number {
    return this.offsets[row] as number;
  }

  length(row: number): number {
    return this.lengths[row] as number;
  }
}

export type Column = NumberColumn | WideColumn | BytesColumn;
