import type { Batch } from '../../../records/batch.ts';
import type { FileEnd } from '../append-file.ts';

export type Precision = 'micro' | 'nano';

/** A capture file's format: how rows become records, and what stands around them. */
export interface CaptureFormat {
  /** As the config and messages call it. */
  readonly name: 'pcap' | 'pcapng';
  /** Looks at a batch as a whole, before its rows. */
  begin(batch: Batch): void;
  /**
   * An upper bound of what `write` needs for the row, in bytes; 0 when the file has no form for it. To
   * be asked right before `write`.
   */
  room(row: number): number;
  /** Writes the row's record; returns the position behind it. */
  write(row: number, out: DataView, at: number): number;
  /** Notes that the row `room` was asked for found no place. */
  dropped(): void;
  /**
   * What a file has to begin with.
   *
   * @param passed bytes of records that were written to the files before it
   */
  head(passed: number): Uint8Array;
  /** Whether a file that has records already needs a head for those to come. */
  readonly headForEachOpening: boolean;
  /** What the records of a file have to end with. */
  tail(end: FileEnd): Uint8Array;
}
