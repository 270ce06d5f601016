import type { OutputCounters } from '../api.ts';

/**
 * Where formatted records go: a file, a connection. A record is written straight into the sink's
 * memory: `reserve` room for the longest that it can become, write it to `view` from `position` on,
 * `commit` where it ended.
 */
export interface RecordSink {
  readonly counters: OutputCounters;
  /** Bytes of the longest record that it can take. */
  readonly maxRecord: number;
  /** Where the next record goes, from `position` on. Valid after `reserve`. */
  readonly view: DataView;
  readonly position: number;
  /** Makes room for a record of at most `bytes` (≤ maxRecord); false when its bound is reached. */
  reserve(bytes: number): boolean;
  /** Ends a record that was written to `view` up to `position`. */
  commit(position: number): void;
  /** Counts and reports records for which `reserve` found no room. */
  drop(records: number): void;
  /** Counts and reports records that are longer than `maxRecord`. */
  dropTooLong(records: number): void;
  /** All rows of a batch have been committed or dropped. */
  endBatch(): void;
  /** Counters of its own, for the statistics. */
  details?(): Readonly<Record<string, number>>;
  /** As OutputInstance has them. */
  reopen(): void;
  close(): Promise<void>;
  readonly closeTimeout?: number;
}
