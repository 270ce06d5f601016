import { type HashSeed, halfSipHash } from './half-sip-hash.ts';

const NONE = -1;

/**
 * A bounded table from byte keys to slots 0 … `capacity` − 1. What belongs to a key its user keeps
 * in arrays of its own, indexed by slot. When the table is full, the least recently used key goes.
 *
 * All memory is taken when the table is made: per slot `maxKeyLength` and 22 to 26 bytes; nothing is
 * allocated afterwards. The hash is seeded, so that a sender cannot choose keys that all fall into
 * one bucket.
 */
export class LruTable {
  readonly capacity: number;
  /** The longest key that it takes, in bytes. */
  readonly maxKeyLength: number;
  #size = 0;
  #evictions = 0;
  readonly #seed: HashSeed;
  readonly #keys: Uint8Array;
  readonly #lengths: Uint16Array;
  /** First slot of each bucket's chain; `#next` links the rest, and the free slots. */
  readonly #buckets: Int32Array;
  readonly #next: Int32Array;
  readonly #hashes: Int32Array;
  /** Doubly linked from the least recently used slot to the most recently used one. */
  readonly #newer: Int32Array;
  readonly #older: Int32Array;
  #oldest = NONE;
  #newest = NONE;
  #free = NONE;
  /** Slots from here on have never been used: their memory need not exist yet. */
  #untouched = 0;

  /**
   * @param capacity slots, 1 … 2^24
   * @param maxKeyLength bytes, 0 … 65535
   * @param seed random unless a test needs to know it
   * @throws RangeError
   */
  constructor(capacity: number, maxKeyLength: number, seed: HashSeed = randomSeed()) {
    if (!(Number.isInteger(capacity) && capacity >= 1 && capacity <= 2 ** 24)) {
      throw new RangeError(`a table of ${capacity} slots: 1 to ${2 ** 24} are possible`);
    }
    if (!(Number.isInteger(maxKeyLength) && maxKeyLength >= 0 && maxKeyLength <= 0xffff)) {
      throw new RangeError(`keys of ${maxKeyLength} bytes: 0 to 65535 are possible`);
    }
    this.capacity = capacity;
    this.maxKeyLength = maxKeyLength;
    this.#seed = seed;
    this.#keys = new Uint8Array(capacity * maxKeyLength);
    this.#lengths = new Uint16Array(capacity);
    this.#buckets = new Int32Array(2 ** Math.ceil(Math.log2(capacity))).fill(NONE);
    this.#next = new Int32Array(capacity);
    this.#hashes = new Int32Array(capacity);
    this.#newer = new Int32Array(capacity);
    this.#older = new Int32Array(capacity);
  }

  /** Keys in the table now. */
  get size(): number {
    return this.#size;
  }

  /** Keys that `insert` has thrown out to make room, since the table was made. */
  get evictions(): number {
    return this.#evictions;
  }

  /**
   * Looks up the first `length` bytes of `key`, which become the most recently used key.
   * @returns the key's slot, or −1
   */
  find(key: Uint8Array, length: number): number {
    const hash = halfSipHash(this.#seed, key, length);
    for (let slot = this.#chain(hash); slot !== NONE; slot = this.#next[slot] as number) {
      if (this.#hashes[slot] === hash && this.#holds(slot, key, length)) {
        if (slot !== this.#newest) {
          this.#unlinkUse(slot);
          this.#linkNewest(slot);
        }
        return slot;
      }
    }
    return NONE;
  }

  /**
   * Adds the first `length` bytes of `key` (≤ `maxKeyLength`), which must not be in the table, as
   * the most recently used key. A full table first drops its oldest one.
   * @returns the key's slot; what its user kept there belonged to another key
   */
  insert(key: Uint8Array, length: number): number {
    const slot = this.#takeSlot();
    const hash = halfSipHash(this.#seed, key, length);
    const start = slot * this.maxKeyLength;
    for (let i = 0; i < length; i++) this.#keys[start + i] = key[i] as number;
    this.#lengths[slot] = length;
    this.#hashes[slot] = hash;
    this.#next[slot] = this.#chain(hash);
    this.#buckets[this.#bucket(hash)] = slot;
    this.#linkNewest(slot);
    this.#size++;
    return slot;
  }

  /** Forgets the key of a slot in use. */
  remove(slot: number): void {
    this.#unlinkChain(slot);
    this.#unlinkUse(slot);
    this.#next[slot] = this.#free;
    this.#free = slot;
    this.#size--;
  }

  /** Forgets every key. */
  clear(): void {
    this.#buckets.fill(NONE);
    this.#oldest = NONE;
    this.#newest = NONE;
    this.#free = NONE;
    this.#untouched = 0;
    this.#size = 0;
  }

  /** The slot of the least recently used key; −1 in an empty table. */
  oldest(): number {
    return this.#oldest;
  }

  /** The slot of the key that was used next after that of `slot`; −1 after the most recent one. */
  newerThan(slot: number): number {
    return this.#newer[slot] as number;
  }

  #takeSlot(): number {
    if (this.#size === this.capacity) {
      this.#evictions++;
      this.remove(this.#oldest);
    }
    if (this.#free === NONE) return this.#untouched++;
    const slot = this.#free;
    this.#free = this.#next[slot] as number;
    return slot;
  }

  #bucket(hash: number): number {
    return hash & (this.#buckets.length - 1);
  }

  #chain(hash: number): number {
    return this.#buckets[this.#bucket(hash)] as number;
  }

  #holds(slot: number, key: Uint8Array, length: number): boolean {
    if (this.#lengths[slot] !== length) return false;
    const start = slot * this.maxKeyLength;
    for (let i = 0; i < length; i++) {
      if (this.#keys[start + i] !== key[i]) return false;
    }
    return true;
  }

  #unlinkChain(slot: number): void {
    const bucket = this.#bucket(this.#hashes[slot] as number);
    const next = this.#next[slot] as number;
    let before = this.#buckets[bucket] as number;
    if (before === slot) {
      this.#buckets[bucket] = next;
      return;
    }
    while (this.#next[before] !== slot) before = this.#next[before] as number;
    this.#next[before] = next;
  }

  #unlinkUse(slot: number): void {
    const newer = this.#newer[slot] as number;
    const older = this.#older[slot] as number;
    if (older === NONE) this.#oldest = newer;
    else this.#newer[older] = newer;
    if (newer === NONE) this.#newest = older;
    else this.#older[newer] = older;
  }

  #linkNewest(slot: number): void {
    this.#newer[slot] = NONE;
    this.#older[slot] = this.#newest;
    if (this.#newest === NONE) this.#oldest = slot;
    else this.#newer[this.#newest] = slot;
    this.#newest = slot;
  }
}

function randomSeed(): HashSeed {
  const [k0 = 0, k1 = 0] = crypto.getRandomValues(new Uint32Array(2));
  return { k0, k1 };
}
