import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { CHUNK_SIZE, MAX_CHUNKS } from '../../../../../src/plugins/output/chunk-pool.ts';
import { SyslogThread } from '../../../../../src/plugins/output/syslog/syslog-thread.ts';
import { LoggedLines } from '../../fake-context.ts';
import { FakeThread } from './fake-thread.ts';

let thread: FakeThread;
let log: LoggedLines;
let failures: string[];
let sink: SyslogThread;

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'] });
  thread = new FakeThread();
  log = new LoggedLines();
  failures = [];
  sink = new SyslogThread({ thread, log, fail: (error) => failures.push(error.message) });
});
afterEach(() => {
  vi.useRealTimers();
});

function write(...lines: string[]): void {
  for (const line of lines) {
    const bytes = Buffer.from(line);
    if (!sink.reserve(bytes.length)) sink.drop(1);
    else {
      for (const [index, byte] of bytes.entries()) sink.view.setUint8(sink.position + index, byte);
      sink.commit(sink.position + bytes.length);
    }
  }
  sink.endBatch();
}

/** Until the thread has answered what it was asked, and what follows from that. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await new Promise(setImmediate);
}

async function advance(ms: number): Promise<void> {
  await vi.advanceTimersByTimeAsync(ms);
  await settle();
}

const counters = (written: number, dropped: number, errors: number) => ({
  written,
  dropped,
  errors,
});

describe('lines reach the thread', () => {
  test('after each batch, in their order', async () => {
    write('one', 'two');
    await settle();
    write('three');
    await settle();
    expect(thread.said).toEqual(['one', 'two', 'three']);
    expect(thread.calls).toEqual([2, 1]);
    expect(sink.counters).toEqual(counters(3, 0, 0));
    await sink.close();
  });

  test('many batches at once, while it is busy', async () => {
    thread.hold();
    for (const line of ['1', '2', '3', '4']) write(line);
    expect(sink.counters.written).toBe(0);
    thread.release();
    await settle();
    expect(thread.calls).toEqual([1, 3]);
    expect(thread.said).toEqual(['1', '2', '3', '4']);
    await sink.close();
  });

  test('never for a batch of which nothing was selected', async () => {
    write();
    await settle();
    expect([thread.calls, vi.getTimerCount()]).toEqual([[], 0]);
    await sink.close();
  });
});

describe('lines that are not taken', () => {
  test('are said again after 50, 100, 200 … ms, and it is told twice', async () => {
    thread.state = 'ENOENT';
    write('one', 'two');
    await settle();
    for (const pause of [50, 100, 200, 400, 800, 1000, 1000]) {
      const { errors } = sink.counters;
      await advance(pause - 1);
      expect(sink.counters.errors).toBe(errors);
      await advance(1);
      expect(sink.counters.errors).toBe(errors + 1);
    }
    write('three');
    thread.state = undefined;
    await advance(1000);
    expect(thread.said).toEqual(['one', 'two', 'three']);
    expect(sink.counters).toEqual(counters(3, 0, 8));
    expect(log.lines).toEqual([
      'error: cannot reach the log daemon: ENOENT: refused; trying again',
      'notice: the log daemon takes lines again',
    ]);
    expect(failures).toEqual([]);
    await sink.close();
  });

  test('are said again at once at SIGHUP', async () => {
    thread.state = 'ECONNREFUSED';
    write('one');
    await settle();
    thread.state = undefined;
    sink.reopen();
    await settle();
    expect([thread.said, vi.getTimerCount()]).toEqual([['one'], 0]);
    sink.reopen();
    await settle();
    expect(thread.said).toEqual(['one']);
    await sink.close();
  });

  test('are no error when the log daemon is only slow', async () => {
    thread.state = 'EAGAIN';
    write('one');
    await settle();
    expect(thread.calls.length).toBeGreaterThan(2);
    thread.state = undefined;
    await settle();
    expect([thread.said, sink.counters, log.lines]).toEqual([['one'], counters(1, 0, 0), []]);
    await sink.close();
  });

  test('are dropped alone when they are too long for it', async () => {
    thread.refused.set('long', 'EMSGSIZE');
    write('one', 'long', 'two', 'long');
    await settle();
    expect(thread.said).toEqual(['one', 'two']);
    expect(sink.counters).toEqual(counters(2, 2, 2));
    const event = 'lines dropped because the log daemon takes none of their length';
    expect(log.lines).toEqual([`counted: ${event}: 1`, `counted: ${event}: 1`]);
    await sink.close();
  });

  test('are kept up to a bound; beyond it lines are dropped and counted', async () => {
    thread.hold();
    const quarter = 'x'.repeat(CHUNK_SIZE / 4);
    const room = 4 * MAX_CHUNKS;
    // The first is with the thread alone: three of its chunk's quarters stay empty.
    for (let line = 0; line < room; line++) write(quarter);
    expect(sink.counters.dropped).toBe(3);
    expect(log.lines).toEqual(
      Array(3).fill('counted: lines dropped because the log daemon takes no more: 1'),
    );
    thread.release();
    await settle();
    while (sink.counters.written < room - 3) await settle();
    write('last');
    await settle();
    expect(thread.said.length).toBe(room - 2);
    expect(thread.said.at(-1)).toBe('last');
    expect(sink.counters).toEqual(counters(room - 2, 3, 0));
    await sink.close();
  });
});

describe('at the end', () => {
  test('all that is left is said, and the thread ended', async () => {
    thread.hold();
    write('one');
    write('two');
    const closed = sink.close();
    thread.release();
    await closed;
    expect(thread.said).toEqual(['one', 'two']);
    expect([log.lines, failures, vi.getTimerCount()]).toEqual([[], [], 0]);
    expect(thread.isTerminated).toBe(false);
    await sink.close();
  });

  test('a log daemon that is away is waited for two seconds; then lines are counted', async () => {
    thread.state = 'ENOENT';
    write('one', 'two');
    await settle();
    write('three');
    const closed = sink.close();
    await advance(1000);
    expect(sink.counters.dropped).toBe(0);
    await advance(2000);
    await closed;
    expect(sink.counters).toMatchObject({ written: 0, dropped: 3 });
    expect(log.lines.slice(1)).toEqual([
      'error: 3 lines lost: the log daemon did not take them: ENOENT: refused',
    ]);
    expect(failures).toEqual([]);
  });

  test('it is waited for no longer, however long the pauses have become', async () => {
    thread.state = 'ENOENT';
    write('one');
    await settle();
    // Behind the pauses of 50, 100 and 200 ms; what follows is 800, 1000 and 1000.
    await advance(400);
    const closed = sink.close();
    const done = vi.fn();
    closed.then(done);
    await advance(2001);
    expect(done).toHaveBeenCalledOnce();
    expect(sink.counters).toMatchObject({ written: 0, dropped: 1 });
  });

  test('a log daemon that comes back meanwhile gets them', async () => {
    thread.state = 'ENOENT';
    write('one');
    await settle();
    const closed = sink.close();
    thread.state = undefined;
    await advance(2000);
    await closed;
    expect([thread.said, sink.counters.dropped]).toEqual([['one'], 0]);
  });

  test('a log daemon that is slow gets two seconds', async () => {
    thread.state = 'EAGAIN';
    write('one');
    const closed = sink.close();
    await advance(1999);
    expect(sink.counters.dropped).toBe(0);
    await advance(1);
    await closed;
    expect(sink.counters).toEqual(counters(0, 1, 0));
    expect(log.lines).toEqual([
      'error: 1 lines lost: the log daemon did not take them: it takes them too slowly',
    ]);
  });
});

describe('a thread that ends', () => {
  test('is an error, with what it held counted; later lines are dropped', async () => {
    thread.hold();
    write('one');
    write('two');
    thread.emit('error', new Error('no memory'));
    thread.emit('exit');
    expect(failures).toEqual(['the thread that sends lines has ended: no memory']);
    expect(log.lines).toEqual([
      'error: 2 lines lost: the thread that sends lines has ended: no memory',
    ]);
    write('three');
    expect(sink.counters).toEqual(counters(0, 3, 0));
    expect(log.lines.slice(1)).toEqual([
      'counted: lines dropped because the thread that sends them has ended: 1',
    ]);
    await sink.close();
  });

  test('is terminated when it does not end by itself', async () => {
    vi.spyOn(thread, 'postMessage').mockReturnValue();
    const closed = sink.close();
    await advance(2999);
    expect(thread.isTerminated).toBe(false);
    await advance(1);
    await closed;
    expect([thread.isTerminated, failures]).toEqual([true, []]);
  });

  test('is given up when it answers no more, with all that it and the queue hold', async () => {
    thread.hold();
    write('one', 'two');
    write('three');
    const closed = sink.close();
    await advance(2999);
    expect(sink.counters).toEqual(counters(0, 0, 0));
    await advance(1);
    await closed;
    expect([thread.isTerminated, sink.counters]).toEqual([true, counters(0, 3, 0)]);
    const reason = 'the thread that sends lines does not answer';
    expect(log.lines).toEqual([`error: 3 lines lost: ${reason}`]);
    expect(failures).toEqual([reason]);
    // What it answers after all changes nothing.
    thread.release();
    expect(sink.counters).toEqual(counters(0, 3, 0));
  });
});
