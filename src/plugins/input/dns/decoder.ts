import { u16 } from '../../../records/bytes.ts';
import type { NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { dnsKeys } from './keys.ts';
import { skipName } from './name.ts';
import { responseCodeNames, typeNames } from './record-types.ts';
import { AnswersText, CodeText, NameText } from './texts.ts';

/** Length of a message's header (RFC 1035, 4.1.1). */
export const DNS_HEADER = 12;
/** Type and class, behind a question's name. */
const QUESTION_TAIL = 4;
/** Type, class, time to live and length, between a record's name and its data. */
const RECORD_FIXED = 10;

/** More questions than any message has: one, but several in multicast DNS (RFC 6762). */
const MAX_QUESTIONS = 16;
const MAX_ANSWERS = 16;

/** Fills the `dns.*` keys from one message (RFC 1035, 4). */
export class DnsDecoder {
  readonly #id: NumberColumn;
  readonly #qr: NumberColumn;
  readonly #opcode: NumberColumn;
  readonly #rcode: NumberColumn;
  readonly #qtype: NumberColumn;
  readonly #ancount: NumberColumn;
  readonly #rcodeText: CodeText | undefined;
  readonly #qname: NameText | undefined;
  readonly #qtypeText: CodeText | undefined;
  readonly #answers: AnswersText | undefined;

  constructor(columns: ColumnSet) {
    const { id, qr, opcode, rcode, rcodeText, qname, qtype, qtypeText, ancount, answers } = dnsKeys;
    this.#id = columns.numbers(id);
    this.#qr = columns.numbers(qr);
    this.#opcode = columns.numbers(opcode);
    this.#rcode = columns.numbers(rcode);
    this.#qtype = columns.numbers(qtype);
    this.#ancount = columns.numbers(ancount);
    this.#rcodeText = columns.isRead(rcodeText.name)
      ? new CodeText(columns, rcodeText, responseCodeNames, 'RCODE')
      : undefined;
    this.#qname = columns.isRead(qname.name) ? new NameText(columns) : undefined;
    this.#qtypeText = columns.isRead(qtypeText.name)
      ? new CodeText(columns, qtypeText, typeNames, 'TYPE')
      : undefined;
    this.#answers = columns.isRead(answers.name) ? new AnswersText(columns) : undefined;
  }

  /** Decodes the message `data[at … end − 1]`, as far as it was captured. */
  decode(row: number, data: Uint8Array, at: number, end: number): void {
    if (end - at < DNS_HEADER) return;
    const flags = u16(data, at + 2);
    const isResponse = flags >> 15;
    const ancount = u16(data, at + 6);
    this.#id.set(row, u16(data, at));
    this.#qr.set(row, isResponse);
    this.#opcode.set(row, (flags >> 11) & 0x0f);
    this.#ancount.set(row, ancount);
    if (isResponse === 1) {
      const rcode = flags & 0x0f;
      this.#rcode.set(row, rcode);
      this.#rcodeText?.set(row, rcode);
    }
    const records = this.#decodeQuestions(row, data, at, end);
    if (records < 0 || !this.#answers) return;
    this.#decodeAnswers(row, data, at, records, end, Math.min(ancount, MAX_ANSWERS), this.#answers);
  }

  /** Returns the position behind the questions; −1 when it is not in the packet. */
  #decodeQuestions(row: number, data: Uint8Array, message: number, end: number): number {
    const count = u16(data, message + 4);
    let at = message + DNS_HEADER;
    if (count > MAX_QUESTIONS) return -1;
    for (let i = 0; i < count; i++) {
      const type = skipName(data, at, end);
      if (type < 0) return -1;
      if (i === 0) this.#qname?.set(row, data, message, at, end);
      at = type + QUESTION_TAIL;
      if (at > end) return -1;
      if (i > 0) continue;
      const qtype = u16(data, type);
      this.#qtype.set(row, qtype);
      this.#qtypeText?.set(row, qtype);
    }
    return at;
  }

  #decodeAnswers(
    row: number,
    data: Uint8Array,
    message: number,
    start: number,
    end: number,
    count: number,
    answers: AnswersText,
  ): void {
    let at = start;
    for (let i = 0; i < count; i++) {
      const fixed = skipName(data, at, end);
      if (fixed < 0 || end - fixed < RECORD_FIXED) return;
      const from = fixed + RECORD_FIXED;
      const to = from + u16(data, fixed + 8);
      if (to > end || !answers.add(row, u16(data, fixed), data, message, from, to)) return;
      at = to;
    }
  }
}
