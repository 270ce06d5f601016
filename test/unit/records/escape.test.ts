import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EscapeStyle, MAX_ESCAPED, writeEscaped } from '../../../src/records/escape.ts';
import { SLACK } from '../../../src/records/text.ts';
import { viewOf } from './view-of.ts';

const START = 3;

/** The escaped bytes of `data`, read from the middle of a larger buffer. */
function escaped(data: Uint8Array, style?: EscapeStyle): Buffer {
  const inside = Buffer.concat([Buffer.from([0xbf]), data, Buffer.from([0xbf])]);
  const most = (style?.maxLength ?? MAX_ESCAPED) * data.length;
  const out = Buffer.alloc(START + most + SLACK, 0xff);
  const end = writeEscaped(viewOf(out), START, inside, 1, data.length, style);
  expect(end).toBeLessThanOrEqual(START + most);
  return out.subarray(START, end);
}

const escapedHex = (hex: string): string => escaped(Buffer.from(hex, 'hex')).toString();
const escapedText = (text: string): string => escaped(Buffer.from(text)).toString();

describe('writeEscaped', () => {
  it('leaves printable text alone, in any script', () => {
    for (const text of ['', 'DROP in: ', '"\\x41"', 'Füße ', 'блок ', '掉包 ', '🔥 ', '\u00a0']) {
      expect(escapedText(text)).toBe(text);
    }
  });

  it('cannot start a line or move the cursor', () => {
    expect(escapedText('a\nb\r\tc\0')).toBe('a\\x0ab\\x0d\\x09c\\x00');
    expect(escapedText('\x1b[2J\x7f')).toBe('\\x1b[2J\\x7f');
  });

  it('escapes every byte of C1 controls, line separators and direction overrides', () => {
    expect(escapedText('\u0080\u009b\u009f')).toBe('\\xc2\\x80\\xc2\\x9b\\xc2\\x9f');
    expect(escapedText('\u2028')).toBe('\\xe2\\x80\\xa8');
    expect(escapedText('\u202e')).toBe('\\xe2\\x80\\xae');
    expect(escapedText('\u2066')).toBe('\\xe2\\x81\\xa6');
    expect(escapedText('\u2069')).toBe('\\xe2\\x81\\xa9');
    expect(escapedText('\u2027\u202f\u2065\u206a')).toBe('\u2027\u202f\u2065\u206a');
  });

  it('escapes what no XML document may hold', () => {
    expect(escapedText('\ufffe\uffff')).toBe('\\xef\\xbf\\xbe\\xef\\xbf\\xbf');
    expect(escapedText('\ufffd\u{1fffe}')).toBe('\ufffd\u{1fffe}');
  });

  it.each([
    ['continuation byte alone', '80', '\\x80'],
    ['lead byte alone', 'c3', '\\xc3'],
    ['lead byte before ASCII', 'c341', '\\xc3A'],
    ['overlong slash, two bytes', 'c0af', '\\xc0\\xaf'],
    ['overlong slash, three bytes', 'e080af', '\\xe0\\x80\\xaf'],
    ['overlong slash, four bytes', 'f08080af', '\\xf0\\x80\\x80\\xaf'],
    ['surrogate', 'eda080', '\\xed\\xa0\\x80'],
    ['behind the last code point', 'f4908080', '\\xf4\\x90\\x80\\x80'],
    ['byte that UTF-8 never has', 'fe', '\\xfe'],
    ['sequence cut off', 'f09f94', '\\xf0\\x9f\\x94'],
    ['sequence cut off before a whole one', 'e282c3a9', '\\xe2\\x82é'],
  ])('escapes %s', (_what, hex, text) => {
    expect(escapedHex(hex)).toBe(text);
  });

  it('does not join a sequence that ends behind the text', () => {
    const out = Buffer.alloc(16);
    const end = writeEscaped(viewOf(out), 0, Buffer.from('é'), 0, 1);
    expect(out.toString('latin1', 0, end)).toBe('\\xc3');
  });

  it('agrees with a reference made of TextDecoder', () => {
    fc.assert(
      fc.property(hostileBytes, (data) => {
        expect(escaped(data).toString()).toBe(reference(data));
      }),
      { numRuns: 2000 },
    );
  });

  it('gives well-formed UTF-8 without control characters, which a second pass leaves alone', () => {
    fc.assert(
      fc.property(hostileBytes, (data) => {
        const once = escaped(data);
        expect(once.length).toBeLessThanOrEqual(MAX_ESCAPED * data.length);
        expect(decodeStrictly(once)).not.toMatch(/\p{Cc}/u);
        expect(escaped(once)).toEqual(once);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('an EscapeStyle', () => {
  const style = new EscapeStyle({ ',': undefined, '&': '&amp;' });
  const styled = (text: string) => escaped(Buffer.from(text), style).toString();

  it('replaces its characters wherever they stand', () => {
    expect(styled('a,b&c')).toBe('a\\x2cb&amp;c');
    for (const text of ['', 'a', 'ab', 'abc', 'abcd', 'abcde', 'äbcd']) {
      expect(styled(`${text},`)).toBe(`${text}\\x2c`);
      expect(styled(`&${text}`)).toBe(`&amp;${text}`);
    }
  });

  it('escapes everything else as ever', () => {
    expect(styled('é\n\u202e=')).toBe('é\\x0a\\xe2\\x80\\xae=');
    expect(escapedText('a,b&c')).toBe('a,b&c');
  });

  it('knows how long the longest replacement is', () => {
    expect([style.maxLength, MAX_ESCAPED]).toEqual([5, 4]);
  });
});

/** Random bytes hardly ever form a sequence; these mix whole, broken and single ones. */
const hostileBytes = fc
  .array(
    fc.oneof(
      fc.string({ unit: 'binary', maxLength: 4 }).map((text) => [...Buffer.from(text)]),
      fc
        .constantFrom('\n', '\u009b', '\u202d', '\ufeff', '\ufffe', '\uffff', 'é', '€')
        .map((c) => [...Buffer.from(c)]),
      fc.array(fc.integer({ min: 0x80, max: 0xff }), { maxLength: 4 }),
      fc.array(fc.nat(0xff), { maxLength: 4 }),
    ),
    { maxLength: 8 },
  )
  .map((parts) => Uint8Array.from(parts.flat()));

const decodeStrictly = (data: Uint8Array): string =>
  new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(data);

function reference(data: Uint8Array): string {
  let text = '';
  for (let at = 0; at < data.length; ) {
    const character = characterAt(data, at);
    if (
      character !== undefined &&
      !/[\p{Cc}\u2028-\u202e\u2066-\u2069\ufffe\uffff]/u.test(character)
    ) {
      text += character;
      at += Buffer.byteLength(character);
    } else {
      text += `\\x${Buffer.from(data.subarray(at, at + 1)).toString('hex')}`;
      at++;
    }
  }
  return text;
}

/** The one character that the shortest decodable run of bytes from `at` on stands for. */
function characterAt(data: Uint8Array, at: number): string | undefined {
  for (let length = 1; length <= 4 && at + length <= data.length; length++) {
    try {
      return decodeStrictly(data.subarray(at, at + length));
    } catch {
      // Not whole yet, or not well-formed at all.
    }
  }
  return undefined;
}
