import type { Batch } from '../../records/batch.ts';
import { NumberColumn } from '../../records/column.ts';
import type { ColumnSet, KeyColumn } from '../../records/column-set.ts';
import type { EscapeStyle } from '../../records/escape.ts';
import { COPY_SLACK, copyText, writeUint } from '../../records/text.ts';
import { ValueText } from '../../records/value-text.ts';

/** How many of a batch's selected rows have a key. */
const Presence = { NONE: 0, SOME: 1, ALL: 2 } as const;
type Presence = (typeof Presence)[keyof typeof Presence];

/** Selected rows from which on it pays to find out what they have in common. */
const MANY_ROWS = 4;

/**
 * The keys named, in the order of their names; without names all that a block's columns have, in
 * the order in which they are filled, without those that hold a part of another one.
 */
export function chosenKeys(
  columns: ColumnSet,
  names: readonly string[] | undefined,
): readonly KeyColumn[] {
  if (names === undefined) return columns.entries().filter(({ key }) => !key.onlyByName);
  return names.flatMap((name) => columns.find(name) ?? []);
}

/**
 * Writes keys as `name=value` with a character between them: those that a row has.
 *
 * A block has a hundred keys and more, and a packet a third of them. So those that no row of a batch
 * has are sorted out in `begin`, and what is looked at for each of the others stands in plain arrays
 * side by side, by the keys' place in the list, inside which all accesses below stay. (Measured:
 * without the one it takes a third longer, without the other half as long again.)
 *
 * Much of what a packet says all packets of its batch say: the hook, the interfaces, the rule's prefix.
 * The fields of such keys are written once for the batch, and copied as one text where they are neighbours.
 */
export class KeyFields {
  readonly #present: readonly Uint8Array[];
  /** A `NumberColumn`'s values, as most keys have; else undefined. */
  readonly #numbers: readonly (Uint32Array | undefined)[];
  readonly #values: readonly ValueText[];
  readonly #names: Names;
  /** The keys that the batch's rows have with different values: `#varying[0 … #varyingCount − 1]`. */
  readonly #varying: Uint32Array;
  #varyingCount = 0;
  /** The fields that are the same in all rows of the batch. */
  #common = new DataView(new ArrayBuffer(0));
  /** Where those in front of each key in `#varying` end; in the place behind, where all end. */
  readonly #commonEnds: Uint32Array;
  readonly #fixedRoom: number;
  /** The values of which some rows need more room than others. */
  readonly #ofAnyLength: readonly ValueText[];

