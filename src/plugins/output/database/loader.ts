import type { Counts, OutputCounters, PluginLog } from '../../api.ts';
import { Outage } from '../outage.ts';
import type { Overflow } from '../queue/overflow.ts';
import { PieceQueue } from '../queue/piece-queue.ts';
import type { Carrier } from '../queue/queue-sink.ts';
import type { Piece, RecordBuffer } from '../queue/record-buffer.ts';
import type { LoaderOptions } from './loader-options.ts';
import type { Session, StoreResult } from './session.ts';

/** A batch that takes so long shows a database that cannot be relied on: what waits goes to disk. */
const SLOW_MS = 1000;
/** What of the memory may be filled from disk; with less than half of it to store, it is. */
const LOADED_PART = 1 / 8;
/** How long a session may take to end in order. */
const END_MS = 1000;
const FIRST_PAUSE_MS = 100;
const REMIND_MS = 60_000;
/** Reasons of refusals that the log tells apart. */
const MOST_REASONS = 20;

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
  readonly #outage: Outage;
  readonly #cancelStart: () => void;
  #session: Session | undefined;
  #connecting = false;
  /** A batch is with the database. */
  #storing = false;
  #flushTimer: NodeJS.Timeout | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  /** What has waited for the flush is due, whether it fills a batch or not. */
  #due = false;
  #renewing = false;
  #closing = false;
  #ended = false;
  /** Told of changes while it is being closed. */
  #onChange: (() => void) | undefined;
  /** When the log shall tell again of an outage that lasts. */
  #remindAt = 0;
  /** Why records were refused, as far as it is told apart. */
  readonly #reasons = new Set<string>();
  #recovered = 0;
  #known = 0;
  #refused = 0;
  #cut = 0;
  #unfit = 0;
  #connects = 0;

  constructor(options: LoaderOptions, buffer: RecordBuffer, counters: OutputCounters) {
    this.#options = options;
    this.#buffer = buffer;
    this.#counters = counters;
    this.#log = options.log;
    const longestPause = Math.max(FIRST_PAUSE_MS, options.reconnectMs);
    this.#outage = new Outage({ firstPause: FIRST_PAUSE_MS, longestPause, jitter: 0.5 });
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
    return !this.#outage.lasting && this.#memoryRecords < this.#options.batchRows;
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
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#session) this.#work();
    else this.#connect();
  }

  details(): Counts {
    const { spooledRecords: spooled, damagedRecords: damaged } = this.#overflow ?? {};
    return {
      queued: this.#waitingRecords,
      ...(spooled === undefined || damaged === undefined
        ? {}
        : { spooled, recovered: this.#recovered, damaged }),
      refused: this.#refused,
      'stored before': this.#known,
      'texts cut': this.#cut,
      'values unfit': this.#unfit,
      connects: this.#connects,
    };
  }

  /** Stores for the time of `…shutdown` what there is; the rest goes to disk, or is lost. */
  async close(): Promise<void> {
    this.#cancelStart();
    this.#closing = true;
    this.#renewing = false;
    await this.#storeAll();
    this.#ended = true;
    for (const timer of [this.#flushTimer, this.#retryTimer]) clearTimeout(timer);
    const session = this.#session;
    this.#session = undefined;
    // What it is still busy with is not waited for any longer: nobody knows what becomes of it.
    if (this.#storing) session?.destroy();
    else if (session) await endInTime(session);
    this.seal();
    const { kept = 0, left = [] } = (await this.#overflow?.close()) ?? {};
    const unsaved = [...this.#queue.takeAll(), ...left].filter(({ mark }) => !mark);
    const lost = unsaved.reduce((sum, { records }) => sum + records, 0);
    this.#counters.dropped += lost;
    const { name } = this.#options.opener;
    if (lost > 0) this.#log.error(`${lost} records lost: ${name} has not taken them`);
    if (kept > 0) this.#log.notice(`${kept} records wait in the spool for the next run`);
  }

  /** Connects, once it is known what a former run has left to be stored first. */
  async #start(): Promise<void> {
    await this.#overflow?.start();
    this.#connect();
  }

  async #connect(): Promise<void> {
    if (this.#connecting || this.#session || this.#ended) return;
    this.#connecting = true;
    try {
      const session = await this.#options.opener.open((error) => this.#lost(session, error));
      if (this.#ended) {
        session.destroy();
        return;
      }
      this.#session = session;
      this.#connects++;
      this.#renewing = false;
      this.#options.connected?.(session.layout);
    } catch (error) {
      if (!this.#ended) this.#failed(error);
    } finally {
      this.#connecting = false;
    }
    if (this.#session && this.#waitingRecords === 0) this.#works();
    this.#work();
  }

  /** Goes on with what is to be done next, if anything can be done. */
  #work(): void {
    this.#onChange?.();
    const session = this.#session;
    if (!session || this.#storing || this.#ended) return;
    if (this.#renewing) {
      this.#renew(session);
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
    const started = performance.now();
    const slow = setTimeout(() => this.#atRisk(), SLOW_MS);
    try {
      const result = await session.store(pieces);
      this.#works();
      this.#stored(pieces, result);
      const isQuick = performance.now() - started < SLOW_MS;
      if (this.#overflow && isQuick && !this.#overflow.isBehind) this.#overflow.atRisk = false;
    } catch (error) {
      session.destroy();
      if (this.#session === session) this.#session = undefined;
      if (!this.#ended) this.#failed(error);
    } finally {
      clearTimeout(slow);
      this.#storing = false;
    }
    this.#work();
  }

  #stored(
    pieces: readonly Piece[],
    { stored, known, refused, reasons, ...others }: StoreResult,
  ): void {
    if (pieces[0]?.recovered) this.#recovered += stored + known;
    else {
      this.#counters.written += stored + known;
      this.#counters.dropped += refused;
    }
    this.#known += known;
    this.#refused += refused;
    this.#cut += others.cut;
    this.#unfit += others.unfit;
    const log = this.#log;
    for (const [reason, count] of reasons) log.counted(this.#eventOf(reason), count);
    if (others.cut > 0) log.counted('texts cut to the length of their column', others.cut);
    if (others.unfit > 0) log.counted('values that their column cannot hold: NULL', others.unfit);
    this.#queue.markSent(pieces.length, performance.now());
    for (const piece of this.#queue.takeSent(0, Number.POSITIVE_INFINITY)) {
      piece.done = true;
      if (piece.mark) this.#overflow?.release(piece.mark);
      this.#buffer.giveBack(piece.chunk);
    }
  }

  /** How the log counts a reason: they are the database's words, of which there may be any number. */
  #eventOf(reason: string): string {
    if (this.#reasons.size < MOST_REASONS) this.#reasons.add(reason);
    return `records refused: ${this.#reasons.has(reason) ? reason : 'other reasons'}`;
  }

  /** The database has done something. */
  #works(): void {
    const { name } = this.#options.opener;
    if (this.#outage.succeeded()) this.#log.notice(`${name} works again`);
  }

  #lost(session: Session, error: Error): void {
    if (this.#session !== session || this.#ended) return;
    this.#session = undefined;
    // What is under way fails by itself, and says more.
    if (!this.#storing) this.#failed(error);
    this.#work();
  }

  #failed(error: unknown): void {
    this.#counters.errors++;
    const message = error instanceof Error ? error.message : String(error);
    const now = performance.now();
    if (this.#outage.failed() === 'begun' || now >= this.#remindAt) {
      this.#log.error(`${message}; trying again, ${this.#waitingRecords} records wait`);
      this.#remindAt = now + REMIND_MS;
    }
    this.#atRisk();
    this.#retryTimer ??= setTimeout(() => {
      this.#retryTimer = undefined;
      this.#connect();
    }, this.#outage.nextPause());
  }

  #atRisk(): void {
    if (!this.#overflow) return;
    this.#overflow.atRisk = true;
    this.#overflow.kick();
  }

  async #renew(session: Session): Promise<void> {
    this.#session = undefined;
    await endInTime(session);
    await this.#connect();
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
        const isDown = !this.#session && !this.#connecting;
        if (isDone || isDown) done();
      };
      if (this.#waitingRecords > 0) this.#connect();
      this.#work();
    });
  }
}

/** Ends a session in order, or at once if that takes long. */
async function endInTime(session: Session): Promise<void> {
  const timer = setTimeout(() => session.destroy(), END_MS);
  await session.close();
  clearTimeout(timer);
}
