import type { BytesColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import type { Key } from '../../../records/key.ts';
import { SLACK, writeAddress, writeMac } from '../../../records/text.ts';

/** Longest texts: an IPv6 address with a dotted tail; a link-layer header of 32 bytes. */
const MAX_ADDRESS_TEXT = 39;
const MAX_MAC_BYTES = 32;
const MAX_MAC_TEXT = 3 * MAX_MAC_BYTES;

/** A string column whose texts its plugin writes itself, each row into a slot of its own. */
export abstract class TextColumn {
  protected readonly column: BytesColumn;
  protected readonly storage: DataView;
  readonly #room: number;

  constructor(columns: ColumnSet, key: Key, room: number) {
    this.column = columns.bytes(key);
    this.#room = room + SLACK;
    const storage = new Uint8Array(columns.capacity * this.#room);
    this.storage = new DataView(storage.buffer);
    this.column.ownData(storage);
  }

  protected start(row: number): number {
    return row * this.#room;
  }
}

/** `ip.saddr.str` and the like. */
export class AddressText extends TextColumn {
  constructor(columns: ColumnSet, key: Key) {
    super(columns, key, MAX_ADDRESS_TEXT);
  }

  set(row: number, data: Uint8Array, offset: number, length: number): void {
    const start = this.start(row);
    const end = writeAddress(this.storage, start, data, offset, length);
    this.column.set(row, start, end - start);
  }
}

/** `mac.saddr.str` and the like: two hexadecimal digits a byte with colons between. */
export class MacText extends TextColumn {
  constructor(columns: ColumnSet, key: Key) {
    super(columns, key, MAX_MAC_TEXT);
  }

  set(row: number, data: Uint8Array, offset: number, length: number): void {
    const start = this.start(row);
    const end = writeMac(this.storage, start, data, offset, Math.min(length, MAX_MAC_BYTES));
    this.column.set(row, start, end - start);
  }
}