  /**
   * @param separator one ASCII character
   * @param style how strings are escaped
   */
  constructor(keys: readonly KeyColumn[], separator: string, style?: EscapeStyle) {
    this.#present = keys.map(({ column }) => column.present);
    this.#numbers = keys.map(({ column }) =>
      column instanceof NumberColumn ? column.values : undefined,
    );
    this.#values = keys.map(({ key, column }) => new ValueText(key.type, column, style));
    this.#names = new Names(
      keys.map(({ key }) => key.name),
      separator,
    );
    this.#varying = new Uint32Array(keys.length);
    this.#commonEnds = new Uint32Array(keys.length + 1);
    this.#ofAnyLength = this.#values.filter(({ roomPerByte }) => roomPerByte > 0);
    this.#fixedRoom = this.#values.reduce(
      (room, value) => room + value.fixedRoom,
      this.#names.room + COPY_SLACK,
    );
  }

  /**
   * Called before the first row of a batch: sorts out the keys that none of its selected rows has, and
   * writes the fields that are the same in all.
   */
  begin(batch: Batch): void {
    const keys = this.#present.length;
    const isWorthIt = batch.selected >= MANY_ROWS;
    if (isWorthIt) this.#makeRoom(batch.row(0));
    let at = 0;
    let varying = 0;
    // Only of a key behind one that all rows have is it known that there is a separator in front.
    let isSeparated = false;
    for (let i = 0; i < keys; i++) {
      const presence = presenceIn(this.#present[i] as Uint8Array, batch);
      if (presence === Presence.NONE) continue;
      const isInAll = presence === Presence.ALL;
      const isFirst = varying === 0 && at === 0;
      if (
        isWorthIt &&
        isInAll &&
        (isSeparated || isFirst) &&
        (this.#values[i] as ValueText).isSameInAll(batch)
      ) {
        at = this.#writeField(i, batch.row(0), isSeparated, this.#common, at);
      } else {
        this.#commonEnds[varying] = at;
        this.#varying[varying++] = i;
      }
      isSeparated ||= isInAll;
    }
    this.#commonEnds[varying] = at;
    this.#varyingCount = varying;
  }

  /** Where keys vary in their length, memory for the longest values so far is kept. */
  #makeRoom(row: number): void {
    const room = this.room(row);
    if (room > this.#common.byteLength) this.#common = new DataView(new ArrayBuffer(2 * room));
  }

  /** An upper bound of what `write` needs for the row, in bytes, with COPY_SLACK. */
  room(row: number): number {
    let room = this.#fixedRoom;
    for (let i = 0; i < this.#ofAnyLength.length; i++) {
      const value = this.#ofAnyLength[i] as ValueText;
      if (value.has(row)) room += value.room(row);
    }
    return room;
  }

  /** Writes the row's fields, beginning without a separator; returns the position behind them. */
  write(row: number, out: DataView, start: number): number {
    const varying = this.#varying;
    const varyingCount = this.#varyingCount;
    const present = this.#present;
    const ends = this.#commonEnds;
    let at = start;
    let copied = 0;
    for (let v = 0; v < varyingCount; v++) {
      const end = ends[v] as number;
      if (copied < end) {
        copyText(out, at, this.#common, copied, end - copied);
        at += end - copied;
        copied = end;
      }
      const i = varying[v] as number;
      if ((present[i] as Uint8Array)[row] === 1) at = this.#writeField(i, row, at > start, out, at);
    }
    const end = ends[varyingCount] as number;
    copyText(out, at, this.#common, copied, end - copied);
    return at + end - copied;
  }

  /** Writes the field of a key that the row has. */
  #writeField(i: number, row: number, isSeparated: boolean, out: DataView, start: number): number {
    const { doubles, stride, lengths } = this.#names;
    // Names without separator stand in front of those with one.
    const n = isSeparated ? i + this.#present.length : i;
    const name = stride * n;
    const length = lengths[n] as number;
    out.setFloat64(start, doubles[name] as number);
    out.setFloat64(start + 8, doubles[name + 1] as number);
    for (let d = 2; 8 * d < length; d++) out.setFloat64(start + 8 * d, doubles[name + d] as number);
    const at = start + length;
    const column = this.#numbers[i];
    return column === undefined
      ? (this.#values[i] as ValueText).write(row, out, at)
      : writeUint(out, at, column[row] as number);
  }
}

function presenceIn(present: Uint8Array, { rows, selected }: Batch): Presence {
  if (selected === 0) return Presence.NONE;
  const first = present[rows[0] as number] as number;
  for (let s = 1; s < selected; s++) {
    if (present[rows[s] as number] !== first) return Presence.SOME;
  }
  return first === 1 ? Presence.ALL : Presence.NONE;
}

/**
 * `name=` for each key, then for each with the separator in front, eight bytes to a double: that takes
 * half the stores of 32-bit words, and a fifth off the time of a line. (Text is never a NaN, of which
 * the bits would not be safe: its first two bytes are not 7f f0 or ff f0 and above.)
 */
class Names {
  /** Doubles that each text has here: as many as the longest needs, and two at least. */
  readonly stride: number;
  readonly doubles: Float64Array;
  /** Bytes of each text. */
  readonly lengths: Uint32Array;
  /** Bytes that may be written for all texts with separators. */
  readonly room: number;

  constructor(names: readonly string[], separator: string) {
    const texts = [...names, ...names.map((name) => separator + name)].map((name) =>
      Buffer.from(`${name}=`),
    );
    this.lengths = Uint32Array.from(texts, ({ length }) => length);
    this.stride = Math.max(2, ...texts.map(({ length }) => Math.ceil(length / 8)));
    const bytes = Buffer.alloc(8 * this.stride * texts.length);
    for (const [i, text] of texts.entries()) bytes.set(text, 8 * this.stride * i);
    this.doubles = Float64Array.from({ length: bytes.length / 8 }, (_, i) =>
      bytes.readDoubleBE(8 * i),
    );
    this.room = 8 * this.stride * names.length;
  }
}
