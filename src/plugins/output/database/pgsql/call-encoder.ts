import type { Cells } from '../cells.ts';
import type { MessageBuffer } from './message-buffer.ts';
import { bindEnd, bindStart, execute, MESSAGE_HEAD, messageType } from './messages.ts';
import { RowChunk, type RowEncoder } from './row-encoder.ts';
import type { FilledColumn } from './statements.ts';

/** Rows for a prepared statement that takes the values of one row: Bind and Execute for each. */
export class CallEncoder implements RowEncoder {
  /** Bind up to the first value, its length still to be filled in. */
  readonly #head: Buffer;
  /** What follows the last value. */
  readonly #tail = Buffer.concat([bindEnd, execute]);
  readonly #chunk: RowChunk;

  /** @param statement name of the prepared statement */
  constructor(statement: string, columns: readonly FilledColumn[]) {
    const start = bindStart(statement, columns.length);
    this.#head = Buffer.concat([Buffer.alloc(MESSAGE_HEAD), start]);
    this.#head.writeUInt8(messageType.bind);
    this.#chunk = new RowChunk(columns);
  }

  encode(cells: readonly Cells[], from: number, to: number, out: MessageBuffer): number {
    const chunk = this.#chunk;
    const { places, columns } = chunk;
    const extra = this.#head.length + this.#tail.length;
    chunk.measure(cells, from, to, extra);
    out.reserve(chunk.bytes);
    const rows = chunk.end - from;
    const start = out.length;
    out.length = chunk.place(rows, start);
    for (let i = 0; i < rows; i++) {
      const at = places[i] as number;
      const next = i + 1 < rows ? (places[i + 1] as number) : out.length;
      out.bytes.set(this.#head, at);
      out.view.setInt32(at + 1, next - at - 1 - execute.length);
      out.bytes.set(this.#tail, next - this.#tail.length);
      places[i] = at + this.#head.length;
    }
    for (let i = 0; i < columns.length; i++) chunk.write(cells, i, from, out.view);
    return chunk.end;
  }
}
