import type { Spool, SpooledFrame, SpoolMark } from '../../../spool/index.ts';
import type { OutputCounters, PluginLog } from '../../api.ts';
import { atMost } from '../at-most.ts';
import { ReportedOutage } from '../reported-outage.ts';
import type { PieceQueue } from './piece-queue.ts';
import type { Piece, RecordBuffer } from './record-buffer.ts';
import { Tail } from './tail.ts';

/** What is written at once: a write takes a turn of the event loop, however long it is. */
const WRITE_BYTES = 1 << 20;
/** How long `close` waits for a folder that another instance has. */
const START_MS = 3000;
const pace = { firstPause: 100, longestPause: 5000 };

export interface OverflowOptions {
  readonly spool: Spool;
  /** The pieces that come before what is on disk. */
  readonly queue: PieceQueue;
  readonly buffer: RecordBuffer;
  readonly log: PluginLog;
  readonly counters: OutputCounters;
  /** Closes the open piece and puts it where it belongs. */
  readonly seal: () => void;
  /** There may be something more to send. */
  readonly changed: () => void;
}

/**
 * What goes to disk: while the receiver cannot be relied on everything, and what no longer fits into
 * memory. The order is kept: first the queue in memory, then the spool, then the tail, which is on
 * its way there.
 *
 * A spool that cannot be started keeps nobody from a receiver that works: records pass it by, in
 * memory, until it can be. What was there before then comes later than they do.
 */
export class Overflow {
  /** Pieces in memory shall be on disk as well. */
  atRisk = true;
  readonly #options: OverflowOptions;
  /** Of the attempts to start, to read and to write: one may work while another does not. */
  readonly #outages: Readonly<Record<'start' | 'read' | 'write', ReportedOutage>>;
  readonly #tail = new Tail();
  #starting: Promise<void> = Promise.resolve();
  #state: 'starting' | 'passed by' | 'started' = 'starting';
  /**
   * The queue has pieces that have passed the spool by, and there was something before, which comes
   * behind them: they cannot be saved in front of it.
   */
  #hasPassed = false;
  #loading = false;
  /** Whether the write loop is under way, and whether there has come more for it. */
  #isWriting = false;
  #more = false;
  /** Resolves when the write loop that was begun last has ended. */
  #written: Promise<void> = Promise.resolve();
  /** The spool refused the last piece for want of room. */
  #full = false;
  #writeTimer: NodeJS.Timeout | undefined;
  #readTimer: NodeJS.Timeout | undefined;
  #startTimer: NodeJS.Timeout | undefined;
  #closing = false;
  #closed = false;

  constructor(options: OverflowOptions) {
    this.#options = options;
    const outage = () => new ReportedOutage(pace, options.log);
    this.#outages = { start: outage(), read: outage(), write: outage() };
    // Those that were there before are in no counter of this output but that of damage.
    options.spool.onLoss((records) => {
      options.counters.dropped += records;
    });
  }

  /** Bytes and records in memory that belong behind what is on disk. */
  get tailBytes(): number {
    return this.#tail.bytes;
  }

  get tailRecords(): number {
    return this.#tail.records;
  }

  /** Records on disk that are not in memory; none once it is closed: they are another's then. */
  get unreadRecords(): number {
    return this.#closed ? 0 : this.#options.spool.unreadRecords;
  }

  /** Records on disk; none once it is closed. */
  get spooledRecords(): number {
    return this.#closed ? 0 : this.#options.spool.pendingRecords;
  }

  /** Records that were lost in damaged files; those put there since the start count as dropped as well. */
  get damagedRecords(): number {
    return this.#options.spool.damagedRecords;
  }

  /** Whether something comes between the queue and new records. */
  get isBehind(): boolean {
    const { spool } = this.#options;
    const isStarting = this.#state === 'starting';
    return isStarting || this.#loading || !this.#tail.isEmpty || spool.hasUnread;
  }

  /**
   * Waits for the folder and looks at what was left there before. Resolves as well when that has failed
   * for the first time; it goes on trying then.
   */
  start(): Promise<void> {
    this.#starting = this.#start();
    return this.#starting;
  }

