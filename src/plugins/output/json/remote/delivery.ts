import type { OutputCounters } from '../../../api.ts';
import { Backlog, type Leftovers } from '../../queue/backlog.ts';
import type { PieceQueue } from '../../queue/piece-queue.ts';
import type { Piece, RecordBuffer } from '../../queue/record-buffer.ts';
import { Connection, type End } from './connection.ts';
import type { DeliveryOptions } from './delivery-options.ts';

/** Bytes that are handed to the kernel at once: it takes a turn of the event loop. */
const SEND_BYTES = 1 << 20;
/** A receiver that takes nothing for so long cannot be relied on: what waits goes to disk. */
const SLOW_MS = 1000;
/** After an end in order: what the receiver, or a proxy, may have read and not yet stored. */
const UNSTORED_MS = 10_000;
/** What was sent so long ago has arrived, or TCP has given the connection up (tcp_retries2). */
const UNREAD_MS = 20 * 60_000;
const FORGET_INTERVAL_MS = 60_000;
/** How long `close` goes on sending. */
const DELIVER_MS = 2000;
/** How long a receiver has to close the connection after specter has. */
const FINISH_MS = 1000;

/**
 * Sends the pieces of a buffer over a connection, in order, each at least once. What was sent is kept
 * for a while: the kernel has taken it, but the receiver may not have read it, and then it is sent
 * again over the next connection.
 */
export class Delivery {
  resent = 0;
  /** Records from before that were sent. */
  recovered = 0;
  readonly #options: DeliveryOptions;
  readonly #counters: OutputCounters;
  readonly #backlog: Backlog;
  readonly #queue: PieceQueue;
  readonly #connection: Connection;
  readonly #cancelStart: () => void;
  /** The kernel has not yet taken all of what was handed to it last. */
  #sending = false;
  /** The connection shall be made anew; resolves when the last time has ended. */
  #renewing = false;
  #renewed: Promise<void> = Promise.resolve();
  #slowTimer: NodeJS.Timeout | undefined;
  #forgetTimer: NodeJS.Timeout | undefined;
  /** Told of changes while it is being closed. */
  #onChange: (() => void) | undefined;

