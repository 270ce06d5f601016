import { readSync } from 'node:fs';

/** Read at once: a file of any size takes no more memory. */
const BUFFER_SIZE = 64 * 1024;

/** Reads small pieces of a file from its beginning to its end. */
export class FileReader {
  /** Bytes of the file. */
  readonly size: number;
  readonly #fd: number;
  readonly #buffer = Buffer.alloc(BUFFER_SIZE);
  /** What `load` has read. */
  readonly view: DataView = new DataView(this.#buffer.buffer, this.#buffer.byteOffset, BUFFER_SIZE);
  /** What the buffer holds: from this byte of the file on, so many bytes. */
  #start = 0;
  #held = 0;

  constructor(fd: number, size: number) {
    this.#fd = fd;
    this.size = size;
  }

  /** The 32-bit word at `position`, little-endian; it has to be within the file. */
  u32(position: number): number {
    return this.view.getUint32(this.load(position, 4), true);
  }

  u16(position: number): number {
    return this.view.getUint16(this.load(position, 2), true);
  }

  /** Bytes of the file as they are, at most 64 KiB; valid until the next read. */
  bytes(position: number, length: number): Uint8Array {
    const at = this.load(position, length);
    return this.#buffer.subarray(at, at + length);
  }

  /** Whether the file has nothing but zeros from `position` on, as after a power failure. */
  isZeroFrom(position: number): boolean {
    for (let at = position; at < this.size; at += BUFFER_SIZE) {
      const piece = this.bytes(at, Math.min(BUFFER_SIZE, this.size - at));
      if (piece.some((byte) => byte !== 0)) return false;
    }
    return true;
  }

  /**
   * Reads a piece of the file, at most 64 KiB, which has to be within it.
   *
   * @returns where in `view` it is, until the next call
   */
  load(position: number, length: number): number {
    if (position < this.#start || position + length > this.#start + this.#held) {
      this.#start = position;
      this.#held = readSync(this.#fd, this.#buffer, 0, BUFFER_SIZE, position);
      if (this.#held < length) throw new Error('the file has become shorter while it was read');
    }
    return position - this.#start;
  }
}
