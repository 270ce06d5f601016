import type { Counts, OutputCounters } from '../../../api.ts';
import type { RecordSink } from '../../record-sink.ts';
import { Delivery } from './delivery.ts';
import type { DeliveryOptions, Remains } from './delivery-options.ts';
import { CHUNK_SIZE, RecordBuffer } from './record-buffer.ts';

/**
 * Sends records over a connection, in order, each at least once. What cannot be sent waits in memory,
 * and beyond that on disk.
 */
export class StreamSink implements RecordSink {
  /** `written` is what the kernel has taken for the receiver, once for each record. */
  readonly counters: OutputCounters = { written: 0, dropped: 0, errors: 0 };
  readonly maxRecord = CHUNK_SIZE;
  readonly #options: DeliveryOptions;
  readonly #buffer = new RecordBuffer();
  readonly #delivery: Delivery;
  #closed: Promise<void> | undefined;

  constructor(options: DeliveryOptions) {
    this.#options = options;
    this.#delivery = new Delivery(options, this.#buffer, this.counters);
  }

  get view(): DataView {
    return this.#buffer.view;
  }

  get position(): number {
    return this.#buffer.position;
  }

  reserve(bytes: number): boolean {
    const buffer = this.#buffer;
    const waiting = this.#delivery.waitingBytes + buffer.openBytes;
    if (waiting + bytes > this.#options.queueBytes) return false;
    if (buffer.hasRoom(bytes)) return true;
    this.#delivery.seal();
    buffer.makeRoom(bytes);
    return true;
  }

  commit(position: number): void {
    this.#buffer.commit(position);
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
    this.#delivery.flush();
  }

  details(): Counts {
    const { waitingRecords, spooledRecords: spooled, unconfirmedRecords } = this.#delivery;
    const { recovered, damagedRecords: damaged, resent, connects } = this.#delivery;
    return {
      queued: waitingRecords,
      ...(spooled === undefined ? {} : { spooled, recovered, damaged }),
      unconfirmed: unconfirmedRecords,
      ...{ resent, connects },
    };
  }

  reopen(): void {
    this.#delivery.reopen();
  }

  close(): Promise<void> {
    this.#closed ??= this.#delivery.close().then((remains) => this.#account(remains));
    return this.#closed;
  }

  /** Counts and reports what has not arrived. */
  #account({ pieces, kept }: Remains): void {
    const { log, name } = this.#options;
    let lost = 0;
    let doubtful = 0;
    for (const { sentAt, records } of pieces) {
      if (sentAt === undefined) lost += records;
      else doubtful += records;
    }
    this.counters.dropped += lost;
    if (lost > 0) log.error(`${lost} records lost: ${name} has not taken them`);
    if (doubtful > 0) log.notice(`${doubtful} records may not have been read by ${name}`);
    if (kept > 0) log.notice(`${kept} records wait in the spool for the next run`);
  }
}
