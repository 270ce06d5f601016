import type { Batch } from '../../../records/batch.ts';
import { BytesColumn, type NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { key } from '../../../records/key.ts';
import { RowClock } from '../../../records/row-clock.ts';
import { columnsOf, RowKey } from '../../../records/row-key.ts';
import type { Counts, FilterInstance, PluginContext } from '../../api.ts';
import { EvictionLog } from '../eviction-log.ts';
import { PrefixSet } from '../prefix-set.ts';
import { HitWindows } from './hit-windows.ts';
import { SOURCE_ADDRESS, type ThresholdOptions } from './options.ts';

export const countKey = key(
  'threshold.count',
  'u32',
  'hits within `threshwindow`, this packet included; on packets that THRESHOLD lets pass',
);

/** What `log.counted` calls a value that had to go although its hits still counted. */
const EVICTED = 'counted values forgotten because there are more than threshmax';

/** Lets the row pass with which its key has been hit `threshold` times within `threshwindow`. */
export class Threshold implements FilterInstance {
  readonly #threshold: number;
  readonly #windows: HitWindows;
  readonly #rowKey: RowKey;
  readonly #clock: RowClock;
  readonly #count: NumberColumn;
  readonly #ignored: PrefixSet | undefined;
  /** The addresses that `#ignored` is asked about. */
  readonly #addresses: readonly BytesColumn[];
  readonly #evictionLog: EvictionLog;
  #ignoredRows = 0;
  #keylessRows = 0;

  constructor({ columns, log, options }: PluginContext<ThresholdOptions>) {
    const { threshold, threshwindow, threshkey, threshignore, threshmax } = options;
    this.#threshold = threshold;
    this.#rowKey = new RowKey(columnsOf(threshkey, columns));
    this.#clock = new RowClock(columns);
    this.#windows = new HitWindows({
      threshold,
      window: threshwindow,
      capacity: threshmax,
      maxKeyLength: this.#rowKey.maxLength,
      clock: this.#clock,
    });
    this.#count = columns.numbers(countKey);
    this.#ignored = threshignore && new PrefixSet(threshignore);
    this.#addresses = addressColumns(threshkey, columns);
    this.#evictionLog = new EvictionLog(log, EVICTED);
  }

  select(batch: Batch): void {
    let passed = 0;
    for (let i = 0; i < batch.selected; i++) {
      const row = batch.row(i);
      if (!this.#reaches(row)) continue;
      this.#count.set(row, this.#threshold);
      batch.rows[passed++] = row;
    }
    batch.selected = passed;
    this.#evictionLog.tell(this.#windows.evictions);
  }

  #reaches(row: number): boolean {
    this.#clock.show(row);
    if (this.#ignored !== undefined && this.#isIgnored(row, this.#ignored)) {
      this.#ignoredRows++;
      return false;
    }
    const length = this.#rowKey.write(row);
    if (length === -1) {
      this.#keylessRows++;
      return false;
    }
    return this.#windows.hit(this.#rowKey.bytes, length);
  }

  #isIgnored(row: number, ignored: PrefixSet): boolean {
    for (let i = 0; i < this.#addresses.length; i++) {
      const column = this.#addresses[i] as BytesColumn;
      if (!column.has(row)) continue;
      if (ignored.has(column.data, column.offset(row), column.length(row))) return true;
    }
    return false;
  }

  details(): Counts {
    return {
      keys: this.#windows.size,
      ignored: this.#ignoredRows,
      keyless: this.#keylessRows,
      evicted: this.#windows.evictions,
    };
  }

  /** Its keys must not be added to those of the filter that a reload puts in its place. */
  close(): void {
    this.#windows.clear();
  }
}

/** The columns of those keys that are addresses; without any, that of the source address. */
function addressColumns(names: readonly string[], columns: ColumnSet): BytesColumn[] {
  const addresses = columnsOf(names, columns).flatMap((entry) =>
    entry?.key.type === 'ip' && entry.column instanceof BytesColumn ? [entry.column] : [],
  );
  return addresses.length > 0 ? addresses : [columns.readBytes(SOURCE_ADDRESS)];
}
