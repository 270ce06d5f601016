import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttributeCursor, MessageCursor } from '../../../src/netlink/cursor.ts';
import { MessageBuilder } from '../../../src/netlink/message.ts';

const hex = (message: MessageBuilder): string =>
  Buffer.from(message.finish(0x01020304, 0x0a0b0c0d)).toString('hex');

describe('MessageBuilder', () => {
  test('writes the header in host order, length included', () => {
    expect(hex(new MessageBuilder(0x0401, 0x05))).toBe(
      ['10000000', '0104', '0500', '04030201', '0d0c0b0a'].join(''),
    );
  });

  test('writes nfgenmsg with its resource id in network order', () => {
    expect(hex(new MessageBuilder(0, 0).nfgenmsg(2, 0x1234)).slice(32)).toBe('02001234');
  });

  test('writes attributes in the order of bytes that the method names, padded with zeros', () => {
    const message = new MessageBuilder(0, 0)
      .u8(1, 0xff)
      .be16(2, 0x1234)
      .be32(3, 0x12345678)
      .host32(5, 0x12345678)
      .text(6, 'né');
    expect(hex(message).slice(32)).toBe(
      [
        '05000100ff000000',
        '0600020012340000',
        '0800030012345678',
        '0800050078563412',
        '080006006ec3a900',
      ].join(''),
    );
  });

  test('nests attributes, and writes 64 bits in network order', () => {
    const message = new MessageBuilder(0, 0);
    expect(message.length).toBe(16);
    message.nest(1, (outer) => outer.be64(2, 0x0102030405060708n).nest(3, (m) => m.u8(4, 0xff)));
    expect(message.length).toBe(44);
    expect(hex(message).slice(32)).toBe(
      ['1c000180', '0c000200', '0102030405060708', '0c000380', '05000400ff000000'].join(''),
    );
  });

  test('refuses to nest more than the length field can tell', () => {
    const half = new Uint8Array(0x8000);
    const message = new MessageBuilder(0, 0);
    expect(() => message.nest(7, (outer) => outer.bytes(1, half).bytes(1, half))).toThrow(
      'netlink attribute 7 of 65544 bytes; the protocol allows 65531',
    );
  });

  test('refuses a value that the length field cannot tell', () => {
    const message = new MessageBuilder(0, 0);
    expect(() => message.bytes(9, new Uint8Array(65532))).toThrow(
      'netlink attribute 9 of 65532 bytes; the protocol allows 65531',
    );
    expect(() => message.bytes(9, new Uint8Array(65531))).not.toThrow();
  });

  test('writes what the cursors read, whatever the attributes', () => {
    const attribute = fc.record({
      type: fc.integer({ min: 0, max: 0x3fff }),
      value: fc.uint8Array({ maxLength: 400 }),
    });
    fc.assert(
      fc.property(fc.array(attribute, { maxLength: 20 }), (attributes) => {
        const builder = new MessageBuilder(1, 2);
        for (const { type, value } of attributes) builder.bytes(type, value);
        const bytes = builder.finish(3, 4);
        const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
        const message = new MessageCursor().reset(view, 0, bytes.length);
        expect(message.next()).toBe(true);
        const cursor = new AttributeCursor().reset(view, message.offset, message.end);
        const seen: typeof attributes = [];
        while (cursor.next()) {
          const value = bytes.slice(cursor.offset, cursor.offset + cursor.length);
          seen.push({ type: cursor.type, value });
        }
        expect(seen).toEqual(attributes);
        expect([cursor.malformed, message.next(), message.malformed]).toEqual([
          false,
          false,
          false,
        ]);
      }),
    );
  });
});
