import type { Counts, OutputCounters } from '../../api.ts';
import { atMost } from '../at-most.ts';
import { Backlog } from '../queue/backlog.ts';
import type { Carrier } from '../queue/queue-sink.ts';
import type { Piece, RecordBuffer } from '../queue/record-buffer.ts';
import type { TableLayout } from './layout.ts';
import type { LoaderOptions } from './loader-options.ts';
import { RowTally } from './row-tally.ts';
import { rowsBehind } from './rows-behind.ts';
import type { Session, StoreResult } from './session.ts';
import { SessionKeeper } from './session-keeper.ts';

/** A batch that takes so long shows a database that cannot be relied on: what waits goes to disk. */
const SLOW_MS = 1000;

/** With no answer for so long there is none to come: what remains of the batch goes over a new connection. */
const NO_ANSWER_MS = 60_000;
/** How long a session that was ended in the middle of a batch may take to tell how far it has come. */
const LAST_WORDS_MS = 1000;
/** Most bytes of a batch, however few rows that are. */
const BATCH_BYTES = 8 << 20;

/**
 * Stores the pieces of a buffer in a database, a batch at a time, each row at least once: rows of which
 * nobody knows whether they were stored are stored again, and their ids keep a table that has them from
 * knowing them twice. Where a session deals with a part of a batch, the rest is its next batch.
 */
export class Loader implements Carrier {
  readonly #options: LoaderOptions;
  readonly #counters: OutputCounters;
  readonly #backlog: Backlog;
  readonly #keeper: SessionKeeper;
  readonly #tally: RowTally;
  readonly #cancelStart: () => void;
  /** A batch is with the database. */
  #storing = false;
  /** It takes long. */
  #isSlow = false;
  /** Resolves when what became of the last batch is known. */
  #told: Promise<void> = Promise.resolve();
  #flushTimer: NodeJS.Timeout | undefined;
  /** What has waited for the flush is due, whether it fills a batch or not. */
  #due = false;
  #renewing = false;
  #closing = false;
  #ended = false;
  /** What was left has been counted: what is told of it from now on comes too late. */
  #isOver = false;
  /** Rows that its end has left in the spool. */
  #kept = 0;
  /** Told of changes while it is being closed. */
  #onChange: (() => void) | undefined;

  constructor(options: LoaderOptions, buffer: RecordBuffer, counters: OutputCounters) {
    this.#options = options;
    this.#counters = counters;
    this.#tally = new RowTally(counters, options.log);
    const { opener, reconnectMs, queueBytes, overflow, log } = options;
    this.#backlog = new Backlog(buffer, {
      ...{ queueBytes, counters, overflow },
      changed: () => this.#work(),
    });
    this.#keeper = new SessionKeeper({
      ...{ opener, reconnectMs, counters, log },
      waiting: () => this.#backlog.waitingRecords,
      isBusy: () => this.#storing,
      up: (layout) => this.#up(layout),
      down: () => this.#down(),
    });
    this.#cancelStart = options.whenReady(() => this.#start());
  }

  get waitingBytes(): number {
    return this.#backlog.waitingBytes;
  }

  seal(): void {
    this.#backlog.seal();
  }

  flush(): void {
    this.#work();
    this.#backlog.flush();
  }

  reopen(): void {
    this.#renewing = true;
    const { session } = this.#keeper;
    if (!session) this.#keeper.connect();
    else if (this.#isSlow) this.#keeper.giveUp(session, new Error('no answer until the SIGHUP'));
    else this.#work();
  }

  details(): Counts {
    const { waitingRecords: queued, overflow } = this.#backlog;
    const { recovered } = this.#tally;
    return {
      queued,
      ...(overflow && {
        spooled: overflow.spooledRecords,
        recovered,
        damaged: overflow.damagedRecords,
        'left in the spool': this.#kept,
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
    // What it is still busy with fails of that: nobody knows what becomes of these rows.
    await this.#keeper.end();
    await atMost(LAST_WORDS_MS, this.#told);
    this.#isOver = true;
    const { pieces, kept } = await this.#backlog.close();
    const lost = pieces.reduce((sum, { records }) => sum + records, 0);
    this.#counters.dropped += lost;
    this.#kept = kept;
    const { opener, log } = this.#options;
    if (lost > 0) log.error(`${lost} records lost: ${opener.name} has not taken them`);
    if (kept > 0) log.notice(`${kept} records stay in the spool`);
  }

  /** Connects, once it is known what was left in the spool, to be stored first. */
  async #start(): Promise<void> {
    await this.#backlog.overflow?.start();
    this.#keeper.connect();
  }

  #up(layout: TableLayout): void {
    this.#renewing = false;
    this.#options.connected?.(layout);
    this.#work();
  }

  #down(): void {
    this.#backlog.secure();
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
    const backlog = this.#backlog;
    const { queue } = backlog;
    const { batchRows } = this.#options;
    backlog.load();
    if (this.#keeper.isWorking && backlog.nextRecords < batchRows) backlog.relax();
    const isDue = backlog.nextRecords >= batchRows || this.#due || this.#closing;
    if (isDue || (backlog.isBehind && queue.unsentRecords > 0)) {
      if (isDue && queue.unsentRecords < batchRows) this.seal();
      const pieces = queue.unsentBatch(batchRows, BATCH_BYTES);
      if (pieces.length > 0) this.#told = this.#store(session, pieces);
    }
    if (!this.#storing && backlog.nextRecords > 0) this.#flushLater();
  }

  #flushLater(): void {
    this.#flushTimer ??= setTimeout(() => {
      this.#flushTimer = undefined;
      this.#due = true;
      this.#work();
    }, this.#options.flushMs);
  }

  async #store(session: Session, pieces: readonly Piece[]): Promise<void> {
    this.#storing = true;
    this.#due = false;
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    const slow = setTimeout(() => this.#slow(), SLOW_MS);
    const hopeless = setTimeout(() => this.#keeper.giveUp(session, noAnswer()), NO_ANSWER_MS);
    try {
      const result = await session.store(pieces);
      this.#keeper.works(session);
      if (!this.#isOver) this.#stored(pieces, result);
    } catch (error) {
      this.#keeper.giveUp(session, error);
    } finally {
      clearTimeout(slow);
      clearTimeout(hopeless);
      this.#storing = false;
      this.#isSlow = false;
    }
    this.#work();
  }

  #slow(): void {
    this.#isSlow = true;
    const { opener, log } = this.#options;
    log.counted(`batches that ${opener.name} took longer than a second for`, 1);
    this.#backlog.secure();
  }

  #stored(pieces: readonly Piece[], result: StoreResult): void {
    this.#tally.add(result, pieces[0]?.recovered === true);
    let rows = result.stored + result.known + result.refused;
    let done = 0;
    for (const { records } of pieces) {
      if (records > rows) break;
      rows -= records;
      done++;
    }
    const { queue } = this.#backlog;
    queue.markSent(done, performance.now());
    this.#backlog.retire(queue.takeSent(0, Number.POSITIVE_INFINITY));
    const next = pieces[done];
    if (!next) return;
    this.#due = true;
    if (rows === 0) return;
    const { bytes, records } = rowsBehind(next, rows);
    this.#backlog.shorten(bytes, records);
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
        const isDone = this.#backlog.waitingRecords === 0 && !this.#storing;
        const isDown = !this.#keeper.session && !this.#keeper.isConnecting;
        if (isDone || isDown) done();
      };
      if (this.#backlog.waitingRecords > 0) this.#keeper.connect();
      this.#work();
    });
  }
}

const noAnswer = (): Error => new Error(`no answer within ${NO_ANSWER_MS / 1000} s`);
