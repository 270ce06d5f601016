import { close, write } from 'node:fs';
import type { Host, OutputCounters, PluginLog } from '../api.ts';
import { type Chunk, ChunkPool, chunkLength, hasRoom, wholeRows } from './chunk-pool.ts';
import { Outage } from './outage.ts';

/** Without `sync`, at most this long passes before a line is handed to the kernel. */
const FLUSH_INTERVAL_MS = 500;
/** How long `close` waits for the reader of a full pipe. */
const FAREWELL_MS = 1000;

export interface AppendFileOptions {
  readonly path: string;
  /** Hand over what there is after every batch instead of within half a second. */
  readonly sync: boolean;
  readonly host: Host;
  readonly log: PluginLog;
  readonly fail: (error: Error) => void;
}

/**
 * A file that records are appended to, off the event loop: rows are formatted into one chunk of
 * memory while another is being written. When the disk does not keep up, chunks queue up to the
 * pool's bound; beyond it rows are dropped, counted and reported.
 *
 * A failed write (disk full, I/O error) is reported, counted and repeated until it succeeds; no
 * byte is skipped. After three seconds without success the plugin's `fail` decides whether the
 * daemon ends. A full pipe is no failure, only slow.
 */
export class AppendFile {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  /** Where the next row goes, from `position` on. Valid after `reserve`. */
  view: DataView;
  position = 0;

  readonly #path: string;
  readonly #sync: boolean;
  readonly #host: Host;
  readonly #log: PluginLog;
  readonly #fail: (error: Error) => void;
  readonly #pool = new ChunkPool();
  readonly #full: Chunk[] = [];
  #current: Chunk;
  /** The chunk under way to the file, and how much of it is there already. */
  #writing: Chunk | undefined;
  #done = 0;
  #fd: number;
  #nextFd: number | undefined;
  #flushTimer: NodeJS.Timeout | undefined;
  #flushWanted = false;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #outage = new Outage();
  /** While closing, the time (Unix, ms) until which a full pipe is waited for. */
  #closeBy: number | undefined;
  readonly #settled: (() => void)[] = [];

  /** Opens the file. Throws Error of node:fs. */
  constructor(options: AppendFileOptions) {
    this.#path = options.path;
    this.#sync = options.sync;
    this.#host = options.host;
    this.#log = options.log;
    this.#fail = options.fail;
    this.#current = this.#pool.first();
    this.view = this.#current.view;
    this.#fd = this.#host.openAppend(this.#path);
  }

