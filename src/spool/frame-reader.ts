import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import {
  decodeHeader,
  FRAME_HEADER,
  type FrameHeader,
  isIntact,
  MARKER,
  MAX_PAYLOAD,
} from './frame.ts';
import type { Segment } from './segment.ts';
import { isSystemError, SpoolError } from './spool-error.ts';

/** What lies at a place of a segment. */
export type Found =
  | {
      readonly kind: 'frame';
      readonly header: FrameHeader;
      /** In the reader's memory: valid until the next call. */
      readonly payload: Uint8Array;
    }
  | {
      /** Bytes that are no frame, up to the next one or the end. */
      readonly kind: 'damage';
      readonly bytes: number;
      /** The frame's header, if only its payload is damaged. */
      readonly header: FrameHeader | undefined;
    };

/** Reads the frames of a segment, and finds the next one behind damaged bytes. */
export class FrameReader {
  readonly segment: Segment;
  /** Bytes from the segment's beginning: where the next frame is looked for. */
  offset: number;
  readonly #buffer = Buffer.allocUnsafeSlow(FRAME_HEADER + MAX_PAYLOAD);
  /** The part of the file that the buffer holds. */
  #from = 0;
  #to = 0;
  #file: FileHandle | undefined;

  constructor(segment: Segment, offset: number) {
    this.segment = segment;
    this.offset = offset;
  }

  /**
   * What lies at `offset`, which moves behind it; undefined at the segment's end.
   *
   * @throws SpoolError if the system refuses to read the file
   */
  async next(): Promise<Found | undefined> {
    if (this.#rest <= 0) return undefined;
    const header = decodeHeader(await this.#bytes(FRAME_HEADER), this.segment.marker);
    // The file may have turned out to be shorter.
    if (this.#rest <= 0) return undefined;
    if (!header) return await this.#damage();
    const size = FRAME_HEADER + header.length;
    const payload = (await this.#bytes(size)).subarray(FRAME_HEADER, size);
    const bytes = Math.min(size, this.#rest);
    this.offset += bytes;
    return payload.length === header.length && isIntact(payload, header)
      ? { kind: 'frame', header, payload }
      : { kind: 'damage', bytes, header };
  }

  async close(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close();
  }

  /** Bytes from `offset` to the segment's end, as far as it is known. */
  get #rest(): number {
    return this.segment.length - this.offset;
  }

  /** Moves on to the next marker, or to the end. */
  async #damage(): Promise<Found> {
    const start = this.offset;
    const { length, marker } = this.segment;
    this.offset++;
    while (this.offset < length) {
      const bytes = await this.#bytes(this.#buffer.length);
      const found = bytes.indexOf(marker);
      if (found !== -1) {
        this.offset += found;
        break;
      }
      // The last bytes may be the beginning of a marker.
      const isEnd = bytes.length === 0 || this.offset + bytes.length >= length;
      this.offset = isEnd ? length : this.offset + bytes.length - (MARKER - 1);
    }
    return { kind: 'damage', bytes: this.offset - start, header: undefined };
  }

  /** At least `count` bytes from `offset` on, or what there is of them. */
  async #bytes(count: number): Promise<Buffer> {
    const wanted = Math.min(count, this.#rest);
    if (this.offset < this.#from || this.offset + wanted > this.#to) await this.#fill();
    return this.#buffer.subarray(this.offset - this.#from, this.#to - this.#from);
  }

  async #fill(): Promise<void> {
    const { path, length } = this.segment;
    const from = this.offset;
    const wanted = Math.min(this.#buffer.length, length - from);
    let filled = 0;
    try {
      this.#file ??= await open(path, constants.O_RDONLY | constants.O_NOFOLLOW);
      while (filled < wanted) {
        const at = from + filled;
        const { bytesRead } = await this.#file.read(this.#buffer, filled, wanted - filled, at);
        if (bytesRead === 0) break;
        filled += bytesRead;
      }
    } catch (error) {
      // What somebody has removed is not there to be waited for.
      if (!isSystemError(error) || error.code !== 'ENOENT') throw SpoolError.from(path, error);
    }
    this.#from = from;
    this.#to = from + filled;
    // A file that was cut while it was read has no more than this.
    if (filled < wanted) this.segment.length = from + filled;
  }
}