  async #start(): Promise<void> {
    const { spool, queue, log, changed } = this.#options;
    try {
      if (!(await spool.start()) || this.#closed) return;
      this.#outages.start.succeeded('the spool can be used');
      this.#state = 'started';
      this.#hasPassed = spool.hasUnread && queue.unsaved(1).length > 0;
      const records = spool.pendingRecords;
      if (records > 0) log.notice(`${records} records from before wait in the spool`);
      this.kick();
    } catch (error) {
      this.#state = 'passed by';
      const pause = this.#failed('start', error);
      if (!this.#closed) this.#startTimer = setTimeout(() => this.start(), pause).unref();
    }
    if (!this.#closed) changed();
  }

  push(piece: Piece): void {
    this.#tail.push(piece);
    this.kick();
  }

  /** Writes what has to be on disk, unless a write is under way already. */
  kick(): void {
    this.#more = true;
    if (this.#state !== 'started' || this.#closed) return;
    if (this.#isWriting || this.#full || this.#writeTimer) return;
    this.#isWriting = true;
    this.#written = this.#writeAll();
  }

  /** Moves what comes next into the queue, until that has so many bytes to send. */
  async load(bytes: number): Promise<void> {
    if (this.#loading || this.#state === 'starting' || this.#readTimer) return;
    this.#loading = true;
    const { queue, changed } = this.#options;
    try {
      while (queue.unsentBytes < bytes && !this.#closed) {
        if (!(await this.#loadNext())) break;
      }
      this.#outages.read.succeeded('the spool can be read again');
    } catch (error) {
      this.#readTimer = this.#later(this.#failed('read', error), () => {
        this.#readTimer = undefined;
      });
    }
    this.#loading = false;
    if (queue.unsentBytes > 0 && !this.#closed) changed();
  }

  /** A piece has arrived: what the disk has of it is of no use any more. */
  release(mark: SpoolMark): void {
    this.#options.spool.release(mark);
    this.#full = false;
  }

  /**
   * Writes everything to disk that is not there yet, then gives the spool up.
   *
   * @returns how many records are on disk now, and the pieces that could not be written
   */
  async close(): Promise<{ kept: number; left: Piece[] }> {
    this.atRisk = true;
    await atMost(START_MS, this.#starting);
    await this.#written;
    this.#closing = true;
    clearTimeout(this.#writeTimer);
    this.#writeTimer = undefined;
    this.#full = false;
    this.kick();
    await this.#written;
    this.#closed = true;
    for (const timer of [this.#startTimer, this.#writeTimer, this.#readTimer]) clearTimeout(timer);
    const { spool } = this.#options;
    await spool.close();
    return { kept: spool.pendingRecords, left: this.#tail.takeAll() };
  }

  async #writeAll(): Promise<void> {
    do {
      this.#more = false;
      while (await this.#writeNext());
    } while (this.#more && !this.#full && !this.#writeTimer);
    this.#isWriting = false;
    if (!this.#closed) this.#options.changed();
  }

  /** @returns false if there is nothing to write, or no way */
  async #writeNext(): Promise<boolean> {
    if (this.atRisk) this.#options.seal();
    const isWanted = this.atRisk || !this.#tail.isEmpty;
    const unsaved = isWanted ? this.#unsaved() : [];
    if (unsaved.length > 0) {
      const held = !this.#hasPassed;
      return await this.#write(unsaved, held, (piece, mark) => this.#saved(piece, mark));
    }
    const tail = this.#tail.first(WRITE_BYTES);
    const taken = () => this.#options.buffer.giveBack(this.#tail.shift()?.chunk);
    return tail.length > 0 && (await this.#write(tail, false, taken));
  }

  /** The next pieces of the queue to save. */
  #unsaved(): Piece[] {
    const { queue, spool } = this.#options;
    if (this.#hasPassed) {
      const pieces = queue.unsaved(Number.POSITIVE_INFINITY);
      this.#hasPassed = spool.hasUnread || pieces.some(({ mark }) => mark);
      // The next run may have them behind what came before.
      if (this.#hasPassed) return this.#closing ? pieces.filter(({ mark }) => !mark) : [];
    }
    return queue.unsaved(WRITE_BYTES);
  }

  /**
   * @param held they stay in memory, too, and are not to be read
   * @param written what becomes of each that is on disk
   */
  async #write(
    pieces: readonly Piece[],
    held: boolean,
    written: (piece: Piece, mark: SpoolMark) => void,
  ): Promise<boolean> {
    const { spool, buffer } = this.#options;
    const chunks = pieces.map(({ chunk }) => chunk);
    for (const chunk of chunks) if (chunk) chunk.users++;
    try {
      const frames = pieces.map(({ bytes, records }) => ({ payload: bytes, records }));
      const marks = await spool.append(frames, held);
      this.#outages.write.succeeded('the spool can be written again');
      // Why some were left out, the next attempt tells.
      this.#full = marks.length === 0;
      pieces.forEach((piece, index) => {
        const mark = marks[index];
        if (mark) written(piece, mark);
      });
      return !this.#full;
    } catch (error) {
      this.#writeTimer = this.#later(this.#failed('write', error), () => {
        this.#writeTimer = undefined;
        this.kick();
      });
      return false;
    } finally {
      for (const chunk of chunks) buffer.giveBack(chunk);
    }
  }

  #saved(piece: Piece, mark: SpoolMark): void {
    // It may have arrived while it was written.
    if (piece.done) this.release(mark);
    else piece.mark = mark;
  }

  /** @returns false if there is nothing, or nothing yet */
  async #loadNext(): Promise<boolean> {
    const { spool, queue } = this.#options;
    if (spool.hasUnread) {
      const frame = await spool.next();
      if (frame) queue.push(pieceOf(frame));
      return true;
    }
    // The loop that writes would write it a second time.
    if (this.#isWriting) return false;
    const piece = this.#tail.shift();
    if (piece) queue.push(piece);
    return piece !== undefined;
  }

  /** @returns the pause before the next attempt, in ms */
  #failed(attempt: 'start' | 'read' | 'write', error: unknown): number {
    this.#options.counters.errors++;
    const message = error instanceof Error ? error.message : String(error);
    const outage = this.#outages[attempt];
    outage.failed(`spool: ${message}; trying again`);
    return outage.nextPause();
  }

  #later(pause: number, action: () => void): NodeJS.Timeout {
    return setTimeout(() => {
      action();
      if (!this.#closed) this.#options.changed();
    }, pause);
  }
}

/** A frame's piece, with memory of its own. */
const pieceOf = ({ payload, records, mark, recovered }: SpooledFrame): Piece => ({
  bytes: Uint8Array.from(payload),
  records,
  chunk: undefined,
  recovered,
  sentAt: undefined,
  mark,
  done: false,
});
