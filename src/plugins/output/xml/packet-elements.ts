import type { BytesColumn, NumberColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { writeEscaped } from '../../../records/escape.ts';
import { SecondText, twoDigits } from '../../../records/local-time.ts';
import {
  type Literal,
  literal,
  writeHex16,
  writeHexBytes,
  writeLiteral,
  writeUint,
} from '../../../records/text.ts';
import { xmlStyle } from './xml-style.ts';

/** The keys that have an element of ulogd2's. */
export const elementKeys = [
  'oob.time.sec',
  'oob.prefix',
  'oob.hook',
  'oob.protocol',
  'raw.mac.saddr',
  'oob.mark',
  'oob.ifindex_in',
  'oob.ifindex_out',
  'oob.ifindex_physin',
  'oob.ifindex_physout',
  'raw.pkt',
] as const;

/** The parts of an element with text. */
const element = (name: string): readonly [Literal, Literal] => [
  literal(`<${name}>`),
  literal(`</${name}>`),
];

const prefix = element('prefix');
const hook = element('hook');
const source = element('src');
const payload = element('payload');
const mark = element('mark');
const protocol = [literal('<hw><proto>'), literal('</proto>')] as const;
const hardwareEnd = literal('</hw>');

interface NumberElement {
  readonly column: NumberColumn;
  readonly text: readonly [Literal, Literal];
}

/**
 * The elements that ulogd2 writes for a packet, in its order (nflog_snprintf_xml of libnetfilter_log):
 * `<when>` `<prefix>` `<hook>` `<hw>` `<mark>` `<indev>` `<outdev>` `<physindev>` `<physoutdev>`
 * `<payload>`. What a packet does not have is left out, and so is a mark of 0.
 */
export class PacketElements {
  /** Room for everything but prefix, sender and payload. */
  static readonly FIXED_ROOM = 640;

  readonly #second: NumberColumn;
  readonly #when = new SecondText(whenText);
  readonly #prefix: BytesColumn;
  readonly #hook: NumberColumn;
  readonly #protocol: NumberColumn;
  readonly #sender: BytesColumn;
  readonly #mark: NumberColumn;
  readonly #interfaces: readonly NumberElement[];
  readonly #packet: BytesColumn;

  constructor(columns: ColumnSet) {
    this.#second = columns.readNumbers('oob.time.sec');
    this.#prefix = columns.readBytes('oob.prefix');
    this.#hook = columns.readNumbers('oob.hook');
    this.#protocol = columns.readNumbers('oob.protocol');
    this.#sender = columns.readBytes('raw.mac.saddr');
    this.#mark = columns.readNumbers('oob.mark');
    this.#interfaces = ['indev', 'outdev', 'physindev', 'physoutdev'].map((name) => ({
      column: columns.readNumbers(`oob.ifindex_${name.replace('dev', '')}`),
      text: element(name),
    }));
    this.#packet = columns.readBytes('raw.pkt');
  }

  /** An upper bound of what `write` needs for the row, in bytes. */
  room(row: number): number {
    let room = PacketElements.FIXED_ROOM;
    if (this.#prefix.has(row)) room += xmlStyle.maxLength * this.#prefix.length(row);
    if (this.#sender.has(row)) room += 2 * this.#sender.length(row);
    if (this.#packet.has(row)) room += 2 * this.#packet.length(row);
    return room;
  }

  /** Writes the row's elements; returns the position behind them. */
  write(row: number, out: DataView, start: number): number {
    let at = start;
    if (this.#second.has(row)) at = this.#when.write(out, at, this.#second.get(row));
    if (this.#prefix.has(row)) {
      const { data } = this.#prefix;
      at = writeLiteral(out, at, prefix[0]);
      at = writeEscaped(
        out,
        at,
        data,
        this.#prefix.offset(row),
        this.#prefix.length(row),
        xmlStyle,
      );
      at = writeLiteral(out, at, prefix[1]);
    }
    if (this.#hook.has(row)) at = writeNumber(out, at, hook, this.#hook.get(row));
    if (this.#protocol.has(row)) at = this.#writeHardware(row, out, at);
    if (this.#mark.has(row) && this.#mark.get(row) !== 0) {
      at = writeNumber(out, at, mark, this.#mark.get(row));
    }
    for (let i = 0; i < this.#interfaces.length; i++) {
      const { column, text } = this.#interfaces[i] as NumberElement;
      if (column.has(row)) at = writeNumber(out, at, text, column.get(row));
    }
    if (this.#packet.has(row)) at = writeHexadecimal(out, at, payload, this.#packet, row);
    return at;
  }

  #writeHardware(row: number, out: DataView, start: number): number {
    let at = writeLiteral(out, start, protocol[0]);
    at = writeHex16(out, at, this.#protocol.get(row));
    at = writeLiteral(out, at, protocol[1]);
    if (this.#sender.has(row)) at = writeHexadecimal(out, at, source, this.#sender, row);
    return writeLiteral(out, at, hardwareEnd);
  }
}

function writeNumber(
  out: DataView,
  at: number,
  [begin, end]: readonly [Literal, Literal],
  value: number,
): number {
  return writeLiteral(out, writeUint(out, writeLiteral(out, at, begin), value), end);
}

function writeHexadecimal(
  out: DataView,
  start: number,
  [begin, end]: readonly [Literal, Literal],
  column: BytesColumn,
  row: number,
): number {
  const at = writeLiteral(out, start, begin);
  const { data } = column;
  return writeLiteral(
    out,
    writeHexBytes(out, at, data, column.offset(row), column.length(row)),
    end,
  );
}

/** Local time as libnetfilter_log writes it: `wday` 1 is Sunday; only minutes and seconds are padded. */
function whenText(time: Date): string {
  const fields = {
    hour: time.getHours(),
    min: twoDigits(time.getMinutes()),
    sec: twoDigits(time.getSeconds()),
    wday: time.getDay() + 1,
    day: time.getDate(),
    month: time.getMonth() + 1,
    year: time.getFullYear(),
  };
  const elements = Object.entries(fields).map(([name, value]) => `<${name}>${value}</${name}>`);
  return `<when>${elements.join('')}</when>`;
}
