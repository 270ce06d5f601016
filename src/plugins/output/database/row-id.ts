import { randomBytes } from 'node:crypto';
import { ID_LENGTH } from './row-head.ts';

/** The column that takes the id. */
export const ID_COLUMN = 'specter_id';

/** Where the counter stands in an id. */
const COUNTER = 12;

/**
 * Gives rows ids that no other row has, of whatever run or machine, so that a table knows a row that
 * it is given a second time: UUIDs of version 7 (RFC 9562 section 5.7), the milliseconds when their
 * piece was begun, 42 random bits of the run, and a counter of 32 bits, which takes the place of
 * random bits (section 6.2, method 1). Later ids are greater: an index grows at its end.
 */
export class RowIds {
  readonly #random = randomBytes(6);
  #next = 0;

  /** Writes the id of the next row; those behind it in the same piece have the following ones. */
  writeFirst(out: DataView, at: number): void {
    const now = Date.now();
    out.setUint16(at, Math.floor(now / 2 ** 32));
    out.setUint32(at + 2, now >>> 0);
    out.setUint16(at + 6, 0x7000 | (this.#random.readUInt16BE(0) & 0x0fff));
    out.setUint32(at + 8, (0x8000_0000 | (this.#random.readUInt32BE(2) & 0x3fff_ffff)) >>> 0);
    out.setUint32(at + COUNTER, this.#next);
  }

  /** A row has been written. */
  advance(): void {
    this.#next = (this.#next + 1) >>> 0;
  }
}

/** Makes the id of a row that of the row which comes `rows` behind it. */
export function advanceId(id: Uint8Array, rows: number): void {
  const counter = new DataView(id.buffer, id.byteOffset + COUNTER, 4);
  counter.setUint32(0, (counter.getUint32(0) + rows) >>> 0);
}

/** Writes the ids of `rows` rows, the first of which is `first`, one behind the other. */
export function writeIds(first: Uint8Array, rows: number, out: Uint8Array, at: number): void {
  const view = new DataView(out.buffer, out.byteOffset, out.byteLength);
  const counter = new DataView(first.buffer, first.byteOffset + COUNTER, 4).getUint32(0);
  for (let row = 0; row < rows; row++) {
    const position = at + ID_LENGTH * row;
    out.set(first, position);
    view.setUint32(position + COUNTER, (counter + row) >>> 0);
  }
}
