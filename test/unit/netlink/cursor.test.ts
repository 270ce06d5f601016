import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AttributeCursor, MessageCursor } from '../../../src/netlink/cursor.ts';
import { MessageBuilder } from '../../../src/netlink/message.ts';
import { nflogDatagram } from '../../support/fake-socket.ts';

const viewOf = (bytes: Uint8Array): DataView =>
  new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);

/** Bytes that often look like headers: small little-endian numbers among noise. */
const hostileBytes = fc
  .array(
    fc.oneof(
      fc.integer({ min: 0, max: 40 }).map((length) => [length, 0]),
      fc.uint8Array({ minLength: 1, maxLength: 5 }).map((bytes) => [...bytes]),
      fc.constant([0xff, 0xff, 0xff, 0xff]),
      fc.constant([0, 0, 0, 0]),
    ),
    { maxLength: 60 },
  )
  .map((pieces) => Uint8Array.from(pieces.flat()));

describe('MessageCursor', () => {
  test('reads the headers of all messages of a datagram', () => {
    const bytes = nflogDatagram([{ group: 5 }, { group: 5, prefix: 'x' }]);
    const message = new MessageCursor().reset(viewOf(bytes), 0, bytes.length);
    const seen: number[][] = [];
    while (message.next()) seen.push([message.type, message.offset, message.end]);
    expect(seen).toEqual([
      [0x400, 16, 28],
      [0x400, 44, 64],
      [3, 80, 84],
    ]);
    expect(message.malformed).toBe(false);
  });

  test('gives flags, sequence number and port id', () => {
    const bytes = new MessageBuilder(0x1234, 0x0305).finish(77, 4_000_000_000);
    const message = new MessageCursor().reset(viewOf(bytes), 0, bytes.length);
    expect(message.next()).toBe(true);
    expect(message).toMatchObject({
      type: 0x1234,
      flags: 0x0305,
      sequence: 77,
      portid: 4_000_000_000,
      offset: 16,
      end: 16,
    });
    expect(message.next()).toBe(false);
  });

  test.each([
    ['of zero', 0],
    ['below a header', 15],
    ['beyond the datagram', 29],
    ['of 2^32 - 1', 0xffffffff],
  ])('ends at a length %s', (_, length) => {
    const bytes = nflogDatagram([{}]);
    bytes.writeUInt32LE(length, 0);
    const message = new MessageCursor().reset(viewOf(bytes), 0, bytes.length);
    expect(message.next()).toBe(false);
    expect(message.malformed).toBe(true);
    expect(message.next()).toBe(false);
  });

  test('keeps the messages before a tail that was cut off', () => {
    const bytes = nflogDatagram([{}, {}]);
    const message = new MessageCursor().reset(viewOf(bytes), 0, 28 + 27);
    expect([message.next(), message.next(), message.malformed]).toEqual([true, false, true]);
  });

  test('takes a last message without its padding', () => {
    const bytes = Buffer.alloc(18);
    bytes.writeUInt32LE(18, 0);
    const message = new MessageCursor().reset(viewOf(bytes), 0, 18);
    expect([message.next(), message.end]).toEqual([true, 18]);
    expect([message.next(), message.malformed]).toEqual([false, false]);
  });

  test('starts anew after reset, also on data at odd offsets', () => {
    const datagram = nflogDatagram([{}]);
    const bytes = Buffer.concat([Buffer.alloc(3, 0xee), datagram]);
    const message = new MessageCursor().reset(viewOf(bytes), 0, 3);
    expect([message.next(), message.malformed]).toEqual([false, true]);
    message.reset(viewOf(bytes), 3, bytes.length);
    expect([message.next(), message.malformed, message.type]).toEqual([true, false, 0x400]);
  });

  test('stays inside any bytes whatsoever, and ends', () => {
    fc.assert(
      fc.property(hostileBytes, fc.nat(300), fc.nat(300), (bytes, start, end) => {
        const message = new MessageCursor().reset(viewOf(bytes), start, end);
        let last = start;
        while (message.next()) {
          expect(message.offset).toBe(last + 16);
          expect(message.end).toBeGreaterThanOrEqual(message.offset);
          expect(message.end).toBeLessThanOrEqual(Math.min(end, bytes.length));
          last = message.end + ((4 - ((message.end - message.offset) & 3)) & 3);
        }
        expect(message.next()).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});

describe('AttributeCursor', () => {
  const attributes = (build: (message: MessageBuilder) => void): DataView => {
    const message = new MessageBuilder(0, 0);
    build(message);
    return viewOf(message.finish(0, 0).slice(16));
  };

  test('reads types, offsets and lengths without padding', () => {
    const view = attributes((message) => message.be32(2, 7).bytes(10, Buffer.from('abc')).u8(3, 1));
    const attribute = new AttributeCursor().reset(view, 0, view.byteLength);
    const seen: number[][] = [];
    while (attribute.next()) seen.push([attribute.type, attribute.offset, attribute.length]);
    expect(seen).toEqual([
      [2, 4, 4],
      [10, 12, 3],
      [3, 20, 1],
    ]);
    expect(attribute.malformed).toBe(false);
  });

  test('hides the flag bits of the type', () => {
    const view = attributes((message) => message.be16(0xc000 | 20, 1));
    const attribute = new AttributeCursor().reset(view, 0, view.byteLength);
    expect([attribute.next(), attribute.type]).toEqual([true, 20]);
  });

  test('walks nested attributes within their bounds', () => {
    const nested = attributes((message) => message.be16(1, 0x8100).be16(2, 42));
    const view = attributes((message) =>
      message
        .bytes(20, new Uint8Array(nested.buffer, nested.byteOffset, nested.byteLength))
        .be32(9, 1),
    );
    const outer = new AttributeCursor().reset(view, 0, view.byteLength);
    expect(outer.next()).toBe(true);
    const inner = new AttributeCursor().reset(view, outer.offset, outer.offset + outer.length);
    expect([inner.next(), inner.type, view.getUint16(inner.offset)]).toEqual([true, 1, 0x8100]);
    expect([inner.next(), inner.type, view.getUint16(inner.offset)]).toEqual([true, 2, 42]);
    expect([inner.next(), inner.malformed]).toEqual([false, false]);
    expect([outer.next(), outer.type]).toEqual([true, 9]);
  });

  test.each([
    ['of zero', 0],
    ['below a header', 3],
    ['beyond the end', 13],
    ['of 65535', 0xffff],
  ])('ends at a length %s', (_, length) => {
    const view = attributes((message) => message.bytes(1, Buffer.alloc(8)));
    view.setUint16(0, length, true);
    const attribute = new AttributeCursor().reset(view, 0, view.byteLength);
    expect([attribute.next(), attribute.malformed]).toEqual([false, true]);
  });

  test.each([1, 2, 3])('calls %i stray bytes malformed', (stray) => {
    const view = attributes((message) => message.be32(1, 1).be32(2, 2));
    const attribute = new AttributeCursor().reset(view, 0, 8 + stray);
    expect([attribute.next(), attribute.next(), attribute.malformed]).toEqual([true, false, true]);
  });

  test('stays inside any bytes whatsoever, and ends', () => {
    fc.assert(
      fc.property(hostileBytes, fc.nat(300), fc.nat(300), (bytes, start, end) => {
        const attribute = new AttributeCursor().reset(viewOf(bytes), start, end);
        let last = start;
        while (attribute.next()) {
          expect(attribute.offset).toBe(last + 4);
          const after = attribute.offset + attribute.length;
          expect(after).toBeLessThanOrEqual(Math.min(end, bytes.length));
          last = after + ((4 - (attribute.length & 3)) & 3);
        }
        expect(attribute.next()).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });
});
