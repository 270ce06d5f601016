import type { Counts, OutputCounters, PluginLog } from '../../api.ts';
import type { Overflow } from '../queue/overflow.ts';
import { PieceQueue } from '../queue/piece-queue.ts';
import type { Carrier } from '../queue/queue-sink.ts';
import type { Piece, RecordBuffer } from '../queue/record-buffer.ts';
import type { TableLayout } from './layout.ts';
import type { LoaderOptions } from './loader-options.ts';
import { RowTally } from './row-tally.ts';
import type { Session, StoreResult } from './session.ts';
import { SessionKeeper } from './session-keeper.ts';

/** A batch that takes so long shows a database that cannot be relied on: what waits goes to disk. */
const SLOW_MS = 1000;
/** What of the memory may be filled from disk; with less than half of it to store, it is. */
const LOADED_PART = 1 / 8;

/**
 * Stores the pieces of a buffer in a database, a batch at a time, each row at least once: a batch of
 * which nobody knows whether it was stored is stored again, and the rows' ids keep a table that has
 * them from knowing it twice.
 */
export class Loader implements Carrier {
  readonly #options: LoaderOptions;
  readonly #buffer: RecordBuffer;
  readonly #counters: OutputCounters;
  readonly #log: PluginLog;
  readonly #queue = new PieceQueue();
  readonly #overflow: Overflow | undefined;
  readonly #keeper: SessionKeeper;
  readonly #cancelStart: () => void;
  /** A batch is with the database. */
  #storing = false;
  #flushTimer: NodeJS.Timeout | undefined;
  /** What has waited for the flush is due, whether it fills a batch or not. */
  #due = false;
  #renewing = false;
  #closing = false;
  #ended = false;
  /** Told of changes while it is being closed. */
  #onChange: (() => void) | undefined;
  readonly #tally: RowTally;
  /** Rows that its end has left in the spool. */
  #kept = 0;

