import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { writeEscaped } from '../../../records/escape.ts';
import { type Literal, literal, writeLiteral, writeUint } from '../../../records/text.ts';
import { IsoTime, type ZoneStyle } from './iso-time.ts';
import { jsonStyle } from './json-style.ts';
import type { RowText } from './step.ts';

/** The time of the row, or that of writing where it has none. */
export class RowTime implements RowText {
  readonly fixedRoom = IsoTime.MAX_LENGTH;
  readonly roomPerByte = 0;
  readonly #second: NumberColumn;
  readonly #microsecond: NumberColumn;
  readonly #time: IsoTime;

  constructor(columns: ColumnSet, zone: ZoneStyle) {
    this.#second = columns.readNumbers('oob.time.sec');
    this.#microsecond = columns.readNumbers('oob.time.usec');
    this.#time = new IsoTime(zone);
  }

  room(): number {
    return this.fixedRoom;
  }

  write(row: number, out: DataView, at: number): number {
    if (this.#second.has(row)) {
      const microsecond = this.#microsecond.has(row) ? this.#microsecond.get(row) : 0;
      return this.#time.write(out, at, this.#second.get(row), microsecond);
    }
    const now = Date.now();
    return this.#time.write(out, at, Math.floor(now / 1000), (now % 1000) * 1000);
  }
}

/** One text for each value of a number, or of two; nothing for values that have none. */
export class Choice implements RowText {
  readonly fixedRoom: number;
  readonly roomPerByte = 0;
  readonly #number: NumberColumn;
  readonly #selector: NumberColumn | undefined;
  readonly #texts: readonly (Literal | undefined)[];

  /** @param texts by the number, or by {@link choiceIndex} of both */
  constructor(number: NumberColumn, texts: ReadonlyMap<number, string>, selector?: NumberColumn) {
    this.#number = number;
    this.#selector = selector;
    const size = Math.max(0, ...texts.keys()) + 1;
    this.#texts = Array.from({ length: size }, (_, value) => {
      const text = texts.get(value);
      return text === undefined ? undefined : literal(text);
    });
    this.fixedRoom = Math.max(0, ...this.#texts.map((text) => text?.length ?? 0));
  }

  room(): number {
    return this.fixedRoom;
  }

  write(row: number, out: DataView, at: number): number {
    const number = this.#number.get(row);
    const selector = this.#selector;
    const index = selector?.has(row) ? choiceIndex(selector.get(row), number) : number;
    const text = this.#texts[index];
    return text === undefined ? at : writeLiteral(out, at, text);
  }
}

/** Where the text of two numbers stands in the table of a {@link Choice}; `number` is a u8. */
export const choiceIndex = (selector: number, number: number): number => (selector << 8) | number;

/** A number and a constant. */
export class Sum implements RowText {
  /** Digits of the greatest number of 32 bits. */
  readonly fixedRoom = 10;
  readonly roomPerByte = 0;
  readonly #number: NumberColumn;
  readonly #plus: number;

  /** @param plus the sum has to stay below 2³² */
  constructor(number: NumberColumn, plus: number) {
    this.#number = number;
    this.#plus = plus;
  }

  room(): number {
    return this.fixedRoom;
  }

  write(row: number, out: DataView, at: number): number {
    return writeUint(out, at, this.#number.get(row) + this.#plus);
  }
}

/** A member with its name, left out as a whole when its string is empty. */
export class NamedText implements RowText {
  readonly fixedRoom: number;
  readonly roomPerByte = jsonStyle.maxLength;
  readonly #name: Literal;
  readonly #column: BytesColumn;

  /** @param name with comma, colon and opening quote */
  constructor(name: string, column: BytesColumn) {
    this.#name = literal(name);
    this.#column = column;
    this.fixedRoom = this.#name.length + 1;
  }

  room(row: number): number {
    return this.fixedRoom + this.roomPerByte * this.#column.length(row);
  }

  write(row: number, out: DataView, at: number): number {
    const length = this.#column.length(row);
    if (length === 0) return at;
    const { data } = this.#column;
    const value = writeLiteral(out, at, this.#name);
    const end = writeEscaped(out, value, data, this.#column.offset(row), length, jsonStyle);
    out.setUint8(end, 0x22);
    return end + 1;
  }
}
