import { FrameReader } from './frame-reader.ts';
import type { Patience } from './patience.ts';
import type { Position } from './position-file.ts';
import type { Segment } from './segment.ts';

/** Bytes that were left out: after a crash, on a failing disk, in a file that was cut or removed. */
export interface Damage {
  readonly path: string;
  /** 0 if nothing but a gap shows what is missing. */
  readonly bytes: number;
  /** Records that were in them, as far as it is known. */
  readonly records: number;
  /** Those of them that were appended since the start. */
  readonly own: number;
}

export interface SpooledFrame {
  /** Valid until the next call of `next`. */
  readonly payload: Uint8Array;
  readonly records: number;
  /** The place behind it, for `release`. */
  readonly mark: Position;
  /** It was there at the start. */
  readonly recovered: boolean;
}

/** Reads all segments of a spool, one after the other, and leaves out what is damaged. */
export class QueueReader {
  /** Where the next frame is; undefined while there are no segments. */
  position: Position | undefined;
  /** Records that were there at the start: so many come before the first one since. */
  former = 0;
  readonly #segments: readonly Segment[];
  readonly #patience: Patience;
  readonly #damaged: (damage: Damage) => void;
  #reader: FrameReader | undefined;

  /** @param segments all that there are, oldest first; the list changes as they come and go */
  constructor(segments: readonly Segment[], patience: Patience, damaged: (damage: Damage) => void) {
    this.#segments = segments;
    this.#patience = patience;
    this.#damaged = damaged;
  }

  /** Whether there is anything behind `position`. */
  get hasMore(): boolean {
    if (!this.position) return false;
    const { segment, offset } = this.position;
    if (offset < segment.length) return true;
    return this.#segments.some(({ sequence, length }) => sequence > segment.sequence && length > 0);
  }

  /**
   * The next whole frame; undefined at the end.
   *
   * @param written records in all frames: what of them is not there at the end is damage, too
   * @throws SpoolError if the system refuses to read
   */
  async next(written: number): Promise<SpooledFrame | undefined> {
    const frame = await this.#nextWhole();
    if (!this.position || this.hasMore || this.position.records >= written) return frame;
    this.#leaveOut(this.position, 0, written);
    this.position = { ...this.position, records: written };
    return frame && { ...frame, mark: this.position };
  }

  async #nextWhole(): Promise<SpooledFrame | undefined> {
    while (this.position && this.hasMore) {
      const { segment, offset, records } = this.position;
      const reader = await this.#readerAt(segment, offset);
      const found = await reader.next();
      if (!found) {
        const following = this.#segments[this.#segments.indexOf(segment) + 1];
        if (!following) return undefined;
        this.position = { segment: following, offset: 0, records };
        continue;
      }
      const { kind, header } = found;
      const end = header ? header.before + header.records : records;
      // A frame knows how many records were before it: what is missing can be counted.
      const whole = kind === 'frame' ? header.records : 0;
      this.#leaveOut(this.position, kind === 'damage' ? found.bytes : 0, end - whole);
      this.position = { segment, offset: reader.offset, records: Math.max(end, records) };
      if (kind === 'frame') {
        const { recovered } = segment;
        return { payload: found.payload, records: whole, mark: this.position, recovered };
      }
    }
    return undefined;
  }

  /** Tells of bytes from a position on, and of the records up to `end`, the number of them before. */
  #leaveOut({ segment, records }: Position, bytes: number, end: number): void {
    const missing = Math.max(0, end - records);
    if (bytes === 0 && missing === 0) return;
    const own = Math.max(0, Math.min(missing, end - this.former));
    this.#damaged({ path: segment.path, bytes, records: missing, own });
  }

  async close(): Promise<void> {
    const reader = this.#reader;
    this.#reader = undefined;
    await reader?.close();
  }

  async #readerAt(segment: Segment, offset: number): Promise<FrameReader> {
    if (this.#reader?.segment !== segment) {
      await this.close();
      this.#reader = new FrameReader(segment, offset, this.#patience);
    }
    this.#reader.offset = offset;
    return this.#reader;
  }
}
