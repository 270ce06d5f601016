import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Pace } from '../../../../src/plugins/source/nflog/pace.ts';
import { datagram, Receiver, SourceBench } from './fake-group.ts';

describe('a held NFLOG source', () => {
  let bench: SourceBench;
  beforeEach(() => {
    bench = new SourceBench(4);
  });
  afterEach(async () => await bench[Symbol.asyncDispose]());

  test('delivers nothing from the next record on, and everything once it is released', async () => {
    const source = bench.open();
    const receiver = new Receiver(source, 1);
    receiver.onDeliver = (numbers) => {
      if (numbers.includes(2) || numbers.includes(3)) source.hold();
    };
    source.start();
    bench.group.push(datagram(0, 1), datagram(2, 3, 4), datagram(5), datagram(6, 7));
    bench.loop.turn();
    expect(receiver.numbers).toEqual([0, 1, 2]);
    expect(bench.loop.watching).toBe(false);

    source.release();
    expect(receiver.numbers).toEqual([0, 1, 2, 3]);
    expect(bench.loop.watching).toBe(false);

    source.release();
    expect(receiver.numbers).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
    expect(bench.loop.watching).toBe(true);
    expect(source.counters).toEqual({ received: 8, lost: 0, overruns: 0, malformed: 0 });
    expect(bench.group.counters.datagrams).toBe(4);
  });

  test('delivers what waits when it is closed', async () => {
    const source = bench.open();
    const receiver = new Receiver(source, 1);
    receiver.onDeliver = () => {
      if (receiver.numbers.length === 1) source.hold();
    };
    source.start();
    bench.group.push(datagram(0, 1), datagram(2));
    bench.loop.turn();
    bench.group.push(datagram(3));
    await source.close();
    expect(receiver.numbers).toEqual([0, 1, 2, 3]);
  });

  test('leaves other work its turns when it is released', async () => {
    const source = bench.open({}, undefined, new SlowPace());
    const receiver = new Receiver(source, 1);
    source.start();
    source.hold();
    bench.group.push(datagram(0), datagram(1), datagram(2));
    source.release();
    const turns: number[] = [];
    for (let turn = 0; turn < 3; turn++) {
      turns.push(receiver.numbers.length);
      await new Promise(setImmediate);
    }
    expect(turns).toEqual([1, 2, 3]);
  });

  test('goes on at once when it is released while it still delivers', () => {
    const source = bench.open();
    const receiver = new Receiver(source, 1);
    receiver.onDeliver = () => {
      source.hold();
      source.release();
    };
    source.start();
    bench.group.push(datagram(0, 1, 2));
    bench.loop.turn();
    expect(receiver.numbers).toEqual([0, 1, 2]);
  });
});

/** Of packets that take so long that each datagram fills a turn. */
class SlowPace extends Pace {
  override received(): void {}
  override get isTurnOver(): boolean {
    return true;
  }
}