  constructor(options: DeliveryOptions, buffer: RecordBuffer, counters: OutputCounters) {
    const { name, connect, log, overflow, queueBytes } = options;
    this.#options = options;
    this.#counters = counters;
    this.#backlog = new Backlog(buffer, {
      ...{ queueBytes, counters, overflow },
      changed: () => this.#send(),
    });
    this.#queue = this.#backlog.queue;
    this.#connection = new Connection({
      ...{ name, connect, log, counters },
      waiting: () => `${this.waitingRecords} records wait`,
      up: () => this.#send(),
      down: (end) => this.#lost(end),
    });
    this.#cancelStart = options.whenReady(() => this.#start());
  }

  /** Bytes in memory that have not been sent, those of the open piece left out. */
  get waitingBytes(): number {
    return this.#backlog.waitingBytes;
  }

  /** Records that are still to be sent. */
  get waitingRecords(): number {
    return this.#backlog.waitingRecords;
  }

  /** Records that were sent and may be sent again. */
  get unconfirmedRecords(): number {
    return this.#queue.sentRecords;
  }

  /** Records on disk; undefined where there is no spool. */
  get spooledRecords(): number | undefined {
    return this.#backlog.overflow?.spooledRecords;
  }

  /** Records that were lost in damaged files of the spool, as far as it is known. */
  get damagedRecords(): number {
    return this.#backlog.overflow?.damagedRecords ?? 0;
  }

  /** Connections that were made. */
  get connects(): number {
    return this.#connection.made;
  }

  /** Closes the buffer's open piece and puts it behind all others. */
  seal(): void {
    this.#backlog.seal();
  }

  /** Sends what the buffer has, or saves it, unless it is busy with what came before. */
  flush(): void {
    this.#send();
    this.#backlog.flush();
  }

  /** Ends the connection in order, and makes a new one. */
  reopen(): void {
    this.#renewing = true;
    if (!this.#sending) this.#renewed = this.#renew();
  }

  /** Sends for two seconds what there is; the rest goes to disk, or remains. */
  async close(): Promise<Leftovers> {
    this.#cancelStart();
    this.#renewing = false;
    await this.#renewed;
    await this.#deliver();
    if (this.#connection.isUp && this.#isAllSent) await this.#finish();
    else this.#keepFor('broken');
    this.#connection.close();
    clearTimeout(this.#slowTimer);
    clearTimeout(this.#forgetTimer);
    return await this.#backlog.close();
  }

  get #isAllSent(): boolean {
    return this.#backlog.nextRecords === 0 && !this.#backlog.isBehind;
  }

  /** Connects, once it is known what was left in the spool, to be sent first. */
  async #start(): Promise<void> {
    await this.#backlog.overflow?.start();
    this.#connection.start();
  }

  /** Sends what comes next, if the kernel takes it. */
  #send(): void {
    if (this.#connection.isUp && !this.#sending) {
      if (this.#queue.unsentBytes === 0) this.seal();
      this.#backlog.load();
      const pieces = this.#queue.unsent(SEND_BYTES);
      if (pieces.length > 0) this.#hand(pieces);
      else this.#backlog.relax();
    }
    this.#onChange?.();
  }

  #hand(pieces: readonly Piece[]): void {
    this.#sending = true;
    this.#slowTimer ??= setTimeout(() => this.#backlog.secure(), SLOW_MS);
    const parts = pieces.map(({ bytes }) => bytes);
    this.#connection.write(parts, () => this.#sent(pieces));
  }

  #sent(pieces: readonly Piece[]): void {
    this.#notSending();
    for (const { records, recovered, sentAt } of pieces) {
      if (sentAt !== undefined) this.resent += records;
      else if (recovered) this.recovered += records;
      else this.#counters.written += records;
    }
    this.#queue.markSent(pieces.length, performance.now());
    this.#forget();
    if (this.#renewing) this.#renewed = this.#renew();
    else this.#send();
  }

  #notSending(): void {
    this.#sending = false;
    clearTimeout(this.#slowTimer);
    this.#slowTimer = undefined;
  }

  #lost(end: End): void {
    this.#notSending();
    this.#keepFor(end);
    this.#backlog.secure();
    this.#onChange?.();
  }

  /** What of that which was sent shall be sent again after such an end; the rest has arrived. */
  #keepFor(end: End): void {
    const now = performance.now();
    this.#queue.rewind(now - (end === 'in order' ? UNSTORED_MS : UNREAD_MS));
    this.#backlog.retire(this.#queue.takeSent(0, now));
  }

  /** Lets go of what was sent and need not be kept any longer. */
  #forget(): void {
    const { resendBytes } = this.#options;
    this.#backlog.retire(this.#queue.takeSent(resendBytes, performance.now() - UNREAD_MS));
    if (this.#forgetTimer || this.#queue.sentBytes === 0) return;
    this.#forgetTimer = setTimeout(() => {
      this.#forgetTimer = undefined;
      this.#forget();
    }, FORGET_INTERVAL_MS).unref();
  }

  async #renew(): Promise<void> {
    this.#renewing = false;
    if (this.#connection.isUp) await this.#finish();
    this.#connection.start();
  }

  async #finish(): Promise<void> {
    const end = await this.#connection.finish(FINISH_MS);
    // It has read to the end, and said so.
    if (end === 'in order') this.#backlog.retire(this.#queue.takeSent(0, Number.POSITIVE_INFINITY));
    else this.#keepFor('broken');
  }

  /** Resolves when everything is sent, or cannot be sent now, or has taken too long. */
  #deliver(): Promise<void> {
    return new Promise((resolve) => {
      const done = () => {
        clearTimeout(timer);
        this.#onChange = undefined;
        resolve();
      };
      const timer = setTimeout(done, DELIVER_MS);
      this.#onChange = () => {
        const { isUp, isConnecting } = this.#connection;
        if (this.#isAllSent || !(isUp || isConnecting)) done();
      };
      if (!this.#isAllSent) this.#connection.start();
      this.#send();
    });
  }
}
