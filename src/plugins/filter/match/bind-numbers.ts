import { Suggester, shown } from '../../../config-grammar/index.ts';
import type { NumberRange, Predicate, Report } from './predicate.ts';
import type { Test, Value } from './syntax-tree.ts';
import { namesOf, portOf } from './value-names.ts';

interface NumberType {
  readonly max: bigint;
  readonly isBool?: true;
}

/** Types of keys whose values are numbers. */
export const numberTypes: ReadonlyMap<string, NumberType> = new Map([
  ['bool', { max: 1n, isBool: true }],
  ['u8', { max: 0xffn }],
  ['u16', { max: 0xffffn }],
  ['u32', { max: 0xffff_ffffn }],
  ['u64', { max: 0xffff_ffff_ffff_ffffn }],
]);

const nothing: NumberRange = { low: 0n, high: 0n };

/** What a test asks of a number. */
export function bindNumbers(test: Test, type: NumberType, report: Report): Predicate {
  const binder = new NumberBinder(test, type, report);
  return { kind: 'numbers', mask: binder.mask, ranges: binder.ranges() };
}

class NumberBinder {
  /** All ones without a mask. It is also the greatest number that it leaves of any. */
  readonly mask: bigint;
  readonly #test: Test;
  readonly #max: bigint;
  readonly #names: Readonly<Record<string, number>> | undefined;
  readonly #report: Report;
  /** One for all values, as it bounds the time that it takes. */
  readonly #suggester = new Suggester();

  constructor(test: Test, { max, isBool }: NumberType, report: Report) {
    this.#test = test;
    this.#max = max;
    this.#names = isBool ? { false: 0, true: 1 } : namesOf(test.key.text);
    this.#report = report;
    this.mask = this.#readMask();
  }

  #readMask(): bigint {
    const { mask } = this.#test;
    if (mask === undefined) return this.#max;
    const number = parseNumber(mask.text);
    if (number === undefined || number > this.#max) {
      this.#report(mask, `a mask is a number up to 0x${this.#max.toString(16)}`);
    } else if (number === 0n) {
      this.#report(mask, 'a mask of 0 leaves nothing to compare');
    } else {
      return number;
    }
    return this.#max;
  }

  ranges(): NumberRange[] {
    const { operator, values } = this.#test;
    if (operator === 'is') return [{ low: 1n, high: 1n }];
    if (operator === 'in') return values.map((value) => this.#range(value));
    return values.map((value) => this.#compared(value));
  }

  #compared(value: Value): NumberRange {
    const { operator, place } = this.#test;
    if (this.#isRange(value)) {
      this.#report(
        value,
        `"${place.text}" takes one number; for a range, write ${shown(`in ${value.text}`)}`,
      );
      return nothing;
    }
    const number = this.#number(value);
    if (number === undefined) return nothing;
    const { mask } = this;
    switch (operator) {
      case '<':
        if (number === 0n) this.#report(value, 'no number is below 0');
        return { low: 0n, high: number - 1n };
      case '<=':
        return { low: 0n, high: number };
      case '>':
        if (number >= mask) this.#report(value, `no value is above ${number}`);
        return { low: number + 1n, high: mask };
      case '>=':
        if (number > mask) this.#report(value, `no value is as high as ${number}`);
        return { low: number, high: mask };
      default:
        return this.#single(value, number);
    }
  }

  #isRange({ text, bytes }: Value): boolean {
    return bytes === undefined && rangePattern.test(text);
  }

  /** `1024-65535`, or a single number. */
  #range(value: Value): NumberRange {
    if (!this.#isRange(value)) {
      const number = this.#number(value);
      return number === undefined ? nothing : this.#single(value, number);
    }
    const [first = '', last = ''] = value.text.split('-');
    const low = this.#number({ ...value, text: first, length: first.length });
    const offset = value.offset + first.length + 1;
    const high = this.#number({ ...value, text: last, offset, length: last.length });
    if (low === undefined || high === undefined) return nothing;
    if (low > high) {
      this.#report(value, `${shown(value.text)} is empty: it begins above its end`, {
        suggestion: `${last}-${first}`,
      });
    }
    return { low, high };
  }

  /** Undefined after saying what is wrong. */
  #number(value: Value): bigint | undefined {
    const { text, bytes } = value;
    if (bytes !== undefined) {
      this.#report(value, `${this.#takes()}, written without quotes`);
      return undefined;
    }
    const number = parseNumber(text) ?? this.#named(text);
    if (number === undefined || number > this.#max) {
      const suggestion = this.#suggestion(text);
      this.#report(value, `${this.#takes()}, not ${shown(text)}`, { suggestion });
      return undefined;
    }
    return number;
  }

  #named(text: string): bigint | undefined {
    const name = text.toLowerCase();
    const names = this.#names ?? {};
    return Object.hasOwn(names, name) ? BigInt(names[name] ?? 0) : undefined;
  }

  #suggestion(text: string): string | undefined {
    if (this.#names) return this.#suggester.nearest(text, Object.keys(this.#names));
    const isPort = /\.[sd]port$/.test(this.#test.key.text);
    return isPort ? portOf(text.toLowerCase())?.toString() : undefined;
  }

  #takes(): string {
    const { text } = this.#test.key;
    const [name] = Object.keys(this.#names ?? {});
    const alternative = name === undefined ? '' : `, or a name such as ${name}`;
    return `${shown(text)} takes a number from 0 to ${this.#max}${alternative}`;
  }

  /** Bits that the mask takes away are never set in what is compared. */
  #single(value: Value, number: bigint): NumberRange {
    if ((number & ~this.mask) !== 0n) {
      const mask = `0x${this.mask.toString(16)}`;
      const { text } = value;
      this.#report(
        value,
        `${shown(text)} has bits that the mask ${mask} takes away: it is never equal`,
      );
    }
    return { low: number, high: number };
  }
}

const numberPattern = /^(?:\d+|0x[\da-f]+)$/i;
const rangePattern = /^(?:\d+|0x[\da-f]+)-(?:\d+|0x[\da-f]+)$/i;
/** Digits of the largest number, and zeros before it; whatever is longer is out of every range. */
const MAX_DIGITS = 40;

/** A decimal number, or a hexadecimal one with `0x`. */
function parseNumber(text: string): bigint | undefined {
  if (!numberPattern.test(text)) return undefined;
  return text.length > MAX_DIGITS ? 1n << 64n : BigInt(text);
}
