import type { OutputCounters } from '../../api.ts';
import type { Overflow, OverflowOptions } from './overflow.ts';
import { PieceQueue } from './piece-queue.ts';
import type { Piece, RecordBuffer } from './record-buffer.ts';

/** What of the memory may be filled from disk; with less than half of it to send, it is. */
const LOADED_PART = 1 / 8;

/** Makes the way to disk for what waits. */
export type OverflowMaker = (parts: Omit<OverflowOptions, 'spool' | 'log'>) => Overflow;

export interface BacklogOptions {
  /** Most bytes in memory that wait to be taken away. */
  readonly queueBytes: number;
  readonly counters: OutputCounters;
  readonly overflow?: OverflowMaker | undefined;
  /** There may be something more to take away. */
  readonly changed: () => void;
}

/** What is left when a backlog is closed. */
export interface Leftovers {
  /** Pieces that are in memory alone. */
  readonly pieces: readonly Piece[];
  /** Records on disk. */
  readonly kept: number;
}

/** The records of a buffer that somebody is yet to take away: in memory, and beyond that on disk. */
export class Backlog {
  readonly queue = new PieceQueue();
  readonly overflow: Overflow | undefined;
  readonly #buffer: RecordBuffer;
  readonly #queueBytes: number;

  constructor(buffer: RecordBuffer, { queueBytes, counters, overflow, changed }: BacklogOptions) {
    this.#buffer = buffer;
    this.#queueBytes = queueBytes;
    this.overflow = overflow?.({
      ...{ queue: this.queue, buffer, counters, changed },
      seal: () => this.seal(),
    });
  }

  /** Bytes in memory that wait, those of the open piece left out. */
  get waitingBytes(): number {
    return this.queue.newBytes + (this.overflow?.tailBytes ?? 0);
  }

  /** Records that wait, wherever they are. */
  get waitingRecords(): number {
    const { tailRecords = 0, unreadRecords = 0 } = this.overflow ?? {};
    return this.nextRecords + unreadRecords + tailRecords;
  }

  /** Those of them that come next: in the queue, and in the open piece. */
  get nextRecords(): number {
    return this.queue.unsentRecords + this.#buffer.openRecords;
  }

  /** Something comes between the queue and new records. */
  get isBehind(): boolean {
    return this.overflow?.isBehind === true;
  }

  /** Closes the buffer's open piece and puts it behind all others. */
  seal(): void {
    const piece = this.#buffer.seal();
    if (!piece) return;
    const { queue, overflow } = this;
    // Half of the memory for what comes before the spool, half for what is on its way there.
    const isFull = queue.newBytes + piece.bytes.length > this.#queueBytes / 2;
    if (overflow && (isFull || overflow.isBehind)) overflow.push(piece);
    else queue.push(piece);
  }

  /** Brings on what is on disk, if it comes next and there is memory for it. */
  load(): void {
    const { queue, overflow } = this;
    const bytes = this.#queueBytes * LOADED_PART;
    if (overflow?.isBehind && queue.unsentBytes < bytes / 2) overflow.load(bytes);
  }

  /** What waits shall be on disk as well from now on: who takes it away cannot be relied on. */
  secure(): void {
    if (!this.overflow) return;
    this.overflow.atRisk = true;
    this.overflow.kick();
  }

  /** Writes what has to be on disk. */
  flush(): void {
    if (this.overflow?.atRisk) this.overflow.kick();
  }

  /** He can be relied on again. Of no effect while something is still on disk that comes first. */
  relax(): void {
    if (this.overflow && !this.overflow.isBehind) this.overflow.atRisk = false;
  }

  /** Lets go of pieces that have arrived. */
  retire(pieces: readonly Piece[]): void {
    for (const piece of pieces) {
      piece.done = true;
      if (piece.mark) this.overflow?.release(piece.mark);
      this.#buffer.giveBack(piece.chunk);
    }
  }

  /**
   * The next piece is from now on what is left of it: the records before that have arrived. What the
   * disk has of it stays as it is.
   *
   * @param bytes in memory of their own
   */
  shorten(bytes: Uint8Array, records: number): void {
    const piece = this.queue.shorten(bytes, records);
    this.#buffer.giveBack(piece?.chunk);
    if (piece) piece.chunk = undefined;
  }

  /** Writes to disk what is not there yet, and gives up the rest. */
  async close(): Promise<Leftovers> {
    this.seal();
    const { kept = 0, left = [] } = (await this.overflow?.close()) ?? {};
    const pieces = [...this.queue.takeAll(), ...left].filter(({ mark }) => !mark);
    return { pieces, kept };
  }
}
