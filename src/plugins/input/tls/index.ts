import type { Batch } from '../../../records/batch.ts';
import type { BytesColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { defineInput, defineOptions, type InputInstance } from '../../api.ts';
import { HANDSHAKE, HelloDecoder } from './hello.ts';
import { tlsKeys } from './keys.ts';

class Tls implements InputInstance {
  readonly #payload: BytesColumn;
  readonly #hello: HelloDecoder;

  constructor(columns: ColumnSet) {
    this.#payload = columns.readBytes('tcp.payload');
    this.#hello = new HelloDecoder(columns);
  }

  fill(batch: Batch): void {
    const payload = this.#payload;
    const data = payload.data;
    for (let row = 0; row < batch.count; row++) {
      if (!payload.has(row)) continue;
      const at = payload.offset(row);
      if (data[at] === HANDSHAKE) this.#hello.decode(row, data, at, at + payload.length(row));
    }
  }
}

/** Reads how TLS connections begin, whatever their port. Nothing is decrypted. */
export const tls = defineInput({
  kind: 'input',
  name: 'TLS',
  summary: 'decodes server name, protocols and version of TLS connections that begin, on any port',
  options: defineOptions({}),
  reads: [{ name: 'tcp.payload', required: true }],
  provides: Object.values(tlsKeys),
  open: (context) => new Tls(context.columns),
});
