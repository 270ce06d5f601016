import type { OutputCounters, PluginLog } from '../../api.ts';
import { CHUNK_SIZE, type Chunk, ChunkPool, hasRoom } from '../chunk-pool.ts';
import { Outage } from '../outage.ts';
import type { RecordSink } from '../record-sink.ts';
import type { Answer, Failure, Lines } from './send-lines.ts';

/** How long `close` waits for the log daemon to take what is left. */
const FAREWELL_MS = 2000;
/** How long the thread may then take to answer and to end: longer than it waits for anything. */
const END_MS = 1000;

const NO_MORE = 'the log daemon takes no more';

/** What is used of Node's Worker. */
export interface Thread {
  postMessage(message: Lines | undefined, transfer?: ArrayBuffer[]): void;
  on(event: 'message', listener: (answer: Answer) => void): unknown;
  on(event: 'error', listener: (error: Error) => void): unknown;
  on(event: 'exit', listener: () => void): unknown;
  terminate(): Promise<unknown>;
}

export interface SyslogThreadOptions {
  readonly thread: Thread;
  readonly log: PluginLog;
  readonly fail: (error: Error) => void;
}

/**
 * Hands lines to a thread that says them to the log daemon, so that nothing here waits for it. One
 * chunk of lines is with the thread while the next is filled; more queue up to the pool's bound, and
 * beyond it lines are dropped, counted and reported.
 *
 * A line that the log daemon does not take is kept and said again: at once when the daemon is slow,
 * after a pause when there is none. The end of the thread is an error of the plugin.
 */
export class SyslogThread implements RecordSink {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly maxRecord = CHUNK_SIZE;
  readonly closeTimeout = FAREWELL_MS + 2 * END_MS;
  view: DataView;
  position = 0;

  readonly #thread: Thread;
  readonly #log: PluginLog;
  readonly #fail: (error: Error) => void;
  readonly #pool = new ChunkPool();
  readonly #full: Chunk[] = [];
  #current: Chunk;
  /** Lines that are with the thread and not dealt with; 0: it has nothing. */
  #underWay = 0;
  /** Lines that wait for their repetition. */
  #refused: Lines | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #outage = new Outage();
  /** The time (Unix, ms) until which lines are said again: without end before `close`. */
  #closeBy = Number.POSITIVE_INFINITY;
  #hasEnded = false;
  readonly #settled: (() => void)[] = [];
  #closed: Promise<void> | undefined;

