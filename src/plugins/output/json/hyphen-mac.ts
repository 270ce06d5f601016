import type { BytesColumn } from '../../../records/column.ts';
import { writeEscaped } from '../../../records/escape.ts';
import { jsonStyle } from './json-style.ts';
import type { RowText } from './step.ts';

/** What the characters of `aa:bb:cc` become; 0 for all others. */
const hyphenated = new Uint8Array(256);
for (const digit of '0123456789abcdef') {
  hyphenated[digit.charCodeAt(0)] = digit.toUpperCase().charCodeAt(0);
}
hyphenated[':'.charCodeAt(0)] = '-'.charCodeAt(0);

/**
 * A link-layer address that is there as the text `aa:bb:cc`, as `AA-BB-CC` (RFC 7042, 2.1). A text
 * of another form, which some other plugin may have made, stays as it is.
 */
export class HyphenMac implements RowText {
  readonly fixedRoom = 0;
  readonly roomPerByte = jsonStyle.maxLength;
  readonly #column: BytesColumn;

  constructor(column: BytesColumn) {
    this.#column = column;
  }

  room(row: number): number {
    return this.roomPerByte * this.#column.length(row);
  }

  write(row: number, out: DataView, at: number): number {
    const { data } = this.#column;
    const offset = this.#column.offset(row);
    const length = this.#column.length(row);
    for (let i = 0; i < length; i++) {
      const character = hyphenated[data[offset + i] as number] as number;
      if (character === 0) return writeEscaped(out, at, data, offset, length, jsonStyle);
      out.setUint8(at + i, character);
    }
    return at + length;
  }
}
