import { write } from 'node:fs';
import type { OutputCounters, PluginLog } from '../api.ts';
import { type Chunk, chunkLength, wholeRows } from './chunk-pool.ts';
import { closeFile, FileUnderWay } from './file-under-way.ts';
import type { FileEnd, OpenedFile } from './opened-file.ts';
import { Outage } from './outage.ts';

/** How long `close` waits for the reader of a full pipe. */
const FAREWELL_MS = 1000;

/** Where a {@link ChunkWriter} takes chunks from, besides those pushed. */
export interface ChunkSupply {
  /** Asked when nothing else is left to write: what was committed since, if it is wanted now. */
  more(): Chunk | undefined;
  /** Takes back a chunk that is done with. */
  recycle(chunk: Chunk): void;
  /** Gives up the rows that it still has; returns their number. */
  abandon(): number;
}

export interface ChunkWriterOptions {
  /** These three: see AppendFileOptions. */
  readonly open: (current: OpenedFile | undefined) => OpenedFile;
  readonly next?: ((current: OpenedFile) => OpenedFile) | undefined;
  readonly after?: Promise<unknown> | undefined;
  readonly log: PluginLog;
  readonly fail: (error: Error) => void;
  readonly counters: OutputCounters;
  readonly supply: ChunkSupply;
}

/**
 * Writes chunks to a file, one write at a time, in order, and changes over from file to file between
 * two rows. A failed write is repeated from the byte where it stopped.
 */
export class ChunkWriter {
  readonly #options: ChunkWriterOptions;
  readonly #queue: Chunk[] = [];
  /** A write is under way, or waits for its repetition. */
  #busy = false;
  /** The chunk under way to the file, and how much of it is there already. */
  #chunk: Chunk | undefined;
  #done = 0;
  /** Bytes of records before that chunk. */
  #passed = 0;
  #file: FileUnderWay;
  #nextFile: OpenedFile | undefined;
  #retryTimer: NodeJS.Timeout | undefined;
  readonly #outage = new Outage();
  /** Nothing is written before another writer has left the file. */
  #held: boolean;
  /** While closing, the time (Unix, ms) until which a full pipe is waited for. */
  #closeBy: number | undefined;
  /** Where the file ends, once nothing more is written. */
  #end: FileEnd | undefined;
  readonly #settled: (() => void)[] = [];

