import type { OutputCounters, PluginLog } from '../api.ts';
import { CHUNK_SIZE, type Chunk, ChunkPool, hasRoom } from './chunk-pool.ts';
import { ChunkWriter } from './chunk-writer.ts';
import type { OpenedFile } from './opened-file.ts';
import type { RecordSink } from './record-sink.ts';

export type { FileEnd, OpenedFile } from './opened-file.ts';

/** Without `sync`, at most this long passes before a line is handed to the kernel. */
const FLUSH_INTERVAL_MS = 500;

export interface AppendFileOptions {
  /**
   * Opens the file, and again at each `reopen`; the path may be another one then. Returns `current`,
   * the file of now, where that is to stay.
   */
  readonly open: (current: OpenedFile | undefined) => OpenedFile;
  /** Opens the file that follows where `nextFile` was called. Throws to go on with `current`. */
  readonly next?: (current: OpenedFile) => OpenedFile;
  /**
   * When whoever writes to the file now has left it. Until then nothing is written; then the file is
   * opened again, in case it has been replaced meanwhile.
   */
  readonly after?: Promise<unknown>;
  /** Hand over what there is after every batch instead of within half a second. */
  readonly sync: boolean;
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
export class AppendFile implements RecordSink {
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly maxRecord = CHUNK_SIZE;
  view: DataView;
  position = 0;

  readonly #sync: boolean;
  readonly #log: PluginLog;
  readonly #pool = new ChunkPool();
  readonly #writer: ChunkWriter;
  #current: Chunk;
  #flushTimer: NodeJS.Timeout | undefined;
  #flushWanted = false;
  #closed: Promise<void> | undefined;

  /** Opens the file. Throws what `open` throws. */
  constructor({ open, next, after, sync, log, fail }: AppendFileOptions) {
    this.#sync = sync;
    this.#log = log;
    this.#current = this.#pool.first();
    this.view = this.#current.view;
    const supply = {
      more: () => this.#takeCurrent(),
      recycle: (chunk: Chunk) => this.#pool.give(chunk),
      abandon: () => this.#abandonCurrent(),
    };
    const { counters } = this;
    this.#writer = new ChunkWriter({ open, next, after, log, fail, counters, supply });
    this.#writer.pump();
  }

  reserve(bytes: number): boolean {
    if (hasRoom(this.#current, this.position, bytes)) return true;
    return this.#sealCurrent();
  }

  commit(position: number): void {
    const current = this.#current;
    current.ends[current.rows++] = position;
    this.position = position;
  }

  /**
   * Lets the records from here on go into a new file, which `next` opens. Returns false when that
   * has to wait because the bound is reached.
   */
  nextFile(): boolean {
    if (this.#current.rows > 0 && !this.#sealCurrent()) return false;
    this.#current.startsFile = true;
    return true;
  }

  drop(rows: number): void {
    this.counters.dropped += rows;
    this.#log.counted(`records dropped because ${this.#writer.path} takes no more`, rows);
  }

  dropTooLong(rows: number): void {
    this.counters.dropped += rows;
    this.#log.counted(`records dropped because they are longer than ${CHUNK_SIZE} bytes`, rows);
  }

  endBatch(): void {
    if (this.#current.rows === 0) return;
    if (this.#sync) this.#flush();
    else this.#flushTimer ??= setTimeout(() => this.#flush(), FLUSH_INTERVAL_MS);
  }

  /**
   * Opens the file anew and appends there from the next chunk on, so that every row is whole, in
   * one file or the other. Throws when the path cannot be opened, and then goes on with the old
   * file.
   *
   * A file that takes no more is left at once, at the row that did not fit: the old file may then
   * end with the beginning of a row that stands whole in the new one.
   */
  reopen(): void {
    this.#writer.reopen();
    this.#flush();
  }

  /** Writes what is left and closes the file. What cannot be written is counted and reported. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#stopTimer();
    this.#flushWanted = true;
    await this.#writer.close();
  }

  #flush(): void {
    this.#stopTimer();
    this.#flushWanted = true;
    this.#writer.pump();
  }

  #stopTimer(): void {
    clearTimeout(this.#flushTimer);
    this.#flushTimer = undefined;
  }

  /** Hands the current chunk over to be written; false when there is no other to go on with. */
  #sealCurrent(): boolean {
    const sealed = this.#replaceCurrent();
    if (sealed) this.#writer.push(sealed);
    return sealed !== undefined;
  }

  #takeCurrent(): Chunk | undefined {
    if (!this.#flushWanted) return undefined;
    const taken = this.#current.rows > 0 ? this.#replaceCurrent() : undefined;
    // While all chunks are under way there is none to go on with: asked again, it gives this one.
    this.#flushWanted = this.#current.rows > 0;
    return taken;
  }

  #replaceCurrent(): Chunk | undefined {
    const next = this.#pool.take();
    if (!next) return undefined;
    const replaced = this.#current;
    this.#current = next;
    this.view = next.view;
    this.position = 0;
    return replaced;
  }

  #abandonCurrent(): number {
    const { rows } = this.#current;
    this.#current.rows = 0;
    this.position = 0;
    return rows;
  }
}