  constructor(options: LoaderOptions, buffer: RecordBuffer, counters: OutputCounters) {
    this.#options = options;
    this.#buffer = buffer;
    this.#counters = counters;
    this.#log = options.log;
    this.#tally = new RowTally(counters, options.log);
    this.#keeper = new SessionKeeper({
      ...{ opener: options.opener, reconnectMs: options.reconnectMs, counters, log: options.log },
      waiting: () => this.#waitingRecords,
      isBusy: () => this.#storing,
      up: (layout) => this.#up(layout),
      down: () => this.#down(),
    });
    this.#overflow = options.overflow?.({
      ...{ queue: this.#queue, buffer, counters },
      seal: () => this.seal(),
      changed: () => this.#work(),
    });
    this.#cancelStart = options.whenReady(() => this.#start());
  }

  get waitingBytes(): number {
    return this.#queue.newBytes + (this.#overflow?.tailBytes ?? 0);
  }

  /** Rows that are still to be stored. */
  get #waitingRecords(): number {
    const { tailRecords = 0, unreadRecords = 0 } = this.#overflow ?? {};
    return this.#memoryRecords + unreadRecords + tailRecords;
  }

  /** Those of them that come next. */
  get #memoryRecords(): number {
    return this.#queue.unsentRecords + this.#buffer.openRecords;
  }

  /** The database works, and less than a batch waits for it. */
  get #isKeepingUp(): boolean {
    return this.#keeper.isWorking && this.#memoryRecords < this.#options.batchRows;
  }

  seal(): void {
    const piece = this.#buffer.seal();
    if (!piece) return;
    const overflow = this.#overflow;
    // Half of the memory for what comes before the spool, half for what is on its way there.
    const isFull = this.#queue.newBytes + piece.bytes.length > this.#options.queueBytes / 2;
    if (overflow && (isFull || overflow.isBehind)) overflow.push(piece);
    else this.#queue.push(piece);
  }

  flush(): void {
    this.#work();
    if (this.#overflow?.atRisk) this.#overflow.kick();
  }

  reopen(): void {
    this.#renewing = true;
    if (this.#keeper.session) this.#work();
    else this.#keeper.connect();
  }

  details(): Counts {
    const { spooledRecords: spooled, damagedRecords: damaged } = this.#overflow ?? {};
    return {
      queued: this.#waitingRecords,
      ...(spooled === undefined || damaged === undefined
        ? {}
        : {
            spooled,
            recovered: this.#tally.recovered,
            damaged,
            'left for the next run': this.#kept,
          }),
      ...this.#tally.details(),
      connects: this.#keeper.connects,
    };
  }

  /** Stores for the time of `…shutdown` what there is; the rest goes to disk, or is lost. */
  async close(): Promise<void> {
    this.#cancelStart();
    this.#closing = true;
    this.#renewing = false;
    await this.#storeAll();
    this.#ended = true;
    clearTimeout(this.#flushTimer);
    // What it is still busy with is not waited for any longer: nobody knows what becomes of it.
    await this.#keeper.end();
    this.seal();
    const { kept = 0, left = [] } = (await this.#overflow?.close()) ?? {};
    const unsaved = [...this.#queue.takeAll(), ...left].filter(({ mark }) => !mark);
    const lost = unsaved.reduce((sum, { records }) => sum + records, 0);
    this.#counters.dropped += lost;
    this.#kept = kept;
    const { name } = this.#options.opener;
    if (lost > 0) this.#log.error(`${lost} records lost: ${name} has not taken them`);
    if (kept > 0) this.#log.notice(`${kept} records wait in the spool for the next run`);
  }

  /** Connects, once it is known what a former run has left to be stored first. */
  async #start(): Promise<void> {
    await this.#overflow?.start();
    this.#keeper.connect();
  }

  #up(layout: TableLayout): void {
    this.#renewing = false;
    this.#options.connected?.(layout);
    if (this.#waitingRecords === 0) this.#keeper.works();
    this.#work();
  }

  #down(): void {
    this.#atRisk();
    this.#work();
  }

  /** Goes on with what is to be done next, if anything can be done. */
  #work(): void {
    this.#onChange?.();
    const { session } = this.#keeper;
    if (!session || this.#storing || this.#ended) return;
    if (this.#renewing) {
      this.#renewing = false;
      this.#keeper.renew();
      return;
    }
    const overflow = this.#overflow;
    if (overflow?.isBehind) this.#load(overflow);
    else if (overflow && this.#isKeepingUp) overflow.atRisk = false;
    const { batchRows } = this.#options;
    const isDue = this.#memoryRecords >= batchRows || this.#due || this.#closing;
    if (isDue || (overflow?.isBehind && this.#queue.unsentRecords > 0)) {
      if (isDue && this.#queue.unsentRecords < batchRows) this.seal();
      const pieces = this.#queue.unsentBatch(batchRows);
      if (pieces.length > 0) this.#store(session, pieces);
    }
    if (!this.#storing && this.#memoryRecords > 0) this.#flushLater();
  }

  #flushLater(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#due = true;
      this.#work();
    }, this.#options.flushMs);
  }

  #load(overflow: Overflow): void {
    const bytes = this.#options.queueBytes * LOADED_PART;
    if (this.#queue.unsentBytes < bytes / 2) overflow.load(bytes);
  }

  async #store(session: Session, pieces: readonly Piece[]): Promise<void> {
    this.#storing = true;
    this.#due = false;
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const slow = setTimeout(() => this.#atRisk(), SLOW_MS);
    try {
      const result = await session.store(pieces);
      this.#keeper.works();
      this.#stored(pieces, result);
      this.#keeper.done(session);
    } catch (error) {
      this.#keeper.giveUp(session, error);
    } finally {
      clearTimeout(slow);
      this.#storing = false;
    }
    this.#work();
  }

  #stored(pieces: readonly Piece[], result: StoreResult): void {
    this.#tally.add(result, pieces[0]?.recovered === true);
    this.#queue.markSent(pieces.length, performance.now());
    for (const piece of this.#queue.takeSent(0, Number.POSITIVE_INFINITY)) {
      piece.done = true;
      if (piece.mark) this.#overflow?.release(piece.mark);
      this.#buffer.giveBack(piece.chunk);
    }
  }

  #atRisk(): void {
    if (!this.#overflow) return;
    this.#overflow.atRisk = true;
    this.#overflow.kick();
  }

  /** Resolves when everything is stored, or the database does not work, or has taken too long. */
  #storeAll(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#onChange = undefined;
        resolve();
      };
      const timer = setTimeout(done, this.#options.shutdownMs);
      this.#onChange = () => {
        const isDone = this.#waitingRecords === 0 && !this.#storing;
        const isDown = !this.#keeper.session && !this.#keeper.isConnecting;
        if (isDone || isDown) done();
      };
      if (this.#waitingRecords > 0) this.#keeper.connect();
      this.#work();
    });
  }
}
