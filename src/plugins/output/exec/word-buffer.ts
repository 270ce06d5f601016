import { SLACK } from '../../../records/text.ts';
import type { ValueBytes } from './value-bytes.ts';

/** The longest argument that execve(2) takes without its NUL: MAX_ARG_STRLEN, linux/binfmts.h. */
export const LONGEST_WORD = 32 * 4096 - 1;

const INITIAL_SIZE = 4096;
const NUL = 0;

/**
 * Collects the words for one run as bytes, each ended by a NUL, in memory that is used again for
 * the next.
 */
export class WordBuffer {
  #bytes: Buffer = Buffer.alloc(INITIAL_SIZE);
  #view = viewOf(this.#bytes);
  #start = 0;
  #at = 0;

  clear(): void {
    this.#start = 0;
    this.#at = 0;
  }

  /** All words so far; valid until the next change. */
  get bytes(): Uint8Array {
    return this.#bytes.subarray(0, this.#at);
  }

  /** Bytes of the word under way. */
  get wordLength(): number {
    return this.#at - this.#start;
  }

  /** The first byte of the word under way; 0 where there is none. */
  get firstByte(): number {
    return this.wordLength === 0 ? NUL : (this.#bytes[this.#start] as number);
  }

  addText(text: Uint8Array): void {
    this.#reserve(text.length);
    this.#bytes.set(text, this.#at);
    this.#at += text.length;
  }

  /** Adds the value of a row that has one. */
  addValue(value: ValueBytes, row: number): void {
    this.#reserve(value.room(row));
    this.#at = value.write(row, this.#view, this.#at);
  }

  endWord(): void {
    this.#reserve(1);
    this.#bytes[this.#at++] = NUL;
    this.#start = this.#at;
  }

  /** Gives up the word under way. */
  dropWord(): void {
    this.#at = this.#start;
  }

  #reserve(size: number): void {
    const needed = this.#at + size + SLACK;
    if (needed <= this.#bytes.length) return;
    const larger = Buffer.alloc(2 * needed);
    this.#bytes.copy(larger, 0, 0, this.#at);
    this.#bytes = larger;
    this.#view = viewOf(larger);
  }
}

const viewOf = ({ buffer, byteOffset, length }: Buffer): DataView =>
  new DataView(buffer, byteOffset, length);
