import koffi from 'koffi';
import { describe, expect, test } from 'vitest';
import { ReceiveRing } from '../../../src/netlink/receive-ring.ts';
import { newCounters } from '../../../src/netlink/socket-counters.ts';

const MSG_TRUNC = 0x20;

describe('ReceiveRing', () => {
  test('points each header at its sender address, its vector, and through it at its slot', () => {
    const ring = new ReceiveRing({ slots: 3, slotSize: 100 });
    const table = new DataView(ring.headers.buffer);
    const memory = koffi.address(ring.bytes);
    const senders = table.getBigUint64(0, true);
    for (let slot = 0; slot < 3; slot++) {
      const header = slot * 64;
      expect(table.getBigUint64(header, true)).toBe(senders + BigInt(slot * 12));
      expect(table.getUint32(header + 8, true)).toBe(12);
      const vector = koffi.view(table.getBigUint64(header + 16, true), 16);
      const fields = new BigUint64Array(vector.slice(0));
      expect([...fields]).toEqual([memory + BigInt(slot * 128), 128n]);
      expect(table.getBigUint64(header + 24, true)).toBe(1n);
      expect(table.getBigUint64(header + 32, true)).toBe(0n);
      expect(table.getBigUint64(header + 40, true)).toBe(0n);
    }
  });

  test('rounds slots up to cache lines, which keeps headers aligned', () => {
    const ring = new ReceiveRing({ slots: 2, slotSize: 65 });
    expect([ring.slotSize, ring.bytes.length, ring.view.byteLength]).toEqual([128, 256, 256]);
    expect(new ReceiveRing().bytes.length).toBe(32 * 65536);
  });

  test.each([0, 1.5, 1025, Number.NaN])('refuses %d slots', (slots) => {
    expect(() => new ReceiveRing({ slots })).toThrow(RangeError);
  });

  test.each([0, 0.5, (16 << 20) + 1])('refuses slots of %d bytes', (slotSize) => {
    expect(() => new ReceiveRing({ slotSize })).toThrow(RangeError);
  });

  test('tells lengths, truncation and senders of what was received', () => {
    const ring = new ReceiveRing({ slots: 4, slotSize: 64 });
    const counters = newCounters();
    ring.put(0, Buffer.alloc(64, 1));
    ring.put(1, Buffer.alloc(65, 2));
    ring.put(2, Buffer.from('forged'), 4711);
    ring.complete(3, counters);
    expect([...ring.lengths]).toEqual([64, 64, 0, 0]);
    expect([0, 1, 2].map((slot) => ring.truncated(slot))).toEqual([false, true, false]);
    expect([0, 1, 2].map((slot) => ring.flags(slot))).toEqual([0, MSG_TRUNC, 0]);
    expect([0, 1, 2].map((slot) => ring.portid(slot))).toEqual([0, 0, 4711]);
    expect(counters).toEqual({ datagrams: 3, overruns: 0, truncated: 1, foreign: 1 });
    expect(ring.bytes.subarray(60, 130)).toEqual(
      Buffer.concat([Buffer.alloc(4, 1), Buffer.alloc(64, 2), Buffer.from('fo')]),
    );
  });

  test('forgets what a slot held before', () => {
    const ring = new ReceiveRing({ slots: 1, slotSize: 64 });
    const counters = newCounters();
    ring.put(0, Buffer.alloc(100), 4711);
    ring.complete(1, counters);
    ring.put(0, Buffer.alloc(5));
    ring.complete(1, counters);
    expect([ring.lengths[0], ring.truncated(0), ring.portid(0)]).toEqual([5, false, 0]);
  });

  test('has no slots but its own', () => {
    const ring = new ReceiveRing({ slots: 1, slotSize: 64 });
    expect(() => ring.put(1, Buffer.alloc(1))).toThrow('no slot 1 in the ring');
    expect(() => ring.put(-1, Buffer.alloc(1))).toThrow(RangeError);
  });
});
