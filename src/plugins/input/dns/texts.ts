import type { ColumnSet } from '../../../records/column-set.ts';
import type { Key } from '../../../records/key.ts';
import {
  type Literal,
  literal,
  writeIpv4,
  writeIpv6,
  writeLiteral,
  writeUint,
} from '../../../records/text.ts';
import { TextColumn } from '../base/text-column.ts';
import { COMMA } from '../payload/quoted.ts';
import { dnsKeys } from './keys.ts';
import { MAX_NAME_TEXT, writeName } from './name.ts';
import { MAX_NAME, RecordType } from './record-types.ts';

/** Fills a number's name, or a word with the number behind it. */
export class CodeText extends TextColumn {
  readonly #names: ReadonlyMap<number, Literal>;
  readonly #prefix: Literal;

  /** @param word what stands before a number that has no name: `TYPE` */
  constructor(columns: ColumnSet, key: Key, names: ReadonlyMap<number, Literal>, word: string) {
    super(columns, key, MAX_NAME);
    this.#names = names;
    this.#prefix = literal(word);
  }

  set(row: number, code: number): void {
    const start = this.start(row);
    const name = this.#names.get(code);
    const end = name
      ? writeLiteral(this.storage, start, name)
      : writeUint(this.storage, writeLiteral(this.storage, start, this.#prefix), code);
    this.column.set(row, start, end - start);
  }
}

/** Fills `dns.qname`. */
export class NameText extends TextColumn {
  constructor(columns: ColumnSet) {
    super(columns, dnsKeys.qname, MAX_NAME_TEXT);
  }

  set(row: number, data: Uint8Array, message: number, at: number, end: number): void {
    const start = this.start(row);
    const next = writeName(this.storage, start, data, message, at, end);
    if (next >= 0) this.column.set(row, start, next - start);
  }
}

/** An answer begins only before this many bytes of text: 16 IPv6 addresses have room. */
const MAX_BEFORE_ANSWER = 640;

/** Fills `dns.answers`, one answer after the other. */
export class AnswersText extends TextColumn {
  constructor(columns: ColumnSet) {
    super(columns, dnsKeys.answers, MAX_BEFORE_ANSWER + 1 + MAX_NAME_TEXT);
  }

  /**
   * Adds what a record's data says, if it is an address or a name.
   *
   * @param at, end the record's data, captured whole
   * @returns false when no other answer may follow: for want of room, or because this one is
   *   malformed. Behind that nothing can be relied on, and a message of nothing but names that end
   *   badly, each behind a long way of pointers, is made to cost time.
   */
  add(
    row: number,
    type: number,
    data: Uint8Array,
    message: number,
    at: number,
    end: number,
  ): boolean {
    const { column, storage } = this;
    const start = this.start(row);
    const before = column.has(row) ? column.length(row) : 0;
    if (before >= MAX_BEFORE_ANSWER) return false;
    const item = before === 0 ? start : start + before + 1;
    const next = writeData(storage, item, type, data, message, at, end);
    if (next < 0) return false;
    if (next === item) return true;
    if (before > 0) storage.setUint8(item - 1, COMMA);
    column.set(row, start, next - start);
    return true;
  }
}

/** Position behind the text of a record's data: none for other types; −1 for malformed data. */
function writeData(
  out: DataView,
  to: number,
  type: number,
  data: Uint8Array,
  message: number,
  at: number,
  end: number,
): number {
  switch (type) {
    case RecordType.A:
      return end - at === 4 ? writeIpv4(out, to, data, at) : -1;
    case RecordType.AAAA:
      return end - at === 16 ? writeIpv6(out, to, data, at) : -1;
    case RecordType.CNAME:
    case RecordType.DNAME:
    case RecordType.NS:
    case RecordType.PTR:
      return writeName(out, to, data, message, at, end);
    // Behind a preference, or priority, weight and port.
    case RecordType.MX:
      return writeName(out, to, data, message, at + 2, end);
    case RecordType.SRV:
      return writeName(out, to, data, message, at + 6, end);
    default:
      return to;
  }
}
