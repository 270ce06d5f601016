import type { BytesColumn, NumberColumn } from '../../records/column.ts';
import type { ColumnSet } from '../../records/column-set.ts';
import { MAX_ESCAPED, writeEscaped } from '../../records/escape.ts';
import {
  literal,
  SLACK,
  writeField,
  writeHex,
  writeLiteral,
  writeMac,
} from '../../records/text.ts';
import type { KeyUse } from '../api.ts';
import { LogLineBody } from './log-line-body.ts';

const text = {
  in: literal('IN='),
  out: literal(' OUT='),
  mac: literal('MAC='),
  uid: literal('UID='),
  gid: literal('GID='),
  mark: literal('MARK=0x'),
};
const SPACE = 0x20;

/** A link-layer header longer than this is cut in the line; the longest known has 32 bytes. */
const MAX_MAC = 64;
/** NFLOG prefixes have at most 127 bytes, interface names 15. */
const MAX_TEXT = 128;

/**
 * Formats a packet as the kernel's LOG target does, in the words and spacing of ulogd2's PRINTPKT:
 *
 *     prefix IN=eth0 OUT= MAC=… SRC=… DST=… LEN=… … PROTO=TCP SPT=… … UID=… GID=… MARK=0x0 ⏎
 *
 * Text from outside is escaped, so that one packet is always exactly one line.
 */
export class LogLine {
  static readonly reads: readonly KeyUse[] = [
    { name: 'oob.prefix' },
    { name: 'oob.in' },
    { name: 'oob.out' },
    { name: 'oob.uid' },
    { name: 'oob.gid' },
    { name: 'oob.mark' },
    { name: 'raw.mac' },
    ...LogLineBody.reads,
  ];

  /** Room that `write` needs, in bytes. */
  static readonly MAX_LENGTH =
    3 * MAX_TEXT * MAX_ESCAPED + 3 * MAX_MAC + LogLineBody.MAX_LENGTH + 96 + SLACK;

  readonly #prefix: BytesColumn;
  readonly #in: BytesColumn;
  readonly #out: BytesColumn;
  readonly #mac: BytesColumn;
  readonly #uid: NumberColumn;
  readonly #gid: NumberColumn;
  readonly #mark: NumberColumn;
  readonly #body: LogLineBody;

  constructor(columns: ColumnSet) {
    this.#prefix = columns.readBytes('oob.prefix');
    this.#in = columns.readBytes('oob.in');
    this.#out = columns.readBytes('oob.out');
    this.#mac = columns.readBytes('raw.mac');
    this.#uid = columns.readNumbers('oob.uid');
    this.#gid = columns.readNumbers('oob.gid');
    this.#mark = columns.readNumbers('oob.mark');
    this.#body = new LogLineBody(columns);
  }

  /** Writes the row's line without its newline; returns the position behind it. */
  write(row: number, out: DataView, start: number): number {
    let at = start;
    if (this.#prefix.has(row)) {
      at = writeText(out, at, this.#prefix, row);
      out.setUint8(at++, SPACE);
    }
    at = writeLiteral(out, at, text.in);
    if (this.#in.has(row)) at = writeText(out, at, this.#in, row);
    at = writeLiteral(out, at, text.out);
    if (this.#out.has(row)) at = writeText(out, at, this.#out, row);
    out.setUint8(at++, SPACE);
    at = writeLiteral(out, at, text.mac);
    if (this.#mac.has(row)) {
      const length = Math.min(this.#mac.length(row), MAX_MAC);
      at = writeMac(out, at, this.#mac.data, this.#mac.offset(row), length);
    }
    out.setUint8(at++, SPACE);
    at = this.#body.write(row, out, at);
    if (this.#uid.has(row)) at = writeField(out, at, text.uid, this.#uid.get(row));
    if (this.#gid.has(row)) at = writeField(out, at, text.gid, this.#gid.get(row));
    if (this.#mark.has(row)) {
      at = writeLiteral(out, at, text.mark);
      at = writeHex(out, at, this.#mark.get(row));
      out.setUint8(at++, SPACE);
    }
    return at;
  }
}

function writeText(out: DataView, at: number, column: BytesColumn, row: number): number {
  const length = Math.min(column.length(row), MAX_TEXT);
  return writeEscaped(out, at, column.data, column.offset(row), length);
}
