import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { MessageCursor } from '../../../../src/netlink/index.ts';
import { NflogDecoder } from '../../../../src/plugins/source/nflog/decode.ts';
import { nflogKeys } from '../../../../src/plugins/source/nflog/keys.ts';
import { BytesColumn } from '../../../../src/records/column.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { type FakePacket, nflogMessage } from '../../../support/fake-socket.ts';
import { attribute, be32, PacketPath } from '../packet-path.ts';

const path = new PacketPath(Object.values(nflogKeys).map(({ name }) => name));

/** The keys of a packet, from row 1 of a batch whose row 0 had all keys that there are. */
function keysOf(packet: FakePacket | Uint8Array): Record<string, string> {
  path.take(everything, everything);
  path.take({}, packet);
  return path.row(1);
}

const header = Buffer.from('0200000000020200000000010800', 'hex');
const everything: FakePacket = {
  family: 7,
  hook: 2,
  protocol: 0x86dd,
  prefix: 'hi',
  mark: 1,
  indev: 2,
  outdev: 3,
  uid: 4,
  timestamp: { sec: 5n, usec: 6n },
  seq: 7,
  seqGlobal: 8,
  payload: Buffer.from('packet'),
  attributes: [
    attribute.gid(9),
    attribute.physicalIndev(10),
    attribute.physicalOutdev(11),
    attribute.hardwareType(772),
    attribute.hardwareHeader(header),
    attribute.sender(Buffer.from('0a0b0c0d0e0f', 'hex')),
    attribute.vlan(0x88a8, 0xa123),
  ],
};

/** What a message says that says nothing. */
const nothing = {
  'raw.pktlen': '0',
  'raw.pktcount': '1',
  'raw.label': '0',
  'oob.time.sec': '0',
  'oob.time.usec': '0',
  'oob.mark': '0',
  'oob.family': '2',
};
const bare = { ...nothing, 'oob.hook': '1', 'oob.protocol': '2048' };

describe('NflogDecoder', () => {
  test('finds every attribute', () => {
    expect(keysOf(everything)).toEqual({
      'raw.mac': '02:00:00:00:00:02:02:00:00:00:00:01:08:00',
      'raw.mac_len': '14',
      'raw.type': '772',
      'raw.mac.saddr': '0a:0b:0c:0d:0e:0f',
      'raw.mac.addrlen': '6',
      'raw.pkt': Buffer.from('packet').toString('hex'),
      'raw.pktlen': '6',
      'raw.pktcount': '1',
      'raw.label': '0',
      'oob.prefix': 'hi',
      'oob.time.sec': '5',
      'oob.time.usec': '6',
      'oob.mark': '1',
      'oob.ifindex_in': '2',
      'oob.ifindex_out': '3',
      'oob.ifindex_physin': '10',
      'oob.ifindex_physout': '11',
      'oob.hook': '2',
      'oob.family': '7',
      'oob.protocol': String(0x86dd),
      'oob.uid': '4',
      'oob.gid': '9',
      'oob.seq.local': '7',
      'oob.seq.global': '8',
      'oob.vlan.proto': String(0x88a8),
      'oob.vlan.tci': String(0xa123),
    });
  });

  test('keeps nothing of the packet that was in the row before', () => {
    expect(keysOf({ headless: true })).toEqual(nothing);
  });

  test.each([
    ['mark', 2],
    ['indev', 4],
    ['outdev', 5],
    ['physindev', 6],
    ['physoutdev', 7],
    ['uid', 11],
    ['seq', 12],
    ['seq global', 13],
    ['gid', 14],
  ])('passes over a %s of less than four bytes', (_name, type) => {
    expect(keysOf({ attributes: [{ type, value: Buffer.alloc(3, 1) }] })).toEqual(bare);
  });

  test.each([
    ['packet header', 1, 3],
    ['time stamp', 3, 15],
    ['hardware address', 8, 3],
    ['hardware type', 15, 1],
    ['hardware header', 16, 0],
    ['link-layer header', 21, 0],
    ['VLAN', 20, 3],
  ])('passes over a %s that is too short', (_name, type, length) => {
    const attributes = [{ type, value: Buffer.alloc(length, 1) }];
    expect(keysOf({ headless: true, attributes })).toEqual(nothing);
  });

  test.each([0, 17, 18, 19, 22, 200, 0x3fff])('passes over attributes of type %i', (type) => {
    expect(keysOf({ attributes: [{ type, value: Buffer.alloc(40, 1) }] })).toEqual(bare);
  });

  test('takes all 32 bits of numbers', () => {
    expect(keysOf({ uid: 0xffff_ffff, mark: 0x8000_0000, seq: 0xffff_ffff })).toMatchObject({
      'oob.uid': '4294967295',
      'oob.mark': '2147483648',
      'oob.seq.local': '4294967295',
    });
  });

  test('knows an empty payload and an empty prefix from none', () => {
    expect(keysOf({ payload: Buffer.alloc(0), prefix: '' })).toEqual({
      ...bare,
      'raw.pkt': '',
      'oob.prefix': '',
    });
    expect(keysOf({ prefix: Buffer.alloc(0) })).toEqual({ ...bare, 'oob.prefix': '' });
  });

  test('shows of a hardware address no more bytes than there are', () => {
    const sender = attribute.sender(Buffer.from([1, 2, 3]), 60_000);
    expect(keysOf({ attributes: [sender] })).toMatchObject({
      'raw.mac.saddr': '01:02:03:00:00:00:00:00',
      'raw.mac.addrlen': '8',
    });
  });

  test('takes the link-layer header where there is no hardware header', () => {
    const hardware = attribute.hardwareHeader(Buffer.from([1]));
    const link = attribute.linkHeader(Buffer.from([2, 3]));
    const one = { ...bare, 'raw.mac': '01', 'raw.mac_len': '1' };
    expect(keysOf({ attributes: [link] })).toEqual({
      ...bare,
      'raw.mac': '02:03',
      'raw.mac_len': '2',
    });
    expect(keysOf({ attributes: [hardware, link] })).toEqual(one);
    expect(keysOf({ attributes: [link, hardware] })).toEqual(one);
  });

  test('takes the half of a VLAN tag that is whole', () => {
    const { type, value } = attribute.vlan(0x8100, 5);
    expect(keysOf({ attributes: [{ type, value: value.subarray(0, 8) }] })).toEqual({
      ...bare,
      'oob.vlan.proto': String(0x8100),
    });
    const short = Buffer.concat([Buffer.from([5, 0, 1, 0, 0x81, 0, 0, 0]), value.subarray(8)]);
    expect(keysOf({ attributes: [{ type, value: short }] })).toEqual({
      ...bare,
      'oob.vlan.tci': '5',
    });
  });

  test('finds the IP header on the egress hook of netdev, where the payload begins earlier', () => {
    const payload = Buffer.concat([header, Buffer.from('packet')]);
    const link = attribute.linkHeader(header);
    const packet = Buffer.from('packet').toString('hex');
    expect(keysOf({ family: 5, hook: 1, payload, attributes: [link] })).toMatchObject({
      'raw.pkt': packet,
      'raw.pktlen': '6',
    });
    expect(keysOf({ family: 5, hook: 0, payload, attributes: [link] })).toMatchObject({
      'raw.pkt': payload.toString('hex'),
    });
    const short = payload.subarray(0, 3);
    expect(keysOf({ family: 5, hook: 1, payload: short, attributes: [link] })).toMatchObject({
      'raw.pkt': '',
      'raw.pktlen': '0',
    });
  });

  test('takes the last of attributes that come twice', () => {
    const again = { type: 2, value: be32(77) };
    expect(keysOf({ mark: 5, attributes: [again] })).toMatchObject({ 'oob.mark': '77' });
  });
});

