import { encodeHead, ID_OFFSET } from '../../../../../src/plugins/output/database/row-head.ts';
import { RowIds } from '../../../../../src/plugins/output/database/row-id.ts';
import type { Carrier } from '../../../../../src/plugins/output/queue/queue-sink.ts';
import type {
  PieceHead,
  RecordBuffer,
} from '../../../../../src/plugins/output/queue/record-buffer.ts';

/** Rows with nothing but a number, from 0 on, in `oob.mark`. */
export interface NumberedRows {
  readonly head: PieceHead;
  /** How many there have been. */
  readonly written: number;
  /** Where rows go from now on. */
  into(buffer: RecordBuffer, carrier: Carrier): void;
  /** Writes so many rows, in a piece of their own, and has them carried away. */
  add(rows: number): void;
}

/** @param field another field that rows have no value of */
export function numberedRows(field?: string): NumberedRows {
  const others = field === undefined ? [] : [{ name: field, type: 'u32' as const }];
  const head = encodeHead([{ name: 'oob.mark', type: 'u32' }, ...others]);
  const ids = new RowIds();
  let next = 0;
  let target: { readonly buffer: RecordBuffer; readonly carrier: Carrier } | undefined;
  return {
    head: {
      length: head.length,
      write: (out, at) => {
        for (const [i, byte] of head.entries()) out.setUint8(at + i, byte);
        ids.writeFirst(out, at + ID_OFFSET);
      },
    },
    get written() {
      return next;
    },
    into: (buffer, carrier) => {
      target = { buffer, carrier };
    },
    add: (rows) => {
      if (!target) throw new Error('there is nowhere to go');
      const { buffer, carrier } = target;
      for (let row = 0; row < rows; row++) {
        if (!buffer.hasRoom(5)) {
          carrier.seal();
          buffer.makeRoom(5);
        }
        buffer.view.setUint8(buffer.position, 1);
        buffer.view.setUint32(buffer.position + 1, next++, true);
        buffer.commit(buffer.position + 5);
        ids.advance();
      }
      carrier.seal();
      carrier.flush();
    },
  };
}
