import type { KeyColumn } from '../../../records/column-set.ts';
import { type Literal, literal, writeLiteral } from '../../../records/text.ts';
import { ValueText } from '../../../records/value-text.ts';
import { xmlStyle } from './xml-style.ts';

interface KeyElement {
  readonly begin: Literal;
  readonly value: ValueText;
  readonly end: Literal;
}

const keys = { begin: literal('<keys>'), end: literal('</keys>') };

/** Names of elements (XML 1.0, section 2.3), in ASCII; a colon would mean a namespace. */
const elementName = /^[A-Za-z_][\w.-]*$/;

/** `<keys><ip.saddr>192.0.2.1</ip.saddr>…</keys>`: those keys that a row has. */
export class KeyElements {
  readonly #elements: readonly KeyElement[];
  readonly #fixedRoom: number;

  /** @param chosen keys; those whose name cannot be that of an element are `<key name="…">` */
  constructor(chosen: readonly KeyColumn[]) {
    this.#elements = chosen.map(({ key, column }) => ({
      ...tagsOf(key.name),
      value: new ValueText(key.type, column, xmlStyle),
    }));
    this.#fixedRoom = this.#elements.reduce(
      (room, { begin, value, end }) => room + begin.length + value.fixedRoom + end.length,
      keys.begin.length + keys.end.length,
    );
  }

  /** An upper bound of what `write` needs for the row, in bytes. */
  room(row: number): number {
    let room = this.#fixedRoom;
    for (let i = 0; i < this.#elements.length; i++) {
      const { value } = this.#elements[i] as KeyElement;
      if (value.roomPerByte > 0 && value.has(row)) room += value.room(row);
    }
    return room;
  }

  /** Writes the row's keys; returns the position behind them. */
  write(row: number, out: DataView, start: number): number {
    if (this.#elements.length === 0) return start;
    let at = writeLiteral(out, start, keys.begin);
    for (let i = 0; i < this.#elements.length; i++) {
      const { begin, value, end } = this.#elements[i] as KeyElement;
      if (!value.has(row)) continue;
      at = writeLiteral(out, at, begin);
      at = value.write(row, out, at);
      at = writeLiteral(out, at, end);
    }
    return writeLiteral(out, at, keys.end);
  }
}

function tagsOf(name: string): { begin: Literal; end: Literal } {
  if (elementName.test(name)) return { begin: literal(`<${name}>`), end: literal(`</${name}>`) };
  const value = name.replaceAll(/[^ -~]|["&<>]/gu, (c) => `&#${c.codePointAt(0)};`);
  return { begin: literal(`<key name="${value}">`), end: literal('</key>') };
}
