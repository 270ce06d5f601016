import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';
import { until } from '../../../../../support/until.ts';
import { Receiver } from './receiver.ts';
import { distinct, numbered, OpenSink } from './sink-bench.ts';

/** A port that nobody listens on. */
async function freePort(): Promise<number> {
  await using receiver = await Receiver.listen();
  return receiver.port;
}

describe('records over TCP', () => {
  test('arrive at once, in order, each once', async () => {
    await using receiver = await Receiver.listen();
    const open = new OpenSink({ jsonport: receiver.port });
    open.write(...numbered(3));
    expect(await receiver.waitFor(3)).toEqual(numbered(3));
    open.write(...numbered(2, 'more'));
    await receiver.waitFor(5);
    await open.sink.close();
    expect(receiver.lines).toEqual([...numbered(3), ...numbered(2, 'more')]);
    expect(open.sink.counters).toEqual({ written: 5, dropped: 0, errors: 0 });
    expect(open.details()).toEqual({ queued: 0, unconfirmed: 0, resent: 0, connects: 1 });
    expect(open.lines).toEqual([`info: connected to tcp://127.0.0.1:${receiver.port}`]);
  });

  test('wait until there is a receiver', async () => {
    const port = await freePort();
    const open = new OpenSink({ jsonport: port });
    open.write(...numbered(1000));
    await open.logged(/cannot connect/);
    expect(open.details().queued).toBe(1000);
    await using receiver = await Receiver.listen(port);
    expect(await receiver.waitFor(1000)).toEqual(numbered(1000));
    await open.sink.close();
    expect(open.lines).toEqual([
      `error: cannot connect to tcp://127.0.0.1:${port}: connect ECONNREFUSED 127.0.0.1:${port}; trying again`,
      expect.stringMatching(/^notice: connected to \S+ again after \d+\.\d s; 1000 records wait$/),
    ]);
    expect(open.sink.counters).toMatchObject({ written: 1000, dropped: 0 });
  });

  test('fill the queue and no more; the newest are dropped and counted', async () => {
    const port = await freePort();
    const open = new OpenSink({ jsonport: port, jsonqueue: 1 << 20 });
    const records = numbered(3000).map((record) => record.padEnd(999, '.'));
    const taken: string[] = [];
    for (let i = 0; i < 3000; i += 100) taken.push(...open.write(...records.slice(i, i + 100)));
    expect(taken).toEqual(records.slice(0, taken.length));
    expect(taken.length).toBeGreaterThan(1000);
    expect(taken.length).toBeLessThan(1050);
    expect(open.sink.counters.dropped).toBe(3000 - taken.length);
    await using receiver = await Receiver.listen(port);
    expect(await receiver.waitFor(taken.length)).toEqual(taken);
    await open.sink.close();
    const drops = open.lines.filter((line) => line.startsWith('counted'));
    expect(drops.length).toBe(20);
    expect(drops.at(-1)).toBe(
      `counted: records dropped because too many wait for tcp://127.0.0.1:${port}: 100`,
    );
  });

  test('that are long or many take several chunks', async () => {
    await using receiver = await Receiver.listen();
    await using open = new OpenSink({ jsonport: receiver.port });
    const records = numbered(400).map((record, i) => record.padEnd(i * 100, 'x'));
    records.push('y'.repeat(256 * 1024 - 40));
    for (const record of records) open.write(record);
    expect(await receiver.waitFor(records.length)).toEqual(records);
  });

  test('are sent again after a broken connection', async () => {
    await using receiver = await Receiver.listen();
    await using open = new OpenSink({ jsonport: receiver.port });
    open.write(...numbered(10));
    await receiver.waitFor(10);
    receiver.reset();
    await open.logged(/lost: read ECONNRESET/);
    open.write(...numbered(1, 'new'));
    await receiver.waitFor(11);
    expect(receiver.linesByConnection.map(({ length }) => length)).toEqual([10, 11]);
    expect(distinct(receiver.lines)).toEqual([...numbered(10), 'new 0']);
    expect(open.details()).toMatchObject({ resent: 10, connects: 2 });
    expect(open.sink.counters).toMatchObject({ written: 11, errors: 1 });
  });

  test('are not sent again beyond jsonresend', async () => {
    await using receiver = await Receiver.listen();
    await using open = new OpenSink({ jsonport: receiver.port, jsonresend: 0 });
    open.write(...numbered(10));
    await receiver.waitFor(10);
    receiver.reset();
    await open.logged(/lost/);
    open.write('last');
    await receiver.waitFor(11);
    expect(receiver.lines).toEqual([...numbered(10), 'last']);
    expect(open.details().resent).toBe(0);
  });

  test('are noticed not to arrive as soon as the receiver closes its end', async () => {
    await using receiver = await Receiver.listen();
    await using open = new OpenSink({ jsonport: receiver.port });
    open.write('one');
    await receiver.waitFor(1);
    receiver.endConnections();
    await open.logged(/lost: the receiver closed it; trying again/);
    await receiver.until(() => receiver.connections === 2);
  });

  test('are not lost when the receiver stalls and is killed', async () => {
    await using receiver = await Receiver.listen();
    const { port } = receiver;
    const open = new OpenSink({ jsonport: port });
    open.write('first');
    await receiver.waitFor(1);
    receiver.stall();
    const records = numbered(6000).map((record) => record.padEnd(999, '.'));
    for (let i = 0; i < 6000; i += 100) {
      open.write(...records.slice(i, i + 100));
      await new Promise((resolve) => setImmediate(resolve));
    }
    // Kernels hold some, and the queue has the rest.
    await until(async () => (open.details().unconfirmed ?? 0) > 1000, 'sent something');
    receiver.reset();
    receiver.resume();
    await receiver.waitFor(6001);
    expect(distinct(receiver.lines.sort())).toEqual(['first', ...records].sort());
    expect(open.sink.counters).toMatchObject({ written: 6001, dropped: 0 });
    await open.sink.close();
  });

  test('that nobody takes are counted at the end', async () => {
    const open = new OpenSink({ jsonport: await freePort() });
    open.write(...numbered(7));
    const begin = performance.now();
    await open.sink.close();
    expect(performance.now() - begin).toBeLessThan(10_000);
    expect(open.sink.counters).toMatchObject({ written: 0, dropped: 7 });
    expect(open.lines.at(-1)).toMatch(/^error: 7 records lost: tcp:\S+ has not taken them$/);
    await open.sink.close();
    expect(open.sink.counters.dropped).toBe(7);
  });

  test('go over a new connection after SIGHUP; nothing comes twice', async () => {
    await using receiver = await Receiver.listen();
    const open = new OpenSink({ jsonport: receiver.port });
    open.write(...numbered(5));
    await receiver.waitFor(5);
    open.sink.reopen();
    open.write(...numbered(5, 'second'));
    await receiver.waitFor(10);
    await open.sink.close();
    expect(receiver.linesByConnection.map(({ length }) => length)).toEqual([5, 5]);
    expect(open.sink.counters).toEqual({ written: 10, dropped: 0, errors: 0 });
  });

  test('are sent at the end of specter, although they are many', async () => {
    await using receiver = await Receiver.listen();
    const open = new OpenSink({ jsonport: receiver.port });
    const records = numbered(5000).map((record) => record.padEnd(999, '.'));
    expect(open.write(...records)).toEqual(records);
    await open.sink.close();
    expect(receiver.lines).toEqual(records);
    expect(open.sink.counters).toEqual({ written: 5000, dropped: 0, errors: 0 });
  });
});

describe('records over a Unix socket', () => {
  let scratch: ScratchFolder;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
  });
  afterEach(async () => await scratch[Symbol.asyncDispose]());

  test('arrive, also when the receiver was restarted', async () => {
    const path = scratch.join('socket');
    const first = await Receiver.listen(path);
    const open = new OpenSink({ jsonmode: 'unix', jsonfile: path });
    open.write('one');
    await first.waitFor(1);
    await first.stop();
    await open.logged(/lost/);
    open.write('two');
    await using second = await Receiver.listen(path);
    await second.waitFor(2);
    await open.sink.close();
    // What was just sent may not have been stored by the first.
    expect([first.lines, second.lines]).toEqual([['one'], ['one', 'two']]);
    expect(open.lines[0]).toBe(`info: connected to ${path}`);
  });
});
