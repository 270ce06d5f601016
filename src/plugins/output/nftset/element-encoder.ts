import { align4 } from '../../../netlink/constants.ts';
import type { DataType, NftSet } from '../../../netlink/nftables/index.ts';
import { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { KeyColumn } from '../../../records/column-set.ts';

/** What `encode` made of a row. */
export const ENCODED = 0;
/** The row lacks a key, or has a value that no element can have, such as a cut address. */
export const WITHOUT_KEY = 1;
/** The row's address is of the other family. */
export const OTHER_FAMILY = 2;

export type Encoding = typeof ENCODED | typeof WITHOUT_KEY | typeof OTHER_FAMILY;

interface NumberField {
  readonly column: NumberColumn;
  readonly at: number;
  readonly length: number;
  readonly isLittleEndian: boolean;
}

interface BytesField {
  readonly column: BytesColumn;
  readonly at: number;
  readonly length: number;
  /** A value may be shorter, and is then padded with NULs, of which the last must stay. */
  readonly isText: boolean;
  readonly isAddress: boolean;
}

/** Makes the key of a set's element of a row's values, as nft does. */
export class ElementEncoder {
  /** What `encode` wrote last. */
  readonly bytes: Uint8Array;
  readonly #numbers: NumberField[] = [];
  readonly #strings: BytesField[] = [];

  /** @param columns those of the element's fields, in order, of types that fit */
  constructor(
    { keyLength, isInterval }: NftSet,
    fields: readonly DataType[],
    columns: readonly KeyColumn[],
  ) {
    this.bytes = new Uint8Array(keyLength);
    let at = 0;
    fields.forEach((field, index) => {
      const { length, order } = field;
      const column = columns[index]?.column;
      if (column instanceof NumberColumn) {
        // Intervals are sorted: nft writes them in network order whatever the type's own order is.
        const isLittleEndian = order === 'host' && !isInterval;
        this.#numbers.push({ column, at, length, isLittleEndian });
      } else if (column instanceof BytesColumn) {
        const isAddress = field.name === 'ipv4_addr' || field.name === 'ipv6_addr';
        this.#strings.push({ column, at, length, isText: order === 'text', isAddress });
      }
      at += align4(length);
    });
  }

  /** Writes the key of the row's element into `bytes`; they mean nothing unless it is ENCODED. */
  encode(row: number): Encoding {
    for (let i = 0; i < this.#strings.length; i++) {
      const encoding = this.#encodeBytes(this.#strings[i] as BytesField, row);
      if (encoding !== ENCODED) return encoding;
    }
    for (let i = 0; i < this.#numbers.length; i++) {
      const field = this.#numbers[i] as NumberField;
      if (!field.column.has(row)) return WITHOUT_KEY;
      this.#encodeNumber(field, field.column.get(row));
    }
    return ENCODED;
  }

  #encodeBytes({ column, at, length, isText, isAddress }: BytesField, row: number): Encoding {
    if (!column.has(row)) return WITHOUT_KEY;
    const has = column.length(row);
    if (isText ? has >= length : has !== length) return isAddress ? OTHER_FAMILY : WITHOUT_KEY;
    const { data } = column;
    const from = column.offset(row);
    for (let k = 0; k < length; k++) this.bytes[at + k] = k < has ? (data[from + k] as number) : 0;
    return ENCODED;
  }

  #encodeNumber({ at, length, isLittleEndian }: NumberField, value: number): void {
    for (let k = 0; k < length; k++) {
      const place = isLittleEndian ? k : length - 1 - k;
      this.bytes[at + place] = value >>> (8 * k);
    }
  }
}
