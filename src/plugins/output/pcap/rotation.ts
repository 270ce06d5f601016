import type { FileStart } from './capture-file.ts';

/** When a file is full or old: undefined for never. */
export interface RotationLimits {
  /** Bytes. */
  readonly size: number | undefined;
  /** Milliseconds. */
  readonly age: number | undefined;
}

/** Tells when records have to go into a new file. Follows them as they are made, not as they are written. */
export class Rotation {
  /** Whether files are exchanged because of their age. */
  readonly byAge: boolean;
  readonly #maxSize: number;
  readonly #maxAge: number;
  /** Bytes of records so far, and of those before the file that records go to now. */
  #passed = 0;
  #start = 0;
  /** Bytes of that file. */
  #size = 0;
  #hasRecords = false;
  #born: number;

  /** @param now Unix time in ms, here as everywhere */
  constructor({ size, age }: RotationLimits, now: number) {
    this.#maxSize = size ?? Number.POSITIVE_INFINITY;
    this.#maxAge = age ?? Number.POSITIVE_INFINITY;
    this.byAge = age !== undefined;
    this.#born = now;
  }

  /** A file has been opened and gets the records from `passed` on. */
  began({ passed, size, hasRecords, born }: FileStart): void {
    // Records that are made now may go to a later file already.
    if (passed < this.#start) return;
    this.#start = passed;
    this.#size = size + this.#passed - passed;
    this.#hasRecords = hasRecords || this.#passed > passed;
    this.#born = born;
  }

  /** The records from now on go into a new file. */
  turned(now: number): void {
    this.#start = this.#passed;
    this.#size = 0;
    this.#hasRecords = false;
    this.#born = now;
  }

  /** Whether the file has no room for a record of so many bytes. One record it always has room for. */
  isFull(bytes: number): boolean {
    return this.#size + bytes > this.#maxSize && this.#hasRecords;
  }

  isOld(now: number): boolean {
    if (now - this.#born < this.#maxAge) return false;
    if (!this.#hasRecords) this.#born = now;
    return this.#hasRecords;
  }

  /** Notes a record. */
  add(bytes: number): void {
    this.#passed += bytes;
    this.#size += bytes;
    this.#hasRecords = true;
  }
}
