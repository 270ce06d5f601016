import { EventEmitter } from 'node:events';
import { describe, expect, test } from 'vitest';
import { SqliteThread } from '../../../../../../src/plugins/output/database/sqlite/sqlite-thread.ts';
import type {
  Order,
  Report,
  Thread,
} from '../../../../../../src/plugins/output/database/sqlite/worker-messages.ts';

const settings = { path: '/x/db', table: 'packet', create: true, sync: false };
const layout = { table: 'packet', columns: [], positional: false };
const result = {
  stored: 2,
  known: 0,
  refused: 0,
  reasons: new Map(),
  cut: new Map(),
  unfit: new Map(),
};
const pieces = [
  { bytes: Uint8Array.of(1, 2, 3), records: 1 },
  { bytes: Uint8Array.of(4), records: 1 },
];

class FakeThread extends EventEmitter implements Thread {
  readonly orders: Order[] = [];

  postMessage(order: Order): void {
    this.orders.push(order);
  }

  report(report: Report): void {
    this.emit('message', report);
  }
}

async function opened() {
  const threads: FakeThread[] = [];
  const opener = new SqliteThread(settings, () => {
    const thread = new FakeThread();
    threads.push(thread);
    queueMicrotask(() => thread.report({ kind: 'opened', layout }));
    return thread;
  });
  const lost: string[] = [];
  const session = await opener.open((error) => lost.push(error.message));
  const [thread] = threads;
  if (!thread) throw new Error('no thread was started');
  return { opener, session, thread, threads, lost };
}

describe('a file that a thread has open', () => {
  test('gets pieces one behind the other, and the memory is used again', async () => {
    const { session, thread } = await opened();
    expect(session.layout).toEqual(layout);
    const stored = session.store(pieces);
    const [order] = thread.orders;
    if (!order) throw new Error('nothing was sent');
    expect([...new Uint8Array(order.memory, 0, 4)]).toEqual([1, 2, 3, 4]);
    expect(order.pieces).toEqual([
      { length: 3, records: 1 },
      { length: 1, records: 1 },
    ]);
    thread.report({ kind: 'stored', result, memory: order.memory });
    expect(await stored).toEqual(result);
    session.store(pieces);
    expect(thread.orders[1]?.memory).toBe(order.memory);
  });

  test('tells what went wrong', async () => {
    const { session, thread, lost } = await opened();
    const stored = session.store(pieces);
    thread.report({ kind: 'failed', message: 'disk full' });
    await expect(stored).rejects.toThrow('disk full');
    expect(lost).toEqual([]);
  });

  test('is lost when its thread ends by itself', async () => {
    const { session, thread, lost } = await opened();
    const stored = session.store(pieces);
    thread.emit('error', new Error('out of memory'));
    thread.emit('exit');
    const message = 'the thread that stores rows in /x/db has ended: out of memory';
    await expect(stored).rejects.toThrow(message);
    expect(lost).toEqual([message]);
    await expect(session.store(pieces)).rejects.toThrow('the connection to /x/db has ended');
  });

  test('ends what is under way when it is destroyed, without breaking the thread off', async () => {
    const { session, thread, lost } = await opened();
    const stored = session.store(pieces);
    session.destroy();
    await expect(stored).rejects.toThrow('the connection to /x/db was ended');
    expect(thread.orders.at(-1)).toBe(undefined);
    thread.emit('exit');
    expect(lost).toEqual([]);
  });

  test('is opened again only when the thread before has ended', async () => {
    const { opener, session, thread, threads } = await opened();
    session.destroy();
    const next = opener.open(() => {});
    await new Promise((resolve) => setImmediate(resolve));
    expect(threads).toHaveLength(1);
    thread.emit('exit');
    await next;
    expect(threads).toHaveLength(2);
  });

  test('says why it could not be opened', async () => {
    const thread = new FakeThread();
    const opener = new SqliteThread(settings, () => thread);
    const session = opener.open(() => expect.unreachable());
    await new Promise((resolve) => setImmediate(resolve));
    thread.report({ kind: 'failed', message: 'cannot open /x/db' });
    await expect(session).rejects.toThrow('cannot open /x/db');
    thread.emit('exit');
  });
});
