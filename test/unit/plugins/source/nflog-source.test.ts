import { describe, expect, test, vi } from 'vitest';
import { nflogMessage } from '../../../support/fake-socket.ts';
import { datagram, defaultOptions, Receiver, SourceBench } from './fake-group.ts';

const upTo = (end: number) => Array.from({ length: end }, (_, i) => i);

const LOST = 'counted: packets lost: the kernel logs them faster than specter reads:';
const CUT = 'counted: datagrams cut off, longer than nlbufsiz and snaplen allow:';
const MALFORMED = 'counted: malformed messages from the kernel: 1';

describe('NflogSource delivers', () => {
  test('the packets of all datagrams of a system call as one batch', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0, 1, 2), datagram(3), 'EAGAIN', datagram(4));
    expect([bench.loop.turn(), bench.loop.turn(), bench.loop.turn()]).toEqual([2, 1, 0]);
    expect(receiver.batches).toEqual([[0, 1, 2, 3], [4]]);
    expect(source.counters).toEqual({ received: 5, lost: 0, overruns: 0, malformed: 0 });
    expect(bench.log.lines).toEqual([]);
  });

  test('what several system calls bring in one turn, up to about the budget', async () => {
    await using bench = new SourceBench(4);
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(...upTo(43).map((seq) => datagram(seq)));
    expect([bench.loop.turn(), bench.group.pending]).toEqual([32, 11]);
    expect([bench.loop.turn(), bench.group.pending]).toEqual([11, 0]);
    expect(receiver.batches.flat()).toEqual(upTo(43));
    expect(receiver.batches.length).toBe(11);
  });

  test('more packets than a batch has rows in several batches', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source, 4);
    source.start();
    bench.group.push(datagram(0, 1, 2), datagram(3, 4, 5, 6, 7, 8, 9, 10), datagram(11));
    bench.loop.turn();
    expect(receiver.batches).toEqual([
      [0, 1, 2, 3],
      [4, 5, 6, 7],
      [8, 9, 10, 11],
    ]);
    expect(source.counters.received).toBe(12);
  });

  test('nothing for datagrams without packets', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    const other = nflogMessage({ seq: 0 });
    other.writeUInt16LE(0x0401, 4);
    bench.group.push(other, Buffer.alloc(0));
    expect(bench.loop.turn()).toBe(2);
    expect(receiver.batches).toEqual([]);
    expect(source.counters).toEqual({ received: 0, lost: 0, overruns: 0, malformed: 0 });
  });

  test('nothing that another process sent', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0), { datagram: datagram(77), portid: 4711 }, datagram(1));
    bench.loop.turn();
    expect(receiver.batches).toEqual([[0, 1]]);
    expect(source.counters).toEqual({ received: 2, lost: 0, overruns: 0, malformed: 0 });
  });

  test('to another batch from one call to the next, losing nothing', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ label: '7' });
    const before = new Receiver(source);
    source.start();
    bench.group.push(datagram(0, 1), 'EAGAIN', datagram(2, 3));
    bench.loop.turn();
    const after = new Receiver(source);
    bench.loop.turn();
    expect([before.batches, after.batches]).toEqual([[[0, 1]], [[2, 3]]]);
    expect(after.first('raw.label')).toBe(7);
    expect(source.counters).toMatchObject({ received: 4, lost: 0 });
  });

  test('every packet with what the block is called, its label and the name of the machine', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ label: 'dmz' });
    const receiver = new Receiver(source, 2);
    source.start();
    bench.group.push(datagram(0, 1, 2));
    bench.loop.turn();
    const texts = () => ['block', 'label', 'host'].map((name) => receiver.firstText(name));
    expect(receiver.batches).toEqual([[0, 1], [2]]);
    expect(texts()).toEqual(['5', 'dmz', 'gate']);
    expect(receiver.first('raw.label')).toBeUndefined();
    source.reconfigure({ ...defaultOptions, label: '1' });
    bench.group.push(datagram(3));
    bench.loop.turn();
    expect(texts()).toEqual(['5', '1', 'gate']);
    expect(receiver.first('raw.label')).toBe(1);
  });

  test('packets without a time of their own with that of their receipt', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_123_456 });
    bench.group.push(datagram(0));
    bench.loop.turn();
    vi.useRealTimers();
    expect(receiver.first('oob.time.sec')).toBe(1_700_000_123);
    expect(receiver.first('oob.time.usec')).toBe(456_000);
    bench.group.push(nflogMessage({ seq: 1, timestamp: { sec: 5n, usec: 6n } }));
    bench.loop.turn();
    expect([receiver.first('oob.time.sec'), receiver.first('oob.time.usec')]).toEqual([5, 6]);
  });
});

