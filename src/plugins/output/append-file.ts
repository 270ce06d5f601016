import { close, write } from 'node:fs';
import type { Host, OutputCounters, PluginLog } from '../api.ts';
import { type Chunk, ChunkPool } from './chunk-pool.ts';

/** Without `sync`, at most this long passes before a line is handed to the kernel. */
const FLUSH_INTERVAL_MS = 500;
/** Pauses between attempts after a failed write: doubled each time up to the longest. */
const FIRST_RETRY_MS = 50;
const LONGEST_RETRY_MS = 1000;
/** A file that has refused every write for this long is an error of the plugin. */
const GIVE_UP_AFTER_MS = 3000;

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
 * daemon ends.
 */
export class AppendFile {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  /** Where the next row goes: `buffer[position …]`. Valid after `reserve`. */
  buffer: Uint8Array;
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
  #retryPause = FIRST_RETRY_MS;
  #failingSince = 0;
  #failed = false;
  #closing = false;
  #settled: (() => void)[] = [];

  /** Opens the file. Throws Error of node:fs. */
  constructor(options: AppendFileOptions) {
    this.#path = options.path;
    this.#sync = options.sync;
    this.#host = options.host;
    this.#log = options.log;
    this.#fail = options.fail;
    this.#current = this.#pool.first();
    this.buffer = this.#current.bytes;
    this.#fd = this.#host.openAppend(this.#path);
  }

  /** Makes room for a row of at most `bytes` (≤ CHUNK_SIZE); false when the bound is reached. */
  reserve(bytes: number): boolean {
    if (this.position + bytes <= this.buffer.length) return true;
    const next = this.#pool.take();
    if (!next) return false;
    this.#sealCurrent(next);
    this.#pump();
    return true;
  }

  /** Ends a row that was written to `buffer` up to `position`. */
  commit(position: number): void {
    this.position = position;
    this.#current.rows++;
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
   * Opens the path anew and appends there from the next whole chunk on: every row is whole, in one
   * file or the other. Throws when the path cannot be opened, and then goes on with
   * the old file.
   */
  reopen(): void {
    const fd = this.#host.openAppend(this.#path);
    if (this.#nextFd !== undefined) this.#closeFile(this.#nextFd);
    this.#nextFd = fd;
    // A write that keeps failing must not keep the daemon from the new file, where the rest of the
    // chunk then goes.
    if (this.#retryTimer) this.#switchFile();
    this.#flush();
  }

  /** Writes what is left, trying each chunk once more if need be, and closes the file. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#flush();
    if (this.#retryTimer) this.#retry();
    await this.#whenIdle();
    this.#switchFile();
    this.#closeFile(this.#fd);
  }

  #flush(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
    this.#flushWanted = true;
    this.#pump();
  }

  #sealCurrent(next: Chunk): void {
    this.#current.length = this.position;
    this.#full.push(this.#current);
    this.#current = next;
    this.buffer = next.bytes;
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
    write(this.#fd, chunk.bytes, this.#done, chunk.length - this.#done, null, (error, count) => {
      if (error) this.#writeFailed(error, chunk);
      else this.#wrote(chunk, count);
    });
  }

  #wrote(chunk: Chunk, count: number): void {
    if (this.#failingSince !== 0) {
      this.#log.notice(`${this.#path} can be written again`);
      this.#failingSince = 0;
      this.#failed = false;
      this.#retryPause = FIRST_RETRY_MS;
    }
    this.#done += count;
    if (this.#done < chunk.length) {
      this.#write(chunk);
      return;
    }
    this.counters.written += chunk.rows;
    this.#finish(chunk);
  }

  #writeFailed(error: NodeJS.ErrnoException, chunk: Chunk): void {
    // A full pipe is no error, only slow.
    if (error.code !== 'EAGAIN') {
      this.counters.errors++;
      const now = Date.now();
      if (this.#failingSince === 0) {
        this.#failingSince = now;
        this.#log.error(`cannot write ${this.#path}: ${error.message}; trying again`);
      } else if (!this.#failed && now - this.#failingSince >= GIVE_UP_AFTER_MS) {
        this.#failed = true;
        this.#fail(new Error(`cannot write ${this.#path}: ${error.message}`, { cause: error }));
      }
    }
    if (this.#closing) {
      this.counters.dropped += chunk.rows;
      this.#log.error(`${chunk.rows} records lost: cannot write ${this.#path}: ${error.message}`);
      this.#finish(chunk);
      return;
    }
    this.#retryTimer = setTimeout(() => this.#retry(), this.#retryPause);
    this.#retryPause = Math.min(2 * this.#retryPause, LONGEST_RETRY_MS);
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

  #switchFile(): void {
    if (this.#nextFd === undefined) return;
    this.#closeFile(this.#fd);
    this.#fd = this.#nextFd;
    this.#nextFd = undefined;
  }

  /** Network file systems may tell only now that they could not keep what they took. */
  #closeFile(fd: number): void {
    close(fd, (error) => {
      if (!error) return;
      this.counters.errors++;
      this.#log.error(`closing ${this.#path}: ${error.message}`);
    });
  }

  #whenIdle(): Promise<void> {
    if (!this.#writing && this.#full.length === 0) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }
}
