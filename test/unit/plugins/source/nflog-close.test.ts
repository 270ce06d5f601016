import { describe, expect, test } from 'vitest';
import { NetlinkError } from '../../../../src/netlink/index.ts';
import { eventually } from '../../../support/eventually.ts';
import { nflogMessage } from '../../../support/fake-socket.ts';
import { datagram, defaultOptions, Receiver, SourceBench } from './fake-group.ts';

const OVERRUN = 'counted: overruns of the receive buffer; raise the global option rmem: 1';
const UNCOUNTED = 'error: packets were lost after the last one received; their number is unknown';
const refused = new NetlinkError({ operation: 'unbind NFLOG group 5', errno: 1 });

describe('NflogSource, when it is closed,', () => {
  test('delivers what the kernel hands over when the group is unbound', async () => {
    await using bench = new SourceBench(1);
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0));
    bench.group.onUnbind = () => bench.group.push(datagram(1), datagram(2, 3));
    await source.close();
    expect(receiver.batches).toEqual([[0], [1], [2, 3]]);
    expect([bench.loop.watching, bench.group.closed]).toEqual([false, true]);
  });

  test('goes on receiving for qtimeout when it may not unbind the group', async () => {
    await using bench = new SourceBench(1);
    const source = bench.open({ qtimeout: 200 });
    const receiver = new Receiver(source);
    source.start();
    bench.group.onUnbind = () => {
      throw refused;
    };
    const closed = source.close();
    bench.group.push(datagram(0));
    bench.loop.turn();
    bench.group.push(datagram(1), datagram(2));
    expect([bench.loop.watching, bench.group.closed]).toEqual([true, false]);
    await closed;
    expect(receiver.batches).toEqual([[0], [1], [2]]);
    expect([bench.loop.watching, bench.group.closed]).toEqual([false, true]);
    expect(bench.log.lines).toEqual([]);
  });

  test('waits a second at most for a longer qtimeout, and says what that means', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ qtimeout: 3_600_000 });
    new Receiver(source);
    bench.group.onUnbind = () => {
      throw refused;
    };
    const begin = performance.now();
    await source.close();
    expect(performance.now() - begin).toBeLessThan(20_000);
    expect(bench.log.lines).toEqual([
      'notice: packets that the kernel has collected for less than qtimeout (3600000 ms) are lost: only root can have them handed over earlier',
    ]);
  });

  test('delivers and closes all the same when unbinding fails otherwise', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0));
    bench.group.onUnbind = () => {
      throw new NetlinkError({ operation: 'unbind', errno: 110 });
    };
    await expect(source.close()).rejects.toThrow('unbind: ');
    expect(receiver.batches).toEqual([[0]]);
    expect([bench.loop.watching, bench.group.closed]).toEqual([false, true]);
  });

  test('lets other work have its turn after each receive', async () => {
    await using bench = new SourceBench(1);
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0), datagram(1), datagram(2));
    const seen: number[] = [];
    const look = () => {
      seen.push(receiver.batches.length);
      if (!bench.group.closed) setImmediate(look);
    };
    const closed = source.close();
    setImmediate(look);
    await closed;
    expect(seen).toContain(1);
    expect(seen).toContain(2);
    expect(receiver.batches).toEqual([[0], [1], [2]]);
  });

  test('reads its backlog and tries again when that swallowed the answer', async () => {
    await using bench = new SourceBench(1);
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.push(datagram(0), datagram(1));
    const errnos = [110, 19];
    bench.group.onUnbind = () => {
      throw new NetlinkError({ operation: 'unbind', errno: errnos.shift() ?? 0 });
    };
    await source.close();
    expect([errnos, receiver.batches, bench.group.closed]).toEqual([[], [[0], [1]], true]);
  });

  test('counts an overrun met while unbinding, and says that its loss has no number', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.onUnbind = () => {
      bench.group.counters.overruns++;
      bench.group.push(datagram(0, 1));
    };
    await source.close();
    expect(receiver.batches).toEqual([[0, 1]]);
    expect(source.counters).toEqual({ received: 2, lost: 0, overruns: 1, malformed: 0 });
    expect(bench.log.lines).toEqual([OVERRUN, UNCOUNTED]);
  });

  test('says nothing of the kind where a gap in the numbers has counted the loss', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.onUnbind = () => {
      bench.group.counters.overruns++;
      bench.group.push(datagram(0, 1, 5));
    };
    await source.close();
    expect(source.counters).toMatchObject({ received: 3, lost: 3, overruns: 1 });
    expect(bench.log.lines).not.toContain(UNCOUNTED);
  });

  test('takes no gap of an earlier overrun for that of the last one', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push('ENOBUFS', datagram(0), 'EAGAIN', 'ENOBUFS', datagram(5));
    bench.loop.turn();
    await source.close();
    expect(source.counters).toMatchObject({ received: 2, lost: 4, overruns: 2 });
    expect(bench.log.lines.at(-1)).toBe(UNCOUNTED);
  });

  test('says nothing of an overrun that took no packets', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.push('ENOBUFS', datagram(0), 'EAGAIN', datagram(1));
    bench.loop.turn();
    await source.close();
    expect(source.counters).toMatchObject({ received: 2, lost: 0, overruns: 1 });
    expect(bench.log.lines).toEqual([OVERRUN]);
  });

  test('without having been started gives the group back', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    await source.close();
    expect(bench.group.closed).toBe(true);
  });
});

