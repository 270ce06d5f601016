import type { Counts, OutputCounters } from '../../api.ts';
import { Backlog } from '../queue/backlog.ts';
import type { Carrier } from '../queue/queue-sink.ts';
import type { Piece, RecordBuffer } from '../queue/record-buffer.ts';
import type { TableLayout } from './layout.ts';
import type { LoaderOptions } from './loader-options.ts';
import { RowTally } from './row-tally.ts';
import type { Session } from './session.ts';
import { SessionKeeper } from './session-keeper.ts';

/** A batch that takes so long shows a database that cannot be relied on: what waits goes to disk. */
const SLOW_MS = 1000;

/** With no answer to a batch for so long there is none to come: it goes over a new connection. */
const NO_ANSWER_MS = 60_000;
/** Most bytes of a batch, however few rows that are. */
const BATCH_BYTES = 8 << 20;

/**
 * Stores the pieces of a buffer in a database, a batch at a time, each row at least once: a batch of
 * which nobody knows whether it was stored is stored again, and the rows' ids keep a table that has
 * them from knowing it twice.
 */
export class Loader implements Carrier {
  readonly #options: LoaderOptions;
  readonly #counters: OutputCounters;
  readonly #backlog: Backlog;
  readonly #keeper: SessionKeeper;
  readonly #tally: RowTally;
  readonly #cancelStart: () => void;
  /** A batch is with the database, and takes long. */
  #storing = false;
  #isSlow = false;
  #flushTimer: NodeJS.Timeout | undefined;
  /** What has waited for the flush is due, whether it fills a batch or not. */
  #due = false;
  #renewing = false;
  #closing = false;
  #ended = false;
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
    const { pieces, kept } = await this.#backlog.close();
    const lost = pieces.reduce((sum, { records }) => sum + records, 0);
    this.#counters.dropped += lost;
    this.#kept = kept;
    const { opener, log } = this.#options;
    if (lost > 0) log.error(`${lost} records lost: ${opener.name} has not taken them`);
    if (kept > 0) log.notice(`${kept} records wait in the spool for the next run`);
  }

  /** Connects, once it is known what a former run has left to be stored first. */
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
      if (pieces.length > 0) this.#store(session, pieces);
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
      this.#keeper.works();
      this.#tally.add(result, pieces[0]?.recovered === true);
      this.#stored(pieces);
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

  #stored(pieces: readonly Piece[]): void {
    const { queue } = this.#backlog;
    queue.markSent(pieces.length, performance.now());
    this.#backlog.retire(queue.takeSent(0, Number.POSITIVE_INFINITY));
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

const noAnswer = (): Error => new Error(`no answer to a batch within ${NO_ANSWER_MS / 1000} s`);
