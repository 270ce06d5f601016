import { writeHexBytes, writeUint64 } from '../../../../records/text.ts';
import type { BytesCells, Cells, IntegerCells } from '../cells.ts';
import { TextMemory } from './text-memory.ts';
import { TimeText } from './time-text.ts';
import { FORM, type ValueForm, valueFormOf } from './value-form.ts';

/** Statements of about this length cost the server least. */
const STATEMENT_BYTES = 65_536;
/** What a value takes beside its bytes, at most; numbers and times are shorter. */
const VALUE_BYTES = 64;

const QUOTE = 0x27;
const COMMA = 0x2c;
const OPEN = 0x28;
const CLOSE = 0x29;
const X = 0x78;
const NULL = Buffer.from('NULL').readUInt32BE(0);

const UTF8 = Buffer.from('_utf8mb4 ');
const MAPPED = Buffer.from('00000000000000000000ffff');

/** Printable ASCII that means itself between quotes under every sql_mode. */
const isPlain = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte >= 0x20 && byte < 0x7f && byte !== QUOTE && byte !== 0x5c ? 1 : 0,
);

/**
 * Rows as SQL writes them: `(1,'eth0',NULL,x'7f000001')`. All is ASCII. A text that holds anything
 * beyond plain characters becomes hexadecimal digits, so nothing in it can end the literal.
 * (MySQL Reference Manual, "Literal Values".)
 */
export class LiteralRows {
  /** Bytes of what was written last. */
  length = 0;
  readonly #memory = new TextMemory(2 * STATEMENT_BYTES);
  readonly #time = new TimeText();
  readonly #before: Buffer;
  readonly #after: Buffer;
  #forms: readonly ValueForm[] = [];

  /** @param before,after what stands around the parentheses of each row */
  constructor(before = '', after = '') {
    this.#before = Buffer.from(before);
    this.#after = Buffer.from(after);
  }

  /** What was written last. */
  get text(): string {
    return this.#memory.bytes.toString('utf8', 0, this.length);
  }

  /** Begins with these columns. */
  use(cells: readonly Cells[]): void {
    this.#forms = cells.map(valueFormOf);
  }

  /**
   * Writes rows with commas in between, as many as make one statement.
   *
   * @param most bytes that the statement may have
   * @returns the row behind the last one; `from` if the first is longer than `most` by itself
   */
  write(cells: readonly Cells[], from: number, to: number, most: number): number {
    this.length = 0;
    let row = from;
    while (row < to && this.length < STATEMENT_BYTES) {
      const start = this.length;
      let at = start;
      if (row > from) this.#memory.bytes[at++] = COMMA;
      at = this.#writeRow(cells, row, at);
      if (at > most) break;
      this.length = at;
      row++;
    }
    return row;
  }

  #writeRow(cells: readonly Cells[], row: number, start: number): number {
    const memory = this.#memory;
    memory.reserve(start, this.#before.length + this.#rowBytes(cells.length));
    let at = start;
    memory.bytes.set(this.#before, at);
    at += this.#before.length;
    memory.bytes[at++] = OPEN;
    for (let i = 0; i < cells.length; i++) {
      if (i > 0) memory.bytes[at++] = COMMA;
      const each = cells[i] as Cells;
      if (each.present[row] !== 1) {
        memory.view.setUint32(at, NULL);
        at += 4;
      } else if (each.kind === 'integer') {
        at = this.#writeInteger(each, row, at, this.#forms[i] as ValueForm);
      } else {
        // Room for the columns that follow, too: the one before them made it for these.
        memory.reserve(at, 2 * (each.lengths[row] as number) + this.#rowBytes(cells.length - i));
        at = this.#writeBytes(each, row, at, this.#forms[i] as ValueForm);
      }
    }
    memory.bytes[at++] = CLOSE;
    memory.bytes.set(this.#after, at);
    return at + this.#after.length;
  }

  /** What a row takes from here on, with so many columns still to come. */
  #rowBytes(columns: number): number {
    return (columns + 1) * VALUE_BYTES + this.#after.length;
  }

  #writeInteger(cells: IntegerCells, row: number, at: number, { form, timeLength }: ValueForm) {
    const { bytes, view } = this.#memory;
    const high = cells.high[row] as number;
    const low = cells.low[row] as number;
    if (form !== FORM.time) return writeUint64(view, at, high, low);
    bytes[at] = QUOTE;
    const end = this.#time.write(bytes, at + 1, high, low, timeLength);
    bytes[end] = QUOTE;
    return end + 1;
  }

  #writeBytes(cells: BytesCells, row: number, at: number, { form }: ValueForm): number {
    const { data } = cells;
    const offset = cells.offsets[row] as number;
    const length = cells.lengths[row] as number;
    if (form === FORM.text) return this.#writeText(data, offset, length, at);
    const { bytes, view } = this.#memory;
    let next = at;
    if (form !== FORM.hexText) bytes[next++] = X;
    bytes[next++] = QUOTE;
    if (form === FORM.address && length === 4) {
      bytes.set(MAPPED, next);
      next += MAPPED.length;
    }
    next = writeHexBytes(view, next, data, offset, length);
    bytes[next++] = QUOTE;
    return next;
  }

  #writeText(data: Uint8Array, offset: number, length: number, at: number): number {
    const { bytes, view } = this.#memory;
    let next = at;
    bytes[next++] = QUOTE;
    const end = offset + length;
    let from = offset;
    while (from < end) {
      const byte = data[from] as number;
      if (isPlain[byte] !== 1) break;
      bytes[next++] = byte;
      from++;
    }
    if (from < end) {
      bytes.set(UTF8, at);
      next = at + UTF8.length;
      bytes[next++] = X;
      bytes[next++] = QUOTE;
      next = writeHexBytes(view, next, data, offset, length);
    }
    bytes[next++] = QUOTE;
    return next;
  }
}
