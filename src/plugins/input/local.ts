import type { Batch } from '../../records/batch.ts';
import type { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { key } from '../../records/key.ts';
import { defineInput, defineOptions, type InputInstance } from '../api.ts';

const keys = {
  time: key('local.time', 'u32', 'time of logging, seconds since 1970'),
  hostname: key('local.hostname', 'string', "this machine's name, up to the first dot"),
};

class Local implements InputInstance {
  readonly #time: NumberColumn;
  readonly #hostname: BytesColumn;
  readonly #length: number;

  constructor(columns: ColumnSet, hostname: string) {
    const bytes = Buffer.from(hostname);
    this.#time = columns.numbers(keys.time);
    this.#hostname = columns.bytes(keys.hostname);
    this.#hostname.ownData(bytes);
    this.#length = bytes.length;
  }

  fill(batch: Batch): void {
    const now = Math.floor(Date.now() / 1000);
    for (let row = 0; row < batch.count; row++) {
      this.#time.set(row, now);
      this.#hostname.set(row, 0, this.#length);
    }
  }
}

/** Says when and where a packet was logged, as opposed to when it was seen. */
export const local = defineInput({
  kind: 'input',
  name: 'LOCAL',
  summary: "adds the time of logging and this machine's name",
  options: defineOptions({}),
  reads: [],
  provides: Object.values(keys),
  open: (context) => new Local(context.columns, context.host.hostname),
});
