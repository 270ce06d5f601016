import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { isUnreadable, type Patience } from './patience.ts';
import { isSystemError } from './spool-error.ts';

/** Bytes that a file system reads, or fails to read, at once. */
const BLOCK = 4096;

/** What reading has brought. */
export interface Reading {
  readonly bytes: number;
  /** Why it is not more; undefined at the end of the file. */
  readonly error: unknown;
}

/**
 * A segment's file to read from. What the disk cannot read for so long that there is no hope left is
 * zeros: the checksums show it to be damaged, and the frames around it are found.
 */
export class SegmentFile {
  readonly #path: string;
  readonly #patience: Patience;
  #file: FileHandle | undefined;
  /** Bytes that are given up with the next block that cannot be read. */
  #gap = BLOCK;

  constructor(path: string, patience: Patience) {
    this.#path = path;
    this.#patience = patience;
  }

  /** Fills `buffer` with the bytes from an offset on, as far as there are any and they can be read. */
  async read(buffer: Buffer, from: number): Promise<Reading> {
    try {
      this.#file ??= await open(this.#path, constants.O_RDONLY | constants.O_NOFOLLOW);
    } catch (error) {
      return { bytes: 0, error: this.#isGone(error) ? undefined : error };
    }
    const file = this.#file;
    let filled = 0;
    let step = buffer.length;
    while (filled < buffer.length) {
      const at = from + filled;
      const count = Math.min(step, buffer.length - filled);
      try {
        const { bytesRead } = await file.read(buffer, filled, count, at);
        if (bytesRead === 0) break;
        filled += bytesRead;
        step *= 2;
        this.#gap = BLOCK;
      } catch (error) {
        const rest = BLOCK - (at % BLOCK);
        if (isUnreadable(error) && count > rest) {
          step = rest;
        } else if (isUnreadable(error) && this.#patience.isOver(this.#path)) {
          // Each failure may take the disk seconds: where many follow each other, fewer are tried.
          const end = Math.min(filled + rest + this.#gap - BLOCK, buffer.length);
          buffer.fill(0, filled, end);
          filled = end;
          this.#gap *= 2;
        } else return { bytes: filled, error };
      }
    }
    return { bytes: filled, error: undefined };
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** What somebody has removed is not there to be waited for. */
  #isGone(error: unknown): boolean {
    if (isSystemError(error) && error.code === 'ENOENT') return true;
    return isUnreadable(error) && this.#patience.isOver(this.#path);
  }
}
