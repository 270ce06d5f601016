import { describe, expect, test } from 'vitest';
import { AttributeCursor, MessageCursor } from '../../../src/netlink/cursor.ts';
import { ReceiveRing } from '../../../src/netlink/receive-ring.ts';
import {
  type FakePacket,
  FakeSocket,
  nflogDatagram,
  nflogMessage,
} from '../../support/fake-socket.ts';

/** Types and values of the attributes of every packet in a ring's first `count` slots. */
function readPackets(ring: ReceiveRing, count: number): { type: number; value: string }[][] {
  const packets: { type: number; value: string }[][] = [];
  const message = new MessageCursor();
  const attribute = new AttributeCursor();
  for (let slot = 0; slot < count; slot++) {
    const start = slot * ring.slotSize;
    message.reset(ring.view, start, start + (ring.lengths[slot] ?? 0));
    while (message.next()) {
      if (message.type !== 0x400) continue;
      attribute.reset(message.view, message.offset + 4, message.end);
      const seen: { type: number; value: string }[] = [];
      while (attribute.next()) {
        const end = attribute.offset + attribute.length;
        seen.push({
          type: attribute.type,
          value: ring.bytes.toString('hex', attribute.offset, end),
        });
      }
      packets.push(seen);
    }
  }
  return packets;
}

describe('FakeSocket', () => {
  test('plays datagrams in order, as many a call as the ring has slots', () => {
    const ring = new ReceiveRing({ slots: 2, slotSize: 64 });
    const socket = new FakeSocket([Buffer.from('a'), Buffer.from('bb'), Buffer.from('ccc')]);
    expect([socket.receive(ring), ...ring.lengths]).toEqual([2, 1, 2]);
    expect([socket.receive(ring), ring.lengths[0], ring.bytes.toString('utf8', 0, 3)]).toEqual([
      1,
      3,
      'ccc',
    ]);
    expect([socket.receive(ring), socket.pending]).toEqual([0, 0]);
  });

  test('plays pauses, overruns, forgers and datagrams that are too long', () => {
    const ring = new ReceiveRing({ slots: 8, slotSize: 64 });
    const socket = new FakeSocket([
      'ENOBUFS',
      Buffer.alloc(65),
      'EAGAIN',
      'EAGAIN',
      { datagram: Buffer.alloc(9), portid: 99 },
    ]);
    expect([socket.receive(ring), ring.truncated(0)]).toEqual([1, true]);
    expect(socket.receive(ring)).toBe(0);
    expect([socket.receive(ring), ring.lengths[0]]).toEqual([1, 0]);
    expect(socket.counters).toEqual({ datagrams: 2, overruns: 1, truncated: 1, foreign: 1 });
  });
});

describe('nflogMessage', () => {
  test('encodes a packet as the kernel does', () => {
    const packet: FakePacket = {
      group: 513,
      family: 10,
      hook: 3,
      protocol: 0x86dd,
      prefix: 'hi',
      indev: 2,
      outdev: 3,
      mark: 0xff,
      timestamp: { sec: 1_700_000_000n, usec: 999_999n },
      uid: 1000,
      seq: 5,
      seqGlobal: 6,
      attributes: [{ type: 999, value: Buffer.from([1, 2, 3]) }],
      payload: Buffer.from('pay'),
    };
    const bytes = nflogMessage(packet);
    expect(bytes.toString('hex', 16, 20)).toBe('0a000201');
    const ring = new ReceiveRing({ slots: 1, slotSize: 256 });
    expect(readPackets(ring, new FakeSocket([bytes]).receive(ring))).toEqual([
      [
        { type: 1, value: '86dd0300' },
        { type: 10, value: '686900' },
        { type: 4, value: '00000002' },
        { type: 5, value: '00000003' },
        { type: 2, value: '000000ff' },
        { type: 3, value: '000000006553f10000000000000f423f' },
        { type: 11, value: '000003e8' },
        { type: 12, value: '00000005' },
        { type: 13, value: '00000006' },
        { type: 999, value: '010203' },
        { type: 9, value: '706179' },
      ],
    ]);
  });

  test('ends a datagram of several packets with NLMSG_DONE, one of a single packet without', () => {
    const ring = new ReceiveRing({ slots: 2, slotSize: 256 });
    const [one, three] = [nflogDatagram([{ seq: 0 }]), nflogDatagram([{}, {}, { headless: true }])];
    expect(
      readPackets(ring, new FakeSocket([one, three]).receive(ring)).map((p) => p.length),
    ).toEqual([2, 1, 1, 0]);
    expect(one.length).toBe(36);
    expect(three.readUInt16LE(three.length - 20 + 4)).toBe(3);
  });
});
