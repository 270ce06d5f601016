import type { Counts, OutputCounters, PluginLog } from '../../api.ts';
import type { RecordSink } from '../record-sink.ts';
import { CHUNK_SIZE, type RecordBuffer } from './record-buffer.ts';

/** Takes the pieces of a buffer somewhere else. */
export interface Carrier {
  /** Bytes in memory that wait, those of the open piece left out. */
  readonly waitingBytes: number;
  /** Closes the buffer's open piece and puts it behind all others. */
  seal(): void;
  /** Takes away what the buffer has, or saves it, unless it is busy with what came before. */
  flush(): void;
  /** SIGHUP: ends the connection in order, and makes a new one. */
  reopen(): void;
  details(): Counts;
  /** Takes away what it can, and counts and reports the rest. */
  close(): Promise<void>;
}

export interface QueueSinkOptions {
  readonly buffer: RecordBuffer;
  readonly carrier: Carrier;
  readonly counters: OutputCounters;
  /** Where records go, for the log: `tcp://127.0.0.1:12345`. */
  readonly name: string;
  /** Most bytes in memory that wait. */
  readonly queueBytes: number;
  /** Most records in a piece. Default: as many as fit. */
  readonly pieceRecords?: number;
  /** Milliseconds that the carrier may take to close. Default: that of outputs. */
  readonly closeTimeout?: number;
  readonly log: PluginLog;
}

/** Records that somebody takes away when he can: they wait in memory, up to a bound. */
export class QueueSink implements RecordSink {
  readonly counters: OutputCounters;
  readonly closeTimeout?: number;
  readonly maxRecord: number;
  readonly #options: QueueSinkOptions;
  readonly #pieceRecords: number;
  #closed: Promise<void> | undefined;

  constructor(options: QueueSinkOptions) {
    this.#options = options;
    this.counters = options.counters;
    this.maxRecord = options.buffer.maxRecord;
    this.#pieceRecords = options.pieceRecords ?? Number.POSITIVE_INFINITY;
    if (options.closeTimeout !== undefined) this.closeTimeout = options.closeTimeout;
  }

  get view(): DataView {
    return this.#options.buffer.view;
  }

  get position(): number {
    return this.#options.buffer.position;
  }

  reserve(bytes: number): boolean {
    const { buffer, carrier, queueBytes } = this.#options;
    if (carrier.waitingBytes + buffer.openBytes + bytes > queueBytes) return false;
    if (buffer.hasRoom(bytes) && buffer.openRecords < this.#pieceRecords) return true;
    carrier.seal();
    buffer.makeRoom(bytes);
    return true;
  }

  commit(position: number): void {
    this.#options.buffer.commit(position);
  }

  drop(records: number): void {
    this.counters.dropped += records;
    const { log, name } = this.#options;
    log.counted(`records dropped because too many wait for ${name}`, records);
  }

  dropTooLong(records: number): void {
    this.counters.dropped += records;
    const { log } = this.#options;
    log.counted(`records dropped because they are longer than ${CHUNK_SIZE} bytes`, records);
  }

  endBatch(): void {
    this.#options.carrier.flush();
  }

  details(): Counts {
    return this.#options.carrier.details();
  }

  reopen(): void {
    this.#options.carrier.reopen();
  }

  close(): Promise<void> {
    this.#closed ??= this.#options.carrier.close();
    return this.#closed;
  }
}
