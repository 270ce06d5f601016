import {
  decodeHeader,
  FRAME_HEADER,
  type FrameHeader,
  isIntact,
  MARKER,
  MAX_PAYLOAD,
} from './frame.ts';
import type { Patience } from './patience.ts';
import type { Segment } from './segment.ts';
import { SegmentFile } from './segment-file.ts';
import { SpoolError } from './spool-error.ts';

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
  readonly #file: SegmentFile;

  constructor(segment: Segment, offset: number, patience: Patience) {
    this.segment = segment;
    this.offset = offset;
    this.#file = new SegmentFile(segment.path, patience);
  }

  /**
   * What lies at `offset`, which moves behind it; undefined at the segment's end.
   *
   * @throws SpoolError if the system refuses to read the file, and may not do so the next time
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
    await this.#file.close();
  }

  /** Bytes from `offset` to the segment's end, as far as it is known. */
  get #rest(): number {
    return this.segment.length - this.offset;
  }

  /** Moves on to the next marker, or to the end. */
  async #damage(): Promise<Found> {
    const start = this.offset;
    const { marker } = this.segment;
    this.offset++;
    while (this.#rest > 0) {
      const bytes = await this.#bytes(MARKER);
      const found = bytes.indexOf(marker);
      if (found !== -1) {
        this.offset += found;
        break;
      }
      // The last bytes may be the beginning of a marker.
      this.offset += bytes.length < this.#rest ? bytes.length - (MARKER - 1) : this.#rest;
    }
    return { kind: 'damage', bytes: this.offset - start, header: undefined };
  }

  /** At least `count` bytes from `offset` on, or what there is of them. */
  async #bytes(count: number): Promise<Buffer> {
    const wanted = Math.min(count, this.#rest);
    if (this.offset < this.#from || this.offset + wanted > this.#to) await this.#fill(wanted);
    return this.#buffer.subarray(this.offset - this.#from, this.#to - this.#from);
  }

  async #fill(wanted: number): Promise<void> {
    const { segment, offset } = this;
    const part = this.#buffer.subarray(0, this.#rest);
    const { bytes, error } = await this.#file.read(part, offset);
    if (error !== undefined && bytes < wanted) throw SpoolError.from(segment.path, error);
    this.#from = offset;
    this.#to = offset + bytes;
    // A file that was cut while it was read has no more than this.
    if (error === undefined && bytes < part.length) segment.length = offset + bytes;
  }
}
