import { unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { recordsAtBeginning, recordsAtEnd } from './count-records.ts';
import { ensureFolder } from './folder.ts';
import { FolderLock } from './folder-lock.ts';
import { MAX_PAYLOAD, type NewFrame } from './frame.ts';
import { Patience } from './patience.ts';
import { type Position, PositionFile } from './position-file.ts';
import { QueueReader, type SpooledFrame } from './queue-reader.ts';
import { QueueWriter } from './queue-writer.ts';
import { listSegments, type Segment } from './segment.ts';
import { isSystemError, SpoolError } from './spool-error.ts';
import type { SpoolOptions } from './spool-options.ts';

/** A power failure costs at most what was written in this time. */
const SYNC_INTERVAL_MS = 1000;

/** The place behind a frame: what has been used up to here may be released. */
export type SpoolMark = Position;

/**
 * A queue on disk: records are appended at one end, in frames, and used at the other, in order. It
 * survives the process that writes it, at least once: a frame that was used but not released before
 * a crash is there again.
 *
 * Frames lie in files, the segments, of up to 16 MiB, which are removed when all of their frames have
 * been released. A frame has checksums; what does not match is left out and reported. Appended frames
 * survive the end of the process as soon as `append` resolves, and a power failure a second later.
 *
 * Opening is synchronous, as the user that specter becomes; everything else is asynchronous and
 * begins with `start`, once specter is that user.
 */
export class Spool {
  readonly #options: SpoolOptions;
  readonly #lock: FolderLock;
  /** All that are on disk, oldest first. */
  readonly #segments: Segment[] = [];
  readonly #patience = new Patience();
  readonly #reader: QueueReader;
  readonly #writer: QueueWriter;
  #positionFile: PositionFile | undefined;
  /** Up to where everything has been released; undefined while that is the very beginning. */
  #position: Position | undefined;
  /** Records in all frames up to there. */
  #released = 0;
  /** Frames that were read, and not released. */
  #outstanding = 0;
  #damaged = 0;
  /** Told of records that were appended since the start and are lost. */
  #lost: (records: number) => void = () => {};
  /** What was unread when the append under way began: what it appends is not to be seen before its end. */
  #unread: { readonly hasMore: boolean; readonly records: number } | undefined;
  #housekeeping: NodeJS.Timeout | undefined;
  /** Operations on files, one after the other. */
  #last: Promise<unknown> = Promise.resolve();
  #closed: Promise<void> | undefined;

  /**
   * Creates the folder if need be, and takes it.
   *
   * @throws SpoolError if the folder cannot be had, or somebody else uses it
   */
  constructor(options: SpoolOptions) {
    const { folder, maxBytes, owner, uid } = options;
    this.#options = options;
    this.#reader = new QueueReader(this.#segments, this.#patience, (damage) => {
      this.#damaged += damage.records;
      if (damage.own > 0) this.#lost(damage.own);
      options.damaged(damage);
    });
    this.#writer = new QueueWriter(this.#segments, folder, maxBytes);
    this.#lock = options.asUser(() => {
      ensureFolder(folder, uid);
      try {
        return new FolderLock(folder, owner, options.tryLock);
      } catch (error) {
        throw SpoolError.from(folder, error);
      }
    });
  }

  /** Records that are on disk and have not been released. */
  get pendingRecords(): number {
    return this.#writer.records - this.#released;
  }

  /** Whether there is something that `next` has not given yet. */
  get hasUnread(): boolean {
    return this.#unread?.hasMore ?? this.#reader.hasMore;
  }

  /** Records that `next` has not given yet. */
  get unreadRecords(): number {
    if (this.#unread) return this.#unread.records;
    const { records } = this.#writer;
    return Math.max(0, records - (this.#reader.position?.records ?? records));
  }

  /** Records that were lost in damaged files, as far as it is known. */
  get damagedRecords(): number {
    return this.#damaged;
  }

  /** Who wants to know, at once, of records that were appended since the start and are lost. */
  onLoss(lost: (records: number) => void): void {
    this.#lost = lost;
  }

  /**
   * Waits until an instance of the same owner has closed, then looks at what is there.
   *
   * @returns false if it was closed meanwhile
   * @throws SpoolError
   */
  start(): Promise<boolean> {
    return this.#inTurn(async () => {
      if (!(await this.#lock.held())) return false;
      const { folder } = this.#options;
      try {
        this.#positionFile ??= await PositionFile.open(join(folder, 'position'));
        await this.#recover(this.#positionFile);
      } catch (error) {
        throw SpoolError.from(folder, error);
      }
      return true;
    });
  }

  /**
   * Appends frames, each of 1 to 2^20 bytes, which must not change until the promise is settled.
   *
   * @param read the caller has them already: `next` will not give them. Only when nothing is unread
   * @returns the places behind the frames; fewer than frames if the spool is full, or the system
   *   refuses the others
   * @throws SpoolError if the system refuses the first one; nothing was appended
   */
  append(frames: readonly NewFrame[], read = false): Promise<SpoolMark[]> {
    const isLong = ({ payload }: NewFrame) => payload.length > MAX_PAYLOAD;
    if (frames.some(isLong)) throw new RangeError(`a frame has at most ${MAX_PAYLOAD} bytes`);
    return this.#inTurn(async () => {
      if (read && this.hasUnread) throw new Error('a frame cannot be read before those before it');
      const { records } = this.#writer;
      this.#unread = { hasMore: this.hasUnread, records: this.unreadRecords };
      try {
        const marks = await this.#writer.append(frames);
        const [first] = marks;
        if (!first) return marks;
        if (read) {
          this.#outstanding += marks.length;
          this.#reader.position = marks.at(-1);
        } else this.#reader.position ??= { segment: first.segment, offset: 0, records };
        this.#keepHouse();
        return marks;
      } finally {
        this.#unread = undefined;
      }
    });
  }

  /**
   * The next frame; undefined if there is none.
   *
   * @throws SpoolError if the system refuses to read it
   */
  next(): Promise<SpooledFrame | undefined> {
    return this.#inTurn(async () => {
      const damaged = this.#damaged;
      const frame = await this.#reader.next(this.#writer.records);
      if (frame) this.#outstanding++;
      // What is written to a file that somebody has removed would be lost as well.
      if (this.#damaged > damaged && !this.hasUnread) {
        await this.#writer.close().catch((error) => this.#fail(error));
      }
      // What was damaged to the end has nobody else to remove it.
      if (!frame) await this.#removeReleased();
      return frame;
    });
  }

  /** The frame before this mark has done its duty. In the order of the frames. */
  release(mark: SpoolMark): void {
    this.#outstanding--;
    this.#released = mark.records;
    this.#position = mark;
    if (this.#outstanding === 0 || mark.segment !== this.#segments[0]) {
      this.#inTurn(() => this.#removeReleased()).catch((error) => this.#fail(error));
    }
    this.#keepHouse();
  }

  /** Makes what was appended survive a power failure, and gives the folder up. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    clearTimeout(this.#housekeeping);
    // A start that still waits for its turn must not take the folder any more.
    if (!this.#positionFile) this.#lock.release();
    const steps = [
      () => this.#removeReleased(),
      () => this.#tidy(),
      () => this.#writer.close(),
      () => this.#reader.close(),
      () => this.#positionFile?.close(),
    ];
    // What fails keeps no file of the others open.
    await this.#inTurn(async () => {
      for (const step of steps) await step()?.catch((error) => this.#fail(error));
    });
    this.#lock.release();
  }

  #inTurn<Result>(operation: () => Promise<Result>): Promise<Result> {
    const turn = this.#last.then(operation);
    this.#last = turn.catch(() => undefined);
    return turn;
  }

  async #recover(positionFile: PositionFile): Promise<void> {
    const found = await listSegments(this.#options.folder);
    this.#writer.sequence = found.at(-1)?.sequence ?? 0;
    const read = await positionFile.read(found);
    const first = read?.segment ?? found[0];
    if (!first) return;
    const isUsedUp = ({ sequence }: Segment) => sequence < first.sequence;
    for (const segment of found.filter(isUsedUp)) await this.#unlink(segment);
    const rest = found.filter((segment) => !isUsedUp(segment));
    const records = read?.records ?? (await recordsAtBeginning(rest, this.#patience));
    this.#writer.records = Math.max(records, await recordsAtEnd(rest, this.#patience));
    this.#segments.push(...rest);
    this.#position = read ?? { segment: first, offset: 0, records };
    this.#reader.position = this.#position;
    this.#reader.former = this.#writer.records;
    this.#released = records;
    await this.#removeReleased();
  }

  /** Removes the segments of which everything has been released. */
  async #removeReleased(): Promise<void> {
    if (this.#outstanding === 0 && !this.hasUnread) {
      await this.#writer.close();
      await this.#reader.close();
      this.#reader.position = undefined;
      this.#position = undefined;
      this.#released = this.#writer.records;
      for (const segment of this.#segments.splice(0)) await this.#unlink(segment);
      return;
    }
    const reached = this.#position?.segment.sequence ?? 0;
    while ((this.#segments[0]?.sequence ?? reached) < reached) {
      const segment = this.#segments.shift();
      if (segment) await this.#unlink(segment);
    }
  }

  async #unlink({ path }: Segment): Promise<void> {
    this.#patience.forget(path);
    try {
      await unlink(path);
    } catch (error) {
      if (!isSystemError(error) || error.code !== 'ENOENT') this.#fail(error);
    }
  }

  #keepHouse(): void {
    if (this.#housekeeping || this.#closed) return;
    this.#housekeeping = setTimeout(() => {
      this.#housekeeping = undefined;
      // Not in turn: a disk may take long for it, and frames have to go on.
      this.#tidy().catch((error) => this.#fail(error));
    }, SYNC_INTERVAL_MS);
  }

  async #tidy(): Promise<void> {
    await this.#writer.sync();
    if (this.#position) await this.#positionFile?.write(this.#position);
  }

  #fail(error: unknown): void {
    this.#options.failed(SpoolError.from(this.#options.folder, error));
  }
}
