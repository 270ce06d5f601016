import { type BytesCells, type Cells, IntegerCells } from '../cells.ts';

/**
 * Writes the values of a column in PostgreSQL's binary format, each behind its length, which is −1
 * for NULL: the form that both the elements of an array and the parameters of Bind have (array_send
 * in arrayfuncs.c; PostgreSQL's documentation, "Message Formats").
 *
 * Values go to the places that the caller has laid out, so that one writer serves both: in an array
 * they follow each other, in Bind each is among those of its row.
 */
export interface ValueWriter {
  /** Adds what each row's value takes, with its length, to `sizes[row − from]`. */
  addSizes(cells: Cells, from: number, to: number, sizes: Uint32Array): void;
  /** Writes each row's value at `places[row − from]`, and moves that place behind it. */
  write(cells: Cells, from: number, to: number, out: DataView, places: Uint32Array): void;
}

/** Bytes of the length in front of each value. */
export const LENGTH_SIZE = 4;
/** The length that stands for NULL. */
const NULL = -1;

/** Writes NULL; returns the place behind it. */
export function writeNull(out: DataView, at: number): number {
  out.setInt32(at, NULL);
  return at + LENGTH_SIZE;
}

/** As `addSizes`, where all values are of one size. */
export function addFixedSizes(
  { present }: Cells,
  from: number,
  to: number,
  sizes: Uint32Array,
  valueSize: number,
): void {
  for (let row = from; row < to; row++) {
    const size = present[row] === 0 ? LENGTH_SIZE : LENGTH_SIZE + valueSize;
    sizes[row - from] = (sizes[row - from] as number) + size;
  }
}

/** As `addSizes`, where each value takes `head` bytes, and `each` for every byte of its cell. */
export function addBytesSizes(
  cells: Cells,
  from: number,
  to: number,
  sizes: Uint32Array,
  head: number,
  each: number,
): void {
  const { present, lengths } = bytesOf(cells);
  for (let row = from; row < to; row++) {
    const length = present[row] === 0 ? 0 : head + each * (lengths[row] as number);
    sizes[row - from] = (sizes[row - from] as number) + LENGTH_SIZE + length;
  }
}

export function integersOf(cells: Cells): IntegerCells {
  if (cells instanceof IntegerCells) return cells;
  throw new TypeError(`column ${cells.column.name}: ${cells.wire} is not a number`);
}

export function bytesOf(cells: Cells): BytesCells {
  if (!(cells instanceof IntegerCells)) return cells;
  throw new TypeError(`column ${cells.column.name}: ${cells.wire} is not bytes`);
}
