import type { Cells } from '../cells.ts';
import type { MessageBuffer } from './message-buffer.ts';
import {
  bindEnd,
  bindStart,
  execute,
  LENGTH_FIELD,
  MESSAGE_HEAD,
  messageType,
} from './messages.ts';
import { RowChunk, type RowEncoder } from './row-encoder.ts';
import type { FilledColumn } from './statements.ts';
import { LENGTH_SIZE } from './value-writer.ts';

/** Dimensions, whether there are NULLs, type of the elements, and of the one dimension: rows, first index. */
const ARRAY_HEAD = 5 * 4;

/** Rows for a prepared statement that takes an array for each column: Bind and Execute for each chunk. */
export class ArrayEncoder implements RowEncoder {
  readonly #bindStart: Buffer;
  readonly #chunk: RowChunk;

  /** @param statement name of the prepared statement */
  constructor(statement: string, columns: readonly FilledColumn[]) {
    this.#bindStart = bindStart(statement, columns.length);
    this.#chunk = new RowChunk(columns);
  }

  encode(cells: readonly Cells[], from: number, to: number, out: MessageBuffer): number {
    const chunk = this.#chunk;
    const { columns } = chunk;
    chunk.measure(cells, from, to, 0);
    const start = out.length;
    out.reserve(
      MESSAGE_HEAD +
        this.#bindStart.length +
        columns.length * (LENGTH_SIZE + ARRAY_HEAD) +
        chunk.bytes +
        bindEnd.length +
        execute.length,
    );
    out.view.setUint8(start, messageType.bind);
    out.length += MESSAGE_HEAD;
    out.append(this.#bindStart);
    for (let i = 0; i < columns.length; i++) this.#writeArray(cells, i, from, out);
    out.append(bindEnd);
    out.view.setInt32(start + 1, out.length - start - MESSAGE_HEAD + LENGTH_FIELD);
    out.append(execute);
    return chunk.end;
  }

  #writeArray(cells: readonly Cells[], column: number, from: number, out: MessageBuffer): void {
    const chunk = this.#chunk;
    const { view } = out;
    const start = out.length + LENGTH_SIZE;
    const end = chunk.placeColumn(cells, column, from, start + ARRAY_HEAD);
    view.setInt32(out.length, end - start);
    view.setInt32(start, 1);
    // The server takes the flag for granted and looks at the elements.
    view.setInt32(start + 4, 1);
    view.setUint32(start + 8, chunk.columns[column]?.wire.oid ?? 0);
    view.setInt32(start + 12, chunk.end - from);
    view.setInt32(start + 16, 1);
    chunk.write(cells, column, from, view);
    out.length = end;
  }
}