describe('NflogSource, when its options change,', () => {
  test('passes them on and takes a ring for the new length', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    const given: unknown[] = [];
    bench.group.onReconfigure = (options) => given.push(options);
    source.reconfigure({
      group: 5,
      snaplen: 64,
      nlbufsiz: 131072,
      qthreshold: 1,
      qtimeout: 0,
      label: '9',
    });
    expect(given).toEqual([{ snaplen: 64, nlbufsiz: 131072, qthreshold: 1, qtimeout: 0 }]);
    expect(bench.ringSizes).toEqual([131072, 262144]);
    bench.group.push(datagram(0));
    bench.loop.turn();
    expect(receiver.first('raw.label')).toBe(9);
  });

  test('asks nothing of the kernel for a new label', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    const receiver = new Receiver(source);
    source.start();
    bench.group.onReconfigure = () => {
      throw new Error('was asked');
    };
    source.reconfigure({ ...defaultOptions, label: '9' });
    bench.group.push(datagram(0));
    bench.loop.turn();
    expect(receiver.first('raw.label')).toBe(9);
  });

  test('delivers at once what the request set aside, with slots as long as before', async () => {
    await using bench = new SourceBench(1);
    const source = bench.open({ nlbufsiz: 131072, label: '3' });
    const receiver = new Receiver(source);
    source.start();
    const long = nflogMessage({
      seq: 0,
      attributes: [1, 2].map((type) => ({ type: 90 + type, value: Buffer.alloc(65_000) })),
    });
    bench.group.onReconfigure = () => bench.group.push(long, datagram(1));
    source.reconfigure({ ...defaultOptions, snaplen: 64, nlbufsiz: 4096, label: '9' });
    expect([receiver.batches, receiver.first('raw.label')]).toEqual([[[0]], 3]);
    await eventually(() => expect(bench.group.pending).toBe(0));
    expect(receiver.batches).toEqual([[0], [1]]);
    expect(source.counters).toEqual({ received: 2, lost: 0, overruns: 0, malformed: 0 });
    expect(bench.ringSizes).toEqual([262144]);
  });

  test('counts an overrun that the request has met', async () => {
    await using bench = new SourceBench();
    const source = bench.open();
    new Receiver(source);
    source.start();
    bench.group.onReconfigure = () => {
      bench.group.counters.overruns++;
    };
    source.reconfigure({ ...defaultOptions, qthreshold: 1 });
    expect(source.counters.overruns).toBe(1);
    expect(bench.log.lines).toEqual([OVERRUN]);
  });

  test('goes on as before when the kernel refuses them', async () => {
    await using bench = new SourceBench();
    const source = bench.open({ label: '3' });
    const receiver = new Receiver(source);
    source.start();
    bench.group.onReconfigure = () => {
      throw refused;
    };
    const options = {
      group: 5,
      snaplen: 0,
      nlbufsiz: 4096,
      qthreshold: 1,
      qtimeout: 0,
      label: '9',
    };
    expect(() => source.reconfigure(options)).toThrow(refused);
    bench.group.push(datagram(0));
    bench.loop.turn();
    expect(receiver.first('raw.label')).toBe(3);
    expect(bench.ringSizes.length).toBe(1);
  });
});

describe('NflogSource, about the receive buffer,', () => {
  test.each([
    [{ granted: 212_992, forced: false }, 106_496],
    [{ granted: (16 << 20) - 1, forced: false }, 8_388_607],
  ])('says what to do when the kernel grants less: %j', async (receiveBuffer, half) => {
    await using bench = new SourceBench();
    bench.group.receiveBuffer = receiveBuffer;
    bench.open({}, 8 << 20);
    expect(bench.log.lines).toEqual([
      `notice: receive buffer: asked for 8388608 bytes (rmem), the kernel grants ${half}; ` +
        'run as root, or: sysctl -w net.core.rmem_max=8388608',
    ]);
  });

  test('says nothing when the kernel grants it', async () => {
    await using bench = new SourceBench();
    bench.group.receiveBuffer = { granted: 16 << 20, forced: true };
    bench.open({}, 8 << 20);
    expect(bench.log.lines).toEqual([]);
  });
});
