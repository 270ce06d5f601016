import { writeHexBytes, writeUint64 } from '../../../../records/text.ts';
import type { BytesCells, Cells } from '../cells.ts';
import { TextMemory } from './text-memory.ts';
import { TimeText } from './time-text.ts';
import { FORM, type ValueForm, valueFormOf } from './value-form.ts';

/** How much is written at a time: what a socket takes at once. */
const PIECE_BYTES = 65_536;
/** What a value takes beside its bytes, at most; numbers and times are shorter. */
const VALUE_BYTES = 64;

const TAB = 0x09;
const NEWLINE = 0x0a;
const BACKSLASH = 0x5c;
const ZERO = 0x30;
/** `\N`. */
const NULL = 0x5c4e;

const MAPPED = Buffer.from('00000000000000000000ffff', 'hex');

/** Bytes that need a backslash before them. */
const isSpecial = Uint8Array.from({ length: 256 }, (_, byte) =>
  byte === 0 || byte === TAB || byte === NEWLINE || byte === BACKSLASH ? 1 : 0,
);

/** The form below, in SQL; hexadecimal because sql_mode may change what a backslash means. */
export const FIELD_FORMAT = "FIELDS TERMINATED BY x'09' ESCAPED BY x'5c' LINES TERMINATED BY x'0a'";

/**
 * Rows as LOAD DATA reads them: values as they are, a tab between them, a newline behind each row,
 * `\N` for NULL, and a backslash before bytes that would mean something else.
 * (MySQL Reference Manual, "LOAD DATA Statement", field and line handling.)
 */
export class FieldRows {
  /** Bytes of what was written last. */
  length = 0;
  readonly #memory = new TextMemory(2 * PIECE_BYTES);
  readonly #time = new TimeText();
  #forms: readonly ValueForm[] = [];

  /** What was written last, in memory of its own. */
  get bytes(): Buffer {
    return Buffer.from(this.#memory.bytes.subarray(0, this.length));
  }

  /** Begins with these columns. */
  use(cells: readonly Cells[]): void {
    this.#forms = cells.map(valueFormOf);
  }

  /** Writes rows, as many as make one piece; returns the row behind the last one. */
  write(cells: readonly Cells[], from: number, to: number): number {
    this.length = 0;
    let row = from;
    while (row < to && this.length < PIECE_BYTES) {
      this.length = this.#writeRow(cells, row, this.length);
      row++;
    }
    return row;
  }

  #writeRow(cells: readonly Cells[], row: number, start: number): number {
    const memory = this.#memory;
    memory.reserve(start, cells.length * VALUE_BYTES);
    let at = start;
    for (let i = 0; i < cells.length; i++) {
      if (i > 0) memory.bytes[at++] = TAB;
      const each = cells[i] as Cells;
      const { form, timeLength } = this.#forms[i] as ValueForm;
      if (each.present[row] !== 1) {
        memory.view.setUint16(at, NULL);
        at += 2;
      } else if (each.kind === 'integer') {
        const high = each.high[row] as number;
        const low = each.low[row] as number;
        at =
          form === FORM.time
            ? this.#time.write(memory.bytes, at, high, low, timeLength)
            : writeUint64(memory.view, at, high, low);
      } else {
        // Room for the columns that follow, too: the one before them made it for these.
        memory.reserve(at, 2 * (each.lengths[row] as number) + (cells.length - i) * VALUE_BYTES);
        at = this.#writeBytes(each, row, at, form);
      }
    }
    memory.bytes[at++] = NEWLINE;
    return at;
  }

  #writeBytes(cells: BytesCells, row: number, at: number, form: number): number {
    const { bytes, view } = this.#memory;
    const { data } = cells;
    const offset = cells.offsets[row] as number;
    const length = cells.lengths[row] as number;
    if (form === FORM.hexText) return writeHexBytes(view, at, data, offset, length);
    if (form !== FORM.address || length !== 4) return writeEscaped(bytes, at, data, offset, length);
    const next = writeEscaped(bytes, at, MAPPED, 0, MAPPED.length);
    return writeEscaped(bytes, next, data, offset, length);
  }
}

function writeEscaped(
  out: Uint8Array,
  at: number,
  data: Uint8Array,
  offset: number,
  length: number,
): number {
  let next = at;
  const end = offset + length;
  for (let i = offset; i < end; i++) {
    const byte = data[i] as number;
    if (isSpecial[byte] === 1) {
      out[next++] = BACKSLASH;
      out[next++] = byte === 0 ? ZERO : byte;
    } else {
      out[next++] = byte;
    }
  }
  return next;
}