  /** Makes room for a row of at most `bytes` (≤ CHUNK_SIZE); false when the bound is reached. */
  reserve(bytes: number): boolean {
    if (hasRoom(this.#current, this.position, bytes)) return true;
    const next = this.#pool.take();
    if (!next) return false;
    this.#sealCurrent(next);
    this.#pump();
    return true;
  }

  /** Ends a row that was written to `view` up to `position`. */
  commit(position: number): void {
    const current = this.#current;
    current.ends[current.rows++] = position;
    this.position = position;
  }

  /** Counts rows for which `reserve` found no room. */
  drop(rows: number): void {
    this.counters.dropped += rows;
    this.#log.counted(`records dropped because ${this.#path} takes no more`, rows);
  }

  endBatch(): void {
    if (this.#current.rows === 0) return;
    if (this.#sync) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_INTERVAL_MS);
  }

  /**
   * Opens the path anew and appends there from the next chunk on, so that every row is whole, in
   * one file or the other. Throws when the path cannot be opened, and then goes on with the old
   * file.
   *
   * A file that takes no more is left at once, at the row that did not fit: the old file may then
   * end with the beginning of a row that stands whole in the new one.
   */
  reopen(): void {
    const fd = this.#host.openAppend(this.#path);
    if (this.#nextFd !== undefined) this.#closeFile(this.#nextFd);
    this.#nextFd = fd;
    if (this.#writing && this.#retryTimer && this.#outage.lasting) {
      this.#switchFile();
      const whole = wholeRows(this.#writing, this.#done);
      this.#done = whole === 0 ? 0 : (this.#writing.ends[whole - 1] as number);
      this.#retry();
    }
    this.#flush();
  }

  /** Writes what is left and closes the file. What cannot be written is counted and reported. */
  async close(): Promise<void> {
    this.#closeBy = Date.now() + FAREWELL_MS;
    this.#flush();
    if (this.#retryTimer) this.#retry();
    await this.#whenIdle();
    this.#switchFile();
    await this.#closeFile(this.#fd);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushWanted = true;
    this.#pump();
  }

  #sealCurrent(next: Chunk): void {
    this.#full.push(this.#current);
    this.#current = next;
    this.view = next.view;
    this.position = 0;
  }

  /** Starts the next write unless one is under way or waits for its repetition. */
  #pump(): void {
    if (this.#writing) return;
    this.#switchFile();
    if (this.#full.length === 0 && this.#flushWanted) {
      this.#flushWanted = false;
      // With nothing under way there is always a chunk to go on with.
      const next = this.#current.rows > 0 ? this.#pool.take() : undefined;
      if (next) this.#sealCurrent(next);
    }
    const chunk = this.#full.shift();
    if (!chunk) {
      for (const settle of this.#settled.splice(0)) settle();
      return;
    }
    this.#writing = chunk;
    this.#done = 0;
    this.#write(chunk);
  }

  #write(chunk: Chunk): void {
    const rest = chunkLength(chunk) - this.#done;
    write(this.#fd, chunk.bytes, this.#done, rest, null, (error, count) => {
      if (error) this.#writeFailed(error, chunk);
      else this.#wrote(chunk, count);
    });
  }

  #wrote(chunk: Chunk, count: number): void {
    if (this.#outage.succeeded()) this.#log.notice(`${this.#path} can be written again`);
    this.#done += count;
    if (this.#done < chunkLength(chunk)) {
      this.#write(chunk);
      return;
    }
    this.counters.written += chunk.rows;
    this.#finish(chunk);
  }

  #writeFailed(error: NodeJS.ErrnoException, chunk: Chunk): void {
    const slow = error.code === 'EAGAIN';
    if (!slow) this.#report(error);
    if (this.#closeBy !== undefined && !(slow && Date.now() < this.#closeBy)) {
      this.#abandon(chunk, error);
      return;
    }
    this.#retryTimer = setTimeout(() => this.#retry(), this.#outage.nextPause());
  }

  #report(error: NodeJS.ErrnoException): void {
    this.counters.errors++;
    const message = `cannot write ${this.#path}: ${error.message}`;
    const state = this.#outage.failed();
    if (state === 'begun') this.#log.error(`${message}; trying again`);
    else if (state === 'too long') this.#fail(new Error(message, { cause: error }));
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    if (this.#writing) this.#write(this.#writing);
  }

  #finish(chunk: Chunk): void {
    this.#writing = undefined;
    this.#pool.give(chunk);
    this.#pump();
  }

  /** Gives up everything that is not in the file; nothing may follow a row that was cut off. */
  #abandon(chunk: Chunk, error: Error): void {
    const whole = wholeRows(chunk, this.#done);
    const waiting = this.#full.splice(0).reduce((sum, { rows }) => sum + rows, 0);
    const lost = chunk.rows - whole + waiting + this.#current.rows;
    this.counters.written += whole;
    this.counters.dropped += lost;
    this.#log.error(`${lost} records lost: cannot write ${this.#path}: ${error.message}`);
    this.#current.rows = 0;
    this.position = 0;
    this.#finish(chunk);
  }

  #switchFile(): void {
    if (this.#nextFd === undefined) return;
    this.#closeFile(this.#fd);
    this.#fd = this.#nextFd;
    this.#nextFd = undefined;
  }

  /** Network file systems may tell only now that they could not keep what they took. */
  #closeFile(fd: number): Promise<void> {
    return new Promise((resolve) => {
      close(fd, (error) => {
        if (error) {
          this.counters.errors++;
          this.#log.error(`closing ${this.#path}: ${error.message}`);
        }
        resolve();
      });
    });
  }

  #whenIdle(): Promise<void> {
    if (!this.#writing && this.#full.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }
}