describe('NflogDecoder, whatever the bytes,', () => {
  const columns = new ColumnSet(64, Object.values(nflogKeys));
  const decoder = new NflogDecoder(columns);
  const FRONT = 12;

  /** Decodes a datagram that stands in the middle of other bytes, and checks every reference. */
  function decode(datagram: Uint8Array): void {
    const received = Buffer.concat([Buffer.alloc(FRONT, 0xff), datagram, Buffer.alloc(9, 0xff)]);
    const view = new DataView(received.buffer, received.byteOffset, received.length);
    columns.reset(64, received);
    const end = FRONT + datagram.length;
    const message = new MessageCursor().reset(view, FRONT, end);
    let rows = 0;
    while (rows < 64 && message.next()) decoder.decode(rows++, message);
    for (const { key, column } of columns.entries()) {
      if (!(column instanceof BytesColumn)) continue;
      for (let row = 0; row < rows; row++) {
        if (!column.has(row)) continue;
        const at = column.offset(row);
        if (at < FRONT || at + column.length(row) > end) throw new Error(`${key.name} is outside`);
      }
    }
  }

  const value = fc.uint8Array({ maxLength: 24 });
  const attributes = fc.array(fc.record({ type: fc.integer({ min: 0, max: 23 }), value }), {
    maxLength: 12,
  });

  test('throws nothing and refers to no byte outside the datagram', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), decode), { numRuns: 1000 });
  });

  test('nor for messages with any attributes, cut and overwritten anywhere', () => {
    const changes = fc.array(fc.tuple(fc.nat(400), fc.integer({ min: 0, max: 255 })), {
      maxLength: 6,
    });
    fc.assert(
      fc.property(
        fc.array(attributes, { minLength: 1, maxLength: 3 }),
        fc.constantFrom(2, 5, 7),
        changes,
        fc.nat(400),
        (lists, family, bytes, cut) => {
          const messages = lists.map((list) => nflogMessage({ family, attributes: list }));
          const datagram = Buffer.concat(messages);
          for (const [at, byte] of bytes) if (at < datagram.length) datagram[at] = byte;
          decode(datagram.subarray(0, datagram.length - (cut < datagram.length ? cut : 0)));
        },
      ),
      { numRuns: 2000 },
    );
  });
});