describe('NflogSource counts', () => {
  test('exactly the packets that numbers are missing for, also before the first', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push(datagram(2, 3), datagram(7));
    bench.loop.turn();
    expect(source.counters).toMatchObject({ received: 3, lost: 5 });
    expect(bench.log.lines).toEqual([`${LOST} 2`, `${LOST} 3`]);
  });

  test('no loss where the numbers begin again after 2^32', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push(datagram(0x7fff_ffff), datagram(0xffff_fffd, 0xffff_ffff, 0, 2));
    bench.loop.turn();
    expect(source.counters).toMatchObject({ received: 5, lost: 0x7fff_ffff + 0x7fff_fffd + 1 + 1 });
  });

  test('no loss where a number comes again', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push(datagram(0, 1, 1, 0, 1, 2));
    bench.loop.turn();
    expect(source.counters).toMatchObject({ received: 6, lost: 0 });
  });

  test('overruns that the kernel tells, even when nothing else is there', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push('ENOBUFS', datagram(0), 'EAGAIN', 'ENOBUFS', 'ENOBUFS');
    expect([bench.loop.turn(), bench.loop.turn()]).toEqual([1, 0]);
    expect(source.counters).toEqual({ received: 1, lost: 0, overruns: 3, malformed: 0 });
    const event = 'counted: overruns of the receive buffer; raise the global option rmem:';
    expect(bench.log.lines).toEqual([`${event} 1`, `${event} 2`]);
  });

  test('packets whose attributes do not fit, keeping what fits', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    const bad = nflogMessage({ seq: 0, payload: Buffer.alloc(8) });
    bad.writeUInt16LE(13, bad.length - 12);
    bench.group.push(Buffer.concat([bad, nflogMessage({ seq: 1 })]));
    bench.loop.turn();
    expect(receiver.batches).toEqual([[0, 1]]);
    expect(source.counters).toEqual({ received: 2, lost: 0, overruns: 0, malformed: 1 });
    expect(bench.log.lines).toEqual([MALFORMED]);
  });

  test('a message too short for its header', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    const short = nflogMessage().subarray(0, 18);
    short.writeUInt32LE(18, 0);
    bench.group.push(short, datagram(0));
    bench.loop.turn();
    expect(receiver.batches.flat().length).toBe(2);
    expect(source.counters).toMatchObject({ received: 2, malformed: 1 });
  });

  test('a datagram cut off, and what it had lost by the next number', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ snaplen: 64, nlbufsiz: 4096 });
    const receiver = new Receiver(source, 2048);
    source.start();
    const slotSize = bench.ringSizes[0] ?? 0;
    const length = nflogMessage({ seq: 0 }).length;
    const fitting = Math.floor(slotSize / length);
    expect(slotSize % length).not.toBe(0);
    bench.group.push(datagram(...upTo(fitting + 10)), datagram(fitting + 10));
    bench.loop.turn();
    expect(receiver.batches).toEqual([[...upTo(fitting), fitting + 10]]);
    expect(source.counters).toEqual({
      received: fitting + 1,
      lost: 10,
      overruns: 0,
      malformed: 1,
    });
    expect(bench.log.lines).toEqual([`${CUT} 1`, `${LOST} 10`]);
  });

  test('a datagram cut off between two messages', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ snaplen: 64, nlbufsiz: 4096 });
    const receiver = new Receiver(source);
    source.start();
    const first = nflogMessage({ seq: 0 });
    const slotSize = bench.ringSizes[0] ?? 0;
    // The first message fills the slot to its last byte.
    const filler = { type: 99, value: Buffer.alloc(slotSize - first.length - 4) };
    const filling = nflogMessage({ seq: 0, attributes: [filler] });
    expect(filling.length).toBe(slotSize);
    bench.group.push(Buffer.concat([filling, nflogMessage({ seq: 1 })]));
    bench.loop.turn();
    expect(receiver.batches).toEqual([[0]]);
    expect(source.counters).toMatchObject({ received: 1, malformed: 1 });
    expect(bench.log.lines).toEqual([`${CUT} 1`]);
  });
});