  /** Opens the file. Throws what `open` throws. */
  constructor(options: ChunkWriterOptions) {
    this.#options = options;
    this.#file = new FileUnderWay(options.open(undefined));
    this.#held = options.after !== undefined;
    options.after?.then(() => this.#takeOver());
  }

  get path(): string {
    return this.#file.opened.path;
  }

  push(chunk: Chunk): void {
    this.#queue.push(chunk);
    this.pump();
  }

  /** Starts the next write unless one is under way or waits for its repetition. */
  pump(): void {
    if (this.#busy || this.#held) return;
    if (!this.#end) this.#takeWork();
    if (!this.#end && (this.#file.head || this.#chunk)) this.#write();
    else for (const settle of this.#settled.splice(0)) settle();
  }

  #takeWork(): void {
    if (!this.#chunk) {
      this.#switchFile();
      const chunk = this.#queue.shift() ?? this.#options.supply.more();
      if (chunk?.startsFile && this.#file.begun) this.#turnToNext();
      if (chunk && this.#file.begun && this.#file.opened.emptied?.()) this.#file.beginAnew();
      this.#chunk = chunk;
    }
    this.#file.begin(this.#passed + this.#done);
  }

  #write(): void {
    const { head, headDone, opened } = this.#file;
    const chunk = this.#chunk;
    this.#busy = true;
    if (head) {
      write(opened.fd, head, headDone, head.length - headDone, null, this.#onWritten);
    } else if (chunk) {
      const rest = chunkLength(chunk) - this.#done;
      write(opened.fd, chunk.bytes, this.#done, rest, null, this.#onWritten);
    }
  }

  readonly #onWritten = (error: NodeJS.ErrnoException | null, count: number): void => {
    if (error) {
      this.#writeFailed(error);
      return;
    }
    if (this.#outage.succeeded()) this.#options.log.notice(`${this.path} can be written again`);
    this.#busy = false;
    if (this.#file.head) this.#file.wroteHead(count);
    else if (this.#chunk) this.#wroteRows(this.#chunk, count);
    this.pump();
  };

  #wroteRows(chunk: Chunk, count: number): void {
    this.#done += count;
    const length = chunkLength(chunk);
    if (this.#done < length) return;
    this.#options.counters.written += chunk.rows;
    this.#passed += length;
    this.#leave(chunk);
  }

  #leave(chunk: Chunk): void {
    this.#done = 0;
    this.#chunk = undefined;
    this.#options.supply.recycle(chunk);
  }

  #writeFailed(error: NodeJS.ErrnoException): void {
    const slow = error.code === 'EAGAIN';
    if (!slow) this.#report(error);
    if (error.code === 'EPIPE') this.#beginAnew();
    if (this.#closeBy !== undefined && !(slow && Date.now() < this.#closeBy)) {
      this.#abandon(error);
      return;
    }
    this.#retryTimer = setTimeout(() => this.#retry(), this.#outage.nextPause());
  }

  /** The next reader of a pipe has seen nothing of what the last one got. */
  #beginAnew(): void {
    this.#done = this.#wholeBytes();
    this.#file.beginAnew();
  }

  #report(error: NodeJS.ErrnoException): void {
    const { counters, fail, log } = this.#options;
    counters.errors++;
    const message = `cannot write ${this.path}: ${error.message}`;
    const state = this.#outage.failed();
    if (state === 'begun') log.error(`${message}; trying again`);
    else if (state === 'too long') fail(new Error(message, { cause: error }));
  }

  #retry(): void {
    clearTimeout(this.#retryTimer);
    this.#retryTimer = undefined;
    this.#busy = false;
    this.pump();
  }

  /** As AppendFile.reopen. */
  reopen(): void {
    const latest = this.#nextFile ?? this.#file.opened;
    const file = this.#options.open(latest);
    if (file !== latest) {
      if (this.#nextFile) this.#close(latest, { passed: this.#passed, torn: 0, begun: false });
      this.#nextFile = file;
    }
    if (!this.#retryTimer || !this.#outage.lasting) return;
    this.#switchFile();
    this.#retry();
  }

  #takeOver(): void {
    if (!this.#held) return;
    this.#held = false;
    try {
      this.reopen();
    } catch (error) {
      this.#failed(`cannot open ${this.path} again`, error);
    }
    this.pump();
  }

  /** Writes what is left and closes the file. What cannot be written is counted and reported. */
  async close(): Promise<void> {
    this.#closeBy = Date.now() + FAREWELL_MS;
    const last = this.#options.supply.more();
    if (last) this.#queue.push(last);
    if (this.#held && this.#queue.length === 0) {
      this.#held = false;
      this.#end = this.#endOfFile();
    }
    if (this.#retryTimer) this.#retry();
    else this.pump();
    await this.#whenIdle();
    this.#switchFile();
    await this.#close(this.#file.opened, this.#endOfFile());
  }

  #whenIdle(): Promise<void> {
    if (!this.#busy && !this.#held) return Promise.resolve();
    return new Promise((resolve) => this.#settled.push(resolve));
  }

  /** Gives up everything that is not in the file; nothing may follow a row that was cut off. */
  #abandon(error: Error): void {
    const { counters, log, supply } = this.#options;
    const chunk = this.#chunk;
    const waiting = this.#queue.splice(0).reduce((sum, { rows }) => sum + rows, 0);
    const whole = chunk ? wholeRows(chunk, this.#done) : 0;
    const lost = (chunk?.rows ?? 0) - whole + waiting + supply.abandon();
    this.#end = this.#endOfFile();
    if (chunk) this.#leave(chunk);
    counters.written += whole;
    counters.dropped += lost;
    log.error(`${lost} records lost: cannot write ${this.path}: ${error.message}`);
    this.#busy = false;
    this.pump();
  }

  /** Where the chunk's last whole row in the file ends. */
  #wholeBytes(): number {
    const whole = this.#chunk ? wholeRows(this.#chunk, this.#done) : 0;
    return whole === 0 ? 0 : (this.#chunk?.ends[whole - 1] as number);
  }

  #endOfFile(): FileEnd {
    if (this.#end) return this.#end;
    const { head, headDone, begun } = this.#file;
    const whole = this.#wholeBytes();
    const torn = head ? headDone : this.#done - whole;
    return { passed: this.#passed + whole, torn, begun };
  }

  #switchFile(): void {
    const next = this.#nextFile;
    this.#nextFile = undefined;
    if (next) this.#goOnWith(next);
  }

  /** The next chunk begins a new file. Where there can be none, it goes into the one there is. */
  #turnToNext(): void {
    const { next } = this.#options;
    try {
      if (next) this.#goOnWith(next(this.#file.opened));
    } catch (error) {
      this.#failed(`cannot begin a new file, going on with ${this.path}`, error);
    }
  }

  /** A row that is cut off in the old file stands whole in the new one. */
  #goOnWith(next: OpenedFile): void {
    this.#close(this.#file.opened, this.#endOfFile());
    this.#done = this.#wholeBytes();
    this.#file = new FileUnderWay(next);
  }

  #close(file: OpenedFile, end: FileEnd): Promise<void> {
    return closeFile(file, end, (error) => this.#failed(`closing ${file.path}`, error));
  }

  #failed(what: string, error: unknown): void {
    this.#options.counters.errors++;
    const reason = error instanceof Error ? error.message : String(error);
    this.#options.log.error(`${what}: ${reason}`);
  }
}
