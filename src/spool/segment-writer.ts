import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { encodeHeader, type NewFrame } from './frame.ts';
import type { Segment } from './segment.ts';
import { SpoolError } from './spool-error.ts';

/** Appends frames to a segment. One call at a time. */
export class SegmentWriter {
  readonly segment: Segment;
  readonly #file: FileHandle;
  #synced = true;

  private constructor(segment: Segment, file: FileHandle) {
    this.segment = segment;
    this.#file = file;
  }

  /** Creates the segment's file, mode 0600, and makes its name survive a power failure. */
  static async create(segment: Segment, folder: string): Promise<SegmentWriter> {
    const { O_WRONLY, O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_DIRECTORY } = constants;
    try {
      const file = await open(segment.path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600);
      try {
        const directory = await open(folder, O_RDONLY | O_DIRECTORY);
        await directory.sync().finally(() => directory.close());
      } catch (error) {
        await file.close();
        await unlink(segment.path);
        throw error;
      }
      return new SegmentWriter(segment, file);
    } catch (error) {
      throw SpoolError.from(segment.path, error);
    }
  }

  /**
   * Appends frames, with one write as a rule. What a failed write left behind is cut off again.
   *
   * @param before records in all frames before these
   * @throws SpoolError; the segment then ends as before
   */
  async append(frames: readonly NewFrame[], before: number): Promise<void> {
    const { segment } = this;
    const parts: Uint8Array[] = [];
    let counted = before;
    for (const { payload, records } of frames) {
      parts.push(encodeHeader(segment.marker, payload, records, counted), payload);
      counted += records;
    }
    const bytes = Buffer.concat(parts);
    let done = 0;
    try {
      this.#synced = false;
      while (done < bytes.length) {
        const at = segment.length + done;
        const { bytesWritten } = await this.#file.write(bytes, done, bytes.length - done, at);
        done += bytesWritten;
      }
    } catch (error) {
      // Where even this fails, the next frame is written over it.
      await this.#file.truncate(segment.length).catch(() => undefined);
      throw SpoolError.from(segment.path, error);
    }
    segment.length += bytes.length;
  }

  /** Makes what was written survive a power failure: fdatasync(2). */
  async sync(): Promise<void> {
    if (this.#synced) return;
    this.#synced = true;
    try {
      await this.#file.datasync();
    } catch (error) {
      throw SpoolError.from(this.segment.path, error);
    }
  }

  async close(): Promise<void> {
    await this.#file.close();
  }
}
