import { u8 } from '../../../records/bytes.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { TextColumn } from '../base/text-column.ts';
import { COMMA, writeQuoted } from '../payload/quoted.ts';
import { tlsKeys } from './keys.ts';

/** Room of a row for its protocols: browsers send 11 bytes, `h2,http/1.1`. */
const MAX_TEXT = 256;

/** Fills `tls.alpn`. */
export class AlpnText extends TextColumn {
  constructor(columns: ColumnSet) {
    super(columns, tlsKeys.alpn, MAX_TEXT);
  }

  /**
   * @param start, end a ProtocolNameList (RFC 7301, 3.1): names up to one that is empty, which none
   *   may be, or cut. Those that do not fit are left out.
   */
  set(row: number, data: Uint8Array, start: number, end: number): void {
    if (this.column.has(row)) return;
    const first = this.start(row);
    let next = first;
    for (let at = start + 2; at < end; ) {
      const length = u8(data, at);
      const name = at + 1;
      at = name + length;
      if (at > end || length === 0) break;
      if (isGrease(data, name, length)) continue;
      // A comma in front, and every byte quoted.
      if (next - first + 1 + 2 * length > MAX_TEXT) continue;
      if (next > first) this.storage.setUint8(next++, COMMA);
      next = writeQuoted(this.storage, next, data, name, length);
    }
    if (next > first) this.column.set(row, first, next - first);
  }
}

/** The two bytes 0x0A0A to 0xFAFA, which clients send at random (RFC 8701, 2). */
const isGrease = (data: Uint8Array, at: number, length: number): boolean =>
  length === 2 && (u8(data, at) & 0x0f) === 0x0a && data[at] === data[at + 1];
