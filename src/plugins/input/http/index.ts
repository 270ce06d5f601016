import type { Batch } from '../../../records/batch.ts';
import type { BytesColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { defineInput, defineOptions, type InputInstance } from '../../api.ts';
import { HttpDecoder } from './decoder.ts';
import { httpKeys } from './keys.ts';
import { isUpperCase } from './method.ts';

class Http implements InputInstance {
  readonly #payload: BytesColumn;
  readonly #decoder: HttpDecoder;

  constructor(columns: ColumnSet) {
    this.#payload = columns.readBytes('tcp.payload');
    this.#decoder = new HttpDecoder(columns);
  }

  fill(batch: Batch): void {
    const payload = this.#payload;
    const data = payload.data;
    for (let row = 0; row < batch.count; row++) {
      if (!payload.has(row)) continue;
      const at = payload.offset(row);
      // Both a method and `HTTP/` begin with such a letter.
      if (!isUpperCase(data[at] as number)) continue;
      this.#decoder.decode(row, data, at, at + payload.length(row));
    }
  }
}

/** Reads requests and responses of plain HTTP/1, whatever their port. */
export const http = defineInput({
  kind: 'input',
  name: 'HTTP',
  summary: 'decodes the head of plain HTTP/1 requests and responses, on any port',
  options: defineOptions({}),
  reads: [{ name: 'tcp.payload', required: true }],
  provides: Object.values(httpKeys),
  open: (context) => new Http(context.columns),
});
