import type { Batch } from './batch.ts';
import { BytesColumn, type Column, NumberColumn } from './column.ts';
import { type EscapeStyle, lineStyle, writeEscaped } from './escape.ts';
import type { KeyType } from './key.ts';
import { writeAddress, writeHexBytes, writeMac, writeUint, writeUint64 } from './text.ts';

/** What is done with a value, by the key's type. */
const Form = { NUMBER: 0, WIDE: 1, ADDRESS: 2, MAC: 3, BYTES: 4, STRING: 5 } as const;
type Form = (typeof Form)[keyof typeof Form];

const forms: Readonly<Record<KeyType, Form>> = {
  bool: Form.NUMBER,
  u8: Form.NUMBER,
  u16: Form.NUMBER,
  u32: Form.NUMBER,
  u64: Form.WIDE,
  ip: Form.ADDRESS,
  mac: Form.MAC,
  string: Form.STRING,
  bytes: Form.BYTES,
};

/** Digits of the greatest number of 64 bits. */
const MAX_NUMBER = 20;
/** An IPv6 address with a dotted tail: INET6_ADDRSTRLEN less its NUL. */
const MAX_ADDRESS = 45;

/** Stands in for the storage that numbers do not have. */
const noBytes = new BytesColumn(0);

/**
 * How a key becomes text: numbers in decimal (`bool` as 0 or 1), addresses in their usual form,
 * link-layer addresses as `02:00:…`, strings escaped, raw bytes in hexadecimal.
 *
 * It holds its column's arrays themselves, so that all instances have one shape, whatever the type:
 * outputs of all keys call it some forty times a packet.
 */
export class ValueText {
  /** Bytes of room for a value, whatever the row. */
  readonly fixedRoom: number;
  /** Bytes of room for each byte that a value has, beyond that. */
  readonly roomPerByte: number;
  readonly #form: Form;
  readonly #present: Uint8Array;
  /** Numbers, upper halves of numbers, or offsets. */
  readonly #first: Uint32Array;
  /** Lower halves of numbers, or lengths. */
  readonly #second: Uint32Array;
  readonly #bytes: BytesColumn;
  readonly #style: EscapeStyle;

  /**
   * @param type what the column is for: one that its class can store
   * @param style how strings are escaped; as in lines of a log by default
   */
  constructor(type: KeyType, column: Column, style: EscapeStyle = lineStyle) {
    this.#form = forms[type];
    this.#style = style;
    this.#present = column.present;
    if (column instanceof BytesColumn) {
      this.#first = column.offsets;
      this.#second = column.lengths;
      this.#bytes = column;
    } else {
      this.#first = column instanceof NumberColumn ? column.values : column.high;
      this.#second = column instanceof NumberColumn ? column.values : column.low;
      this.#bytes = noBytes;
    }
    this.fixedRoom = fixedRoomOf(this.#form);
    this.roomPerByte = roomPerByteOf(this.#form, style);
  }

  has(row: number): boolean {
    return this.#present[row] === 1;
  }

  /** Whether all rows of a selection, each of which has a value, have the same one. */
  isSameInAll({ rows, selected }: Batch): boolean {
    const first = this.#first;
    const second = this.#second;
    const model = rows[0] as number;
    const itsFirst = first[model] as number;
    const itsSecond = second[model] as number;
    const isReference = this.#bytes !== noBytes;
    for (let s = 1; s < selected; s++) {
      const row = rows[s] as number;
      if (second[row] !== itsSecond) return false;
      if (first[row] !== itsFirst && !(isReference && this.#isSameText(row, model))) return false;
    }
    return true;
  }

  /** Whether two rows refer to the same bytes, where they are as long. */
  #isSameText(row: number, other: number): boolean {
    const { data } = this.#bytes;
    const length = this.#second[row] as number;
    const from = this.#first[row] as number;
    const otherFrom = this.#first[other] as number;
    let i = 0;
    while (i < length && data[from + i] === data[otherFrom + i]) i++;
    return i === length;
  }

  /** An upper bound of what `write` needs for the row, in bytes, without SLACK. */
  room(row: number): number {
    if (this.roomPerByte === 0) return this.fixedRoom;
    return this.fixedRoom + this.roomPerByte * (this.#second[row] as number);
  }

  /** Writes the value of a row that has one; returns the position behind it. */
  write(row: number, out: DataView, at: number): number {
    const first = this.#first[row] as number;
    const second = this.#second[row] as number;
    switch (this.#form) {
      case Form.NUMBER:
        return writeUint(out, at, first);
      case Form.WIDE:
        return writeUint64(out, at, first, second);
      case Form.ADDRESS:
        return writeAddress(out, at, this.#bytes.data, first, second);
      case Form.MAC:
        return writeMac(out, at, this.#bytes.data, first, second);
      case Form.BYTES:
        return writeHexBytes(out, at, this.#bytes.data, first, second);
      case Form.STRING:
        return writeEscaped(out, at, this.#bytes.data, first, second, this.#style);
    }
  }
}

function fixedRoomOf(form: Form): number {
  if (form === Form.ADDRESS) return MAX_ADDRESS;
  return form === Form.NUMBER || form === Form.WIDE ? MAX_NUMBER : 0;
}

function roomPerByteOf(form: Form, style: EscapeStyle): number {
  if (form === Form.STRING) return style.maxLength;
  if (form === Form.MAC) return 3;
  return form === Form.BYTES ? 2 : 0;
}
