import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { BytesColumn, type Column, NumberColumn, WideColumn } from '../../../src/records/column.ts';
import { EscapeStyle } from '../../../src/records/escape.ts';
import type { KeyType } from '../../../src/records/key.ts';
import { ValueText } from '../../../src/records/value-text.ts';
import { viewOf } from './view-of.ts';

/** The text of row 1 of `column`, which must fit in the room that is asked for. */
function text(type: KeyType, column: Column, style?: EscapeStyle): string {
  const value = new ValueText(type, column, style);
  expect([value.has(0), value.has(1)]).toEqual([false, true]);
  const out = Buffer.alloc(2048);
  const end = value.write(1, viewOf(out), 2);
  expect(end - 2).toBeLessThanOrEqual(value.room(1));
  return out.toString('utf8', 2, end);
}

function numbers(value: number): NumberColumn {
  const column = new NumberColumn(2);
  column.set(1, value);
  return column;
}

function wide(high: number, low: number): WideColumn {
  const column = new WideColumn(2);
  column.set(1, high, low);
  return column;
}

function bytes(data: Uint8Array): BytesColumn {
  const column = new BytesColumn(2);
  column.follow(Buffer.concat([Buffer.from([0xee]), data, Buffer.from([0xee])]));
  column.set(1, 1, data.length);
  return column;
}

describe('ValueText', () => {
  it('writes numbers in decimal', () => {
    expect(text('bool', numbers(1))).toBe('1');
    expect(text('u8', numbers(0))).toBe('0');
    expect(text('u16', numbers(65_535))).toBe('65535');
    expect(text('u32', numbers(4_294_967_295))).toBe('4294967295');
    expect(text('u64', wide(0xffff_ffff, 0xffff_ffff))).toBe('18446744073709551615');
  });

  it('writes addresses in their usual form', () => {
    expect(text('ip', bytes(Buffer.from('c0000201', 'hex')))).toBe('192.0.2.1');
    expect(text('ip', bytes(Buffer.alloc(16, 0x11)))).toBe(
      '1111:1111:1111:1111:1111:1111:1111:1111',
    );
    expect(text('mac', bytes(Buffer.from('02005e1000a1', 'hex')))).toBe('02:00:5e:10:00:a1');
  });

  it('escapes strings and writes raw bytes in hexadecimal', () => {
    expect(text('string', bytes(Buffer.from('é\n')))).toBe('é\\x0a');
    expect(text('bytes', bytes(Buffer.from('é\n')))).toBe('c3a90a');
  });

  it('escapes strings in the style that it is given', () => {
    const style = new EscapeStyle({ '<': '&lt;' });
    expect(text('string', bytes(Buffer.from('<\n<')), style)).toBe('&lt;\\x0a&lt;');
    expect(text('bytes', bytes(Buffer.from('<')), style)).toBe('3c');
  });

  it('never needs more room than it says', () => {
    const types = fc.constantFrom<KeyType>('mac', 'string', 'bytes');
    fc.assert(
      fc.property(types, fc.uint8Array({ maxLength: 255 }), (type, data) => {
        text(type, bytes(data));
      }),
    );
  });
});
