import { createSocket, type Socket } from 'node:dgram';
import { once } from 'node:events';
import { describe, expect, test } from 'vitest';
import { until } from '../../../../../support/until.ts';
import { numbered, OpenSink } from './sink-bench.ts';

/** Receives datagrams on a port of 127.0.0.1 or ::1. */
class DatagramReceiver implements AsyncDisposable {
  readonly texts: string[] = [];
  readonly #socket: Socket;

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('message', (bytes) => this.texts.push(bytes.toString('latin1')));
  }

  static async bind(address = '127.0.0.1', port = 0): Promise<DatagramReceiver> {
    const type = address.includes(':') ? 'udp6' : 'udp4';
    const socket = createSocket({ type, recvBufferSize: 4 << 20 });
    socket.bind(port, address);
    await once(socket, 'listening');
    return new DatagramReceiver(socket);
  }

  get port(): number {
    return this.#socket.address().port;
  }

  async waitFor(count: number): Promise<string[]> {
    await until(async () => this.texts.length >= count, `${count} datagrams`);
    return this.texts;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#socket.close();
    await once(this.#socket, 'close');
  }
}

const lines = (records: readonly string[]): string[] => records.map((record) => `${record}\n`);

describe('records over UDP', () => {
  test.each(['127.0.0.1', '::1', 'localhost'])('to %s: one datagram each', async (jsonhost) => {
    const address = jsonhost === 'localhost' ? '127.0.0.1' : jsonhost;
    await using receiver = await DatagramReceiver.bind(address);
    const open = new OpenSink({ jsonmode: 'udp', jsonhost, jsonport: receiver.port });
    open.write(...numbered(200));
    expect(await receiver.waitFor(200)).toEqual(lines(numbered(200)));
    await open.sink.close();
    expect(open.sink.counters).toEqual({ written: 200, dropped: 0, errors: 0 });
    expect([open.lines, open.details()]).toEqual([[], { queued: 0 }]);
  });

  test('are dropped when they are too long', async () => {
    await using receiver = await DatagramReceiver.bind();
    const open = new OpenSink({ jsonmode: 'udp', jsonport: receiver.port });
    open.write('x'.repeat(65_506), 'y'.repeat(65_507), 'short');
    await receiver.waitFor(2);
    await open.sink.close();
    expect(receiver.texts.map(({ length }) => length)).toEqual([65_507, 6]);
    expect(open.sink.counters).toEqual({ written: 2, dropped: 1, errors: 0 });
    expect(open.lines).toEqual([
      'counted: records dropped because they are too long for a datagram: 1',
    ]);
  });

  test('go on when the receiver was away, and its refusals are counted', async () => {
    const receiver = await DatagramReceiver.bind();
    const { port } = receiver;
    await receiver[Symbol.asyncDispose]();
    const open = new OpenSink({ jsonmode: 'udp', jsonport: port });
    await until(async () => {
      open.write('unheard');
      return open.sink.counters.errors > 0;
    }, 'a refusal');
    await using again = await DatagramReceiver.bind('127.0.0.1', port);
    open.write('heard');
    await until(async () => again.texts.includes('heard\n'), 'the datagram');
    await open.sink.close();
    const { written, dropped } = open.sink.counters;
    expect([written > 0, dropped]).toEqual([true, 0]);
    expect(open.lines[0]).toBe(`counted: datagrams to udp://127.0.0.1:${port}: ECONNREFUSED: 1`);
  });

  test('wait, within bounds, for a name that is not known yet', async () => {
    const open = new OpenSink({
      jsonmode: 'udp',
      jsonhost: 'no.such.host.invalid',
      jsonqueue: 1 << 20,
    });
    await open.logged(/error: udp:\/\/no\.such\.host\.invalid:12345: .*; trying again/);
    const taken = open.write(...numbered(2000).map((record) => record.padEnd(999, '.')));
    expect(taken.length).toBeLessThan(1050);
    await open.sink.close();
    expect(open.sink.counters).toMatchObject({ written: 0, dropped: 2000 });
    expect(open.lines.at(-1)).toBe(
      `error: ${taken.length} records lost: udp://no.such.host.invalid:12345 has not taken them`,
    );
  });

  test('go on after SIGHUP', async () => {
    await using receiver = await DatagramReceiver.bind();
    await using open = new OpenSink({ jsonmode: 'udp', jsonport: receiver.port });
    open.write(...numbered(100));
    open.sink.reopen();
    open.write(...numbered(100, 'more'));
    await receiver.waitFor(200);
    expect(receiver.texts).toEqual(lines([...numbered(100), ...numbered(100, 'more')]));
  });
});
