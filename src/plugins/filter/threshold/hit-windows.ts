import { LruTable } from '../../../records/lru-table.ts';

/** Bytes that one hit takes. */
export const HIT_SIZE = Float64Array.BYTES_PER_ELEMENT;

/** Expired keys looked for with each new one: more than one, so that they become fewer. */
const SWEEP = 2;

export interface HitWindowsOptions {
  /** Hits that make a key reach the threshold; at least 1. */
  readonly threshold: number;
  /** The most milliseconds from the first of those hits to the last. */
  readonly window: number;
  /** The most keys remembered. */
  readonly capacity: number;
  /** Bytes of the longest key. */
  readonly maxKeyLength: number;
  /** Milliseconds that never decrease: the time of the hit that is being counted. */
  readonly clock: { readonly now: number };
}

/**
 * For each key the times of its last `threshold` − 1 hits: with the hit that comes, exactly what it
 * takes to tell whether the threshold is reached. No hit is rounded into an interval.
 *
 * Because time never goes back, the order of the keys' last use is the order of their last hits:
 * keys whose hits have all expired are found at the table's old end.
 */
export class HitWindows {
  readonly #table: LruTable;
  readonly #clock: HitWindowsOptions['clock'];
  readonly #window: number;
  /** Hits that are kept for a key. */
  readonly #depth: number;
  /** A ring of `#depth` times for each slot. */
  readonly #times: Float64Array;
  /** Times in each ring. */
  readonly #filled: Uint16Array;
  /** Where in each ring the next time goes: in a full ring, where the oldest one is. */
  readonly #next: Uint16Array;

  constructor({ threshold, window, capacity, maxKeyLength, clock }: HitWindowsOptions) {
    this.#clock = clock;
    this.#table = new LruTable(capacity, maxKeyLength);
    this.#window = window;
    this.#depth = threshold - 1;
    this.#times = new Float64Array(capacity * this.#depth);
    this.#filled = new Uint16Array(capacity);
    this.#next = new Uint16Array(capacity);
  }

  /** Keys with hits, some of which may have expired. */
  get size(): number {
    return this.#table.size;
  }

  /** Keys with hits that still counted, forgotten because there were too many keys. */
  get evictions(): number {
    return this.#table.evictions;
  }

  /**
   * Counts a hit of the key in the first `length` bytes of `key`.
   * @returns whether it makes the key reach the threshold; its hits are then forgotten
   */
  hit(key: Uint8Array, length: number): boolean {
    if (this.#depth === 0) return true;
    const known = this.#table.find(key, length);
    const slot = known === -1 ? this.#insert(key, length) : known;
    const at = slot * this.#depth + (this.#next[slot] as number);
    if (this.#filled[slot] === this.#depth && this.#isCurrent(at)) {
      this.#table.remove(slot);
      return true;
    }
    this.#record(slot, at);
    return false;
  }

  /** Forgets all hits. */
  clear(): void {
    this.#table.clear();
  }

  #insert(key: Uint8Array, length: number): number {
    this.#sweep();
    const slot = this.#table.insert(key, length);
    this.#filled[slot] = 0;
    this.#next[slot] = 0;
    return slot;
  }

  #record(slot: number, at: number): void {
    this.#times[at] = this.#clock.now;
    const next = (this.#next[slot] as number) + 1;
    this.#next[slot] = next === this.#depth ? 0 : next;
    const filled = this.#filled[slot] as number;
    if (filled < this.#depth) this.#filled[slot] = filled + 1;
  }

  /** Forgets keys whose last hit has expired, lest a key that still counts be evicted for them. */
  #sweep(): void {
    for (let i = 0; i < SWEEP; i++) {
      const slot = this.#table.oldest();
      if (slot === -1 || this.#isCurrent(this.#lastHit(slot))) return;
      this.#table.remove(slot);
    }
  }

  /** Where the last hit of a slot in use is in `#times`. */
  #lastHit(slot: number): number {
    const next = this.#next[slot] as number;
    return slot * this.#depth + (next === 0 ? this.#depth : next) - 1;
  }

  #isCurrent(at: number): boolean {
    return this.#clock.now - (this.#times[at] as number) <= this.#window;
  }
}
