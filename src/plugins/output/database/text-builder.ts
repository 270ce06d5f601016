import type { Column } from '../../../records/column.ts';
import type { KeyType } from '../../../records/key.ts';
import { SLACK } from '../../../records/text.ts';
import { ValueText } from '../../../records/value-text.ts';
import { BytesCells, type CellBuilder } from './cells.ts';
import type { TableColumn } from './layout.ts';
import type { RowTable } from './row-table.ts';

/**
 * Values as text, in the form that they have in log files. Of texts what is longer than the column
 * takes is cut off; of addresses and numbers it would leave others, and they become NULL. Control
 * characters and what is no UTF-8 are escaped: a text never holds NUL.
 */
export class TextBuilder implements CellBuilder {
  readonly cells: BytesCells;
  cut = 0;
  unfit = 0;
  readonly #field: number;
  readonly #type: KeyType;
  /** Characters. */
  readonly #maxLength: number;
  readonly #asciiOnly: boolean;
  #column: Column | undefined;
  #text: ValueText | undefined;
  #made = new DataView(new ArrayBuffer(0));

  constructor(
    column: TableColumn,
    field: number,
    type: KeyType,
    { maxLength = Number.POSITIVE_INFINITY, asciiOnly = false }: TextLimits,
  ) {
    this.cells = new BytesCells(column, 'text');
    this.#field = field;
    this.#type = type;
    this.#maxLength = maxLength;
    this.#asciiOnly = asciiOnly;
  }

  fill(table: RowTable): void {
    const { cells } = this;
    const { rows } = table;
    const text = this.#textOf(table.column(this.#field));
    cells.resize(rows);
    const out = this.#makeRoom(text, rows);
    cells.data = new Uint8Array(out.buffer);
    let at = 0;
    for (let row = 0; row < rows; row++) {
      cells.present[row] = 0;
      if (!text.has(row)) continue;
      const start = at;
      at = text.write(row, out, at);
      if (this.#asciiOnly) at = this.#escape(start, at);
      const end = at - start > this.#maxLength ? this.#fitting(start, at) : at;
      if (end < at) {
        at = end;
        if (this.#type === 'string' || this.#type === 'bytes') {
          this.cut++;
        } else {
          this.unfit++;
          continue;
        }
      }
      cells.present[row] = 1;
      cells.offsets[row] = start;
      cells.lengths[row] = at - start;
    }
  }

  /** What writes a column's values: another one when the table has grown. */
  #textOf(column: Column): ValueText {
    if (!this.#text || column !== this.#column) {
      this.#column = column;
      this.#text = new ValueText(this.#type, column);
    }
    return this.#text;
  }

  #makeRoom(text: ValueText, rows: number): DataView {
    let room = SLACK;
    for (let row = 0; row < rows; row++) if (text.has(row)) room += text.room(row);
    // Escaping takes what `room` has for it: four bytes for each byte of a string.
    if (room > this.#made.byteLength)
      this.#made = new DataView(new ArrayBuffer(Math.ceil(1.25 * room)));
    return this.#made;
  }

  /** Replaces what is not ASCII by `\xNN`. */
  #escape(start: number, end: number): number {
    const out = this.#made;
    let length = end - start;
    for (let i = start; i < end; i++) if (out.getUint8(i) > 0x7e) length += 3;
    if (length === end - start) return end;
    const bytes = Buffer.from(out.buffer, start, end - start);
    const escaped = bytes
      .toString('latin1')
      .replace(/[^\0-~]/g, (each) => `\\x${each.charCodeAt(0).toString(16)}`);
    return start + Buffer.from(out.buffer).write(escaped, start, 'latin1');
  }

  /** Where the characters end that fit. */
  #fitting(start: number, end: number): number {
    const out = this.#made;
    let characters = 0;
    for (let at = start; at < end; at++) {
      // Bytes that continue a character: 10xxxxxx.
      if ((out.getUint8(at) & 0xc0) !== 0x80 && ++characters > this.#maxLength) return at;
    }
    return end;
  }
}

interface TextLimits {
  readonly maxLength?: number | undefined;
  readonly asciiOnly?: boolean;
}

/** Bytes of a text such as `02:00:00:00:00:01`. */
const MAC_TEXT = 17;

/** Link-layer addresses that a key holds as text: those that are no Ethernet ones become NULL. */
export class MacTextBuilder implements CellBuilder {
  readonly cells: BytesCells;
  readonly cut = 0;
  unfit = 0;
  readonly #text: TextBuilder;

  constructor(column: TableColumn, field: number) {
    this.#text = new TextBuilder(column, field, 'string', {});
    this.cells = this.#text.cells;
  }

  fill(table: RowTable): void {
    this.#text.fill(table);
    const { present, lengths } = this.cells;
    for (let row = 0; row < table.rows; row++) {
      if (present[row] !== 1 || lengths[row] === MAC_TEXT) continue;
      present[row] = 0;
      this.unfit++;
    }
  }
}
