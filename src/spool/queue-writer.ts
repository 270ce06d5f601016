import { FRAME_HEADER, type NewFrame } from './frame.ts';
import type { Position } from './position-file.ts';
import { newSegment, type Segment, sizeOf } from './segment.ts';
import { SegmentWriter } from './segment-writer.ts';

const LARGEST_SEGMENT = 16 << 20;
/** Only whole segments give their space back: a small spool has smaller ones. */
const LEAST_SEGMENTS = 8;

/** Appends frames to the last segment of a spool, and begins new ones. One call at a time. */
export class QueueWriter {
  /** Records in all frames, since the spool was empty. */
  records = 0;
  /** The number of the last segment. */
  sequence = 0;
  readonly #segments: Segment[];
  readonly #folder: string;
  readonly #maxBytes: number;
  readonly #segmentBytes: number;
  #writer: SegmentWriter | undefined;

  /** @param segments all that there are, oldest first; new ones are added */
  constructor(segments: Segment[], folder: string, maxBytes: number) {
    this.#segments = segments;
    this.#folder = folder;
    this.#maxBytes = maxBytes;
    this.#segmentBytes = Math.min(LARGEST_SEGMENT, Math.floor(maxBytes / LEAST_SEGMENTS));
  }

  /**
   * Appends frames; returns the places behind them: fewer than frames when there is no more room, or
   * the system refuses to write more.
   *
   * @throws SpoolError if the system refuses the first one
   */
  async append(frames: readonly NewFrame[]): Promise<Position[]> {
    const marks: Position[] = [];
    while (marks.length < frames.length) {
      try {
        const more = await this.#appendSome(frames.slice(marks.length));
        if (more.length === 0) break;
        marks.push(...more);
      } catch (error) {
        if (marks.length === 0) throw error;
        break;
      }
    }
    return marks;
  }

  /** See SegmentWriter.sync. */
  async sync(): Promise<void> {
    await this.#writer?.sync();
  }

  /** The next frame will begin a new segment. */
  async close(): Promise<void> {
    const writer = this.#writer;
    this.#writer = undefined;
    await writer?.close();
  }

  /** As many frames as one segment takes. */
  async #appendSome(frames: readonly NewFrame[]): Promise<Position[]> {
    const [first] = frames;
    const room = this.#maxBytes - sizeOf(this.#segments);
    if (!first || frameSize(first) > room) return [];
    const writer = await this.#writerFor(frameSize(first));
    const { segment } = writer;
    const marks: Position[] = [];
    let { records } = this;
    let offset = segment.length;
    const limit = offset + room;
    for (const frame of frames) {
      const end = offset + frameSize(frame);
      if (end > limit || (marks.length > 0 && end > this.#segmentBytes)) break;
      offset = end;
      records += frame.records;
      marks.push({ segment, offset, records });
    }
    await writer.append(frames.slice(0, marks.length), this.records);
    this.records = records;
    return marks;
  }

  /** The segment that has room for a frame, a new one if need be. */
  async #writerFor(size: number): Promise<SegmentWriter> {
    const { length = 0 } = this.#writer?.segment ?? {};
    if (this.#writer && (length === 0 || length + size <= this.#segmentBytes)) return this.#writer;
    await this.sync();
    await this.close();
    const segment = newSegment(this.#folder, ++this.sequence);
    this.#writer = await SegmentWriter.create(segment, this.#folder);
    this.#segments.push(segment);
    return this.#writer;
  }
}

const frameSize = ({ payload }: NewFrame): number => FRAME_HEADER + payload.length;