  constructor({ thread, log, fail }: SyslogThreadOptions) {
    this.#thread = thread;
    this.#log = log;
    this.#fail = fail;
    this.#current = this.#pool.first();
    this.view = this.#current.view;
    thread.on('message', (answer) => this.#answered(answer));
    thread.on('error', (error) => this.#ended(`has ended: ${error.message}`, error));
    thread.on('exit', () => this.#ended('has ended'));
  }

  reserve(bytes: number): boolean {
    if (this.#hasEnded) return false;
    if (hasRoom(this.#current, this.position, bytes)) return true;
    const next = this.#pool.take();
    if (!next) return false;
    this.#sealCurrent(next);
    return true;
  }

  commit(position: number): void {
    const current = this.#current;
    current.ends[current.rows++] = position;
    this.position = position;
  }

  drop(lines: number): void {
    const reason = this.#hasEnded ? 'the thread that sends them has ended' : NO_MORE;
    this.counters.dropped += lines;
    this.#log.counted(`lines dropped because ${reason}`, lines);
  }

  dropTooLong(lines: number): void {
    this.counters.dropped += lines;
    this.#log.counted(`lines dropped because they are longer than ${CHUNK_SIZE} bytes`, lines);
  }

  endBatch(): void {
    this.#pump();
  }

  /** Tries at once what waits for its repetition. */
  reopen(): void {
    this.#retry();
  }

  /** Waits a while for the log daemon to take what is left, and counts what it does not take. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closeBy = Date.now() + FAREWELL_MS;
    const late = setTimeout(() => {
      this.#ended('does not answer');
      this.#thread.terminate();
    }, FAREWELL_MS + END_MS);
    this.#retry();
    this.#pump();
    await this.#until(() => this.#underWay === 0 && !this.#refused && this.#full.length === 0);
    if (!this.#hasEnded) this.#thread.postMessage(undefined);
    await this.#until(() => this.#hasEnded);
    clearTimeout(late);
  }

  #sealCurrent(next: Chunk): void {
    this.#full.push(this.#current);
    this.#current = next;
    this.view = next.view;
    this.position = 0;
  }

  /** Gives the thread what waits, unless it has something or there is a pause. */
  #pump(): void {
    if (this.#underWay > 0 || this.#refused || this.#hasEnded) return;
    if (this.#full.length === 0 && this.#current.rows > 0) {
      // With nothing under way there is always a chunk to go on with.
      const next = this.#pool.take();
      if (next) this.#sealCurrent(next);
    }
    const chunk = this.#full.shift();
    if (chunk) this.#send({ bytes: chunk.bytes, ends: chunk.ends, rows: chunk.rows, next: 0 });
  }

  #send(lines: Lines): void {
    this.#underWay = lines.rows - lines.next;
    this.#thread.postMessage(lines, [lines.bytes.buffer, lines.ends.buffer]);
  }

  #answered({ failure, ...lines }: Answer): void {
    // Too late: they have been counted as lost.
    if (this.#hasEnded) return;
    const left = lines.rows - lines.next;
    const taken = this.#underWay - left;
    this.counters.written += taken;
    this.#underWay = 0;
    if (taken > 0 && this.#outage.succeeded()) this.#log.notice('the log daemon takes lines again');
    // EAGAIN: its queue stayed full for the time that a line waits. It is there, so no failure.
    if (failure && failure.code !== 'EAGAIN') this.#refuse(lines, failure);
    else if (left > 0) this.#goOn(lines, 'it takes them too slowly');
    else this.#finish(lines);
  }

  #refuse(lines: Lines, { code, message }: Failure): void {
    if (code === 'EMSGSIZE') {
      this.counters.errors++;
      this.counters.dropped++;
      this.#log.counted('lines dropped because the log daemon takes none of their length', 1);
      this.#goOn({ ...lines, next: lines.next + 1 }, message);
      return;
    }
    this.counters.errors++;
    if (this.#outage.failed() === 'begun') {
      this.#log.error(`cannot reach the log daemon: ${message}; trying again`);
    }
    if (this.#isTooLate()) {
      this.#abandon(lines, message);
      return;
    }
    this.#refused = lines;
    const pause = Math.min(this.#outage.nextPause(), this.#closeBy - Date.now());
    this.#retryTimer = setTimeout(() => this.#retry(), pause);
  }

  #goOn(lines: Lines, reason: string): void {
    if (lines.next === lines.rows) this.#finish(lines);
    else if (this.#isTooLate()) this.#abandon(lines, reason);
    else this.#send(lines);
  }

  #isTooLate(): boolean {
    return Date.now() >= this.#closeBy;
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    const lines = this.#refused;
    this.#refused = undefined;
    if (lines) this.#send(lines);
  }

  #finish({ bytes, ends }: Lines): void {
    this.#pool.give({ bytes, ends, view: new DataView(bytes.buffer), rows: 0 });
    this.#pump();
    this.#settle();
  }

  /** Gives up everything that the log daemon has not taken. */
  #abandon(lines: Lines, reason: string): void {
    this.#giveUp(lines.rows - lines.next, `the log daemon did not take them: ${reason}`);
    this.#finish(lines);
  }

  #ended(how: string, cause?: Error): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearTimeout(this.#retryTimer);
    const held = this.#underWay + (this.#refused ? this.#refused.rows - this.#refused.next : 0);
    this.#underWay = 0;
    this.#refused = undefined;
    const message = `the thread that sends lines ${how}`;
    this.#giveUp(held, message);
    this.#settle();
    if (this.#closed && held === 0) return;
    this.#fail(new Error(message, { cause }));
  }

  #giveUp(held: number, reason: string): void {
    const waiting = this.#full.splice(0).reduce((sum, { rows }) => sum + rows, 0);
    const lost = held + waiting + this.#current.rows;
    this.#current.rows = 0;
    this.position = 0;
    if (lost === 0) return;
    this.counters.dropped += lost;
    this.#log.error(`${lost} lines lost: ${reason}`);
  }

  #settle(): void {
    for (const settle of this.#settled.splice(0)) settle();
  }

  /** Waits for a state that the thread's answers bring about. */
  async #until(reached: () => boolean): Promise<void> {
    while (!reached()) await new Promise<void>((resolve) => this.#settled.push(resolve));
  }
}
