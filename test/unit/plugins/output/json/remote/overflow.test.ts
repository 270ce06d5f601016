import { readdir, readFile, writeFile } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { RemoteValues } from '../../../../../../src/plugins/output/json/remote/index.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';
import { Receiver } from './receiver.ts';
import { distinct, numbered, OpenSink } from './sink-bench.ts';

let scratch: ScratchFolder;
let socket: string;
let values: Partial<RemoteValues>;
beforeEach(async () => {
  scratch = await ScratchFolder.create();
  socket = scratch.join('socket');
  values = { jsonmode: 'unix', jsonfile: socket, jsonspool: scratch.join('spool') };
});
afterEach(async () => await scratch[Symbol.asyncDispose]());

const segments = async (): Promise<string[]> =>
  (await readdir(scratch.join('spool'))).filter((name) => name.endsWith('.spool'));

/** Records of 1000 bytes with their newline. */
const long = (count: number, prefix?: string): string[] =>
  numbered(count, prefix).map((record) => record.padEnd(999, '.'));

/** A record without its filling. */
const name = (record: string): string => record.replace(/\.+$/, '');

/** Writes batches at the disk's pace; returns the records for which there was room. */
async function writeAll(open: OpenSink, records: readonly string[]): Promise<string[]> {
  const taken: string[] = [];
  for (let i = 0; i < records.length; i += 50) {
    taken.push(...open.write(...records.slice(i, i + 50)));
    await setTimeout(2);
  }
  return taken;
}

describe('jsonspool', () => {
  test('has nothing while all is well', async () => {
    await using receiver = await Receiver.listen(socket);
    const open = new OpenSink(values);
    await open.logged(/connected/);
    open.write(...numbered(10));
    await receiver.waitFor(10);
    expect([open.details().spooled, await segments()]).toEqual([0, []]);
    await open.sink.close();
    expect(open.details()).toEqual({
      ...{ queued: 0, spooled: 0, recovered: 0, damaged: 0 },
      ...{ unconfirmed: 0, resent: 0, connects: 1 },
    });
    expect(open.lines).toEqual([`info: connected to ${socket}`]);
  });

  test('holds what memory does not, and gives it back in order', async () => {
    const open = new OpenSink({ ...values, jsonqueue: 1 << 20 });
    const records = long(6000);
    const taken = await writeAll(open, records);
    expect(taken.length).toBe(records.length);
    await open.reached('spooled', 6000);
    expect(open.details().queued).toBe(6000);
    await using receiver = await Receiver.listen(socket);
    const late = writeAll(open, long(500, 'late'));
    const received = await receiver.waitFor(6500);
    expect(received.map(name)).toEqual([...records, ...long(500, 'late')].map(name));
    await late;
    await open.sink.close();
    expect(open.sink.counters).toMatchObject({ written: 6500, dropped: 0 });
    expect(await segments()).toEqual([]);
  });

  test('takes over in the middle of a stall, and keeps the order', async () => {
    await using receiver = await Receiver.listen(socket);
    const open = new OpenSink({ ...values, jsonqueue: 1 << 20 });
    open.write('first');
    await receiver.waitFor(1);
    receiver.stall();
    const records = long(4000);
    expect((await writeAll(open, records)).length).toBe(4000);
    await open.reached('queued', open.details().queued ?? 0);
    receiver.resume();
    expect((await receiver.waitFor(4001)).map(name)).toEqual(['first', ...numbered(4000)]);
    await open.sink.close();
    expect(open.sink.counters).toEqual({ written: 4001, dropped: 0, errors: 0 });
    expect(await segments()).toEqual([]);
  });

  test('keeps what cannot be delivered at the end for the next run, which sends it first', async () => {
    const first = new OpenSink(values);
    first.write(...numbered(50));
    await first.sink.close();
    expect(first.lines.at(-1)).toBe('notice: 50 records stay in the spool');
    expect(first.sink.counters).toMatchObject({ written: 0, dropped: 0 });
    const second = new OpenSink(values);
    second.write(...numbered(5, 'new'));
    await second.logged(/^notice: 50 records from before wait in the spool$/);
    await using receiver = await Receiver.listen(socket);
    expect(await receiver.waitFor(55)).toEqual([...numbered(50), ...numbered(5, 'new')]);
    await second.reached('queued', 0);
    expect(second.details()).toMatchObject({ recovered: 50 });
    expect(second.sink.counters).toMatchObject({ written: 5, dropped: 0 });
    await second.sink.close();
    expect(await segments()).toEqual([]);
  });

  test('has all that a receiver may not have read, once the connection is broken', async () => {
    const receiver = await Receiver.listen(socket);
    const first = new OpenSink(values);
    first.write(...numbered(10));
    await receiver.waitFor(10);
    await receiver.stop();
    first.write(...numbered(10, 'more'));
    await first.reached('spooled', 20);
    await first.sink.close();
    const second = new OpenSink(values);
    await using again = await Receiver.listen(socket);
    await again.waitFor(20);
    await second.sink.close();
    expect(again.lines).toEqual([...numbered(10), ...numbered(10, 'more')]);
  });

  test('is full at jsonspoolmax: the newest are dropped and counted', async () => {
    const open = new OpenSink({ ...values, jsonqueue: 1 << 20, jsonspoolmax: 2 << 20 });
    const records = long(8000);
    const taken = await writeAll(open, records);
    // Half of the memory that is on disk as well, the disk, and half of the memory behind it.
    expect(taken.length).toBeGreaterThan(2000);
    expect(taken.length).toBeLessThan(3500);
    expect(open.sink.counters.dropped).toBe(8000 - taken.length);
    await using receiver = await Receiver.listen(socket);
    await receiver.waitFor(taken.length);
    expect(distinct(receiver.lines).map(name)).toEqual(taken.map(name));
    open.write('last');
    await receiver.waitFor(taken.length + 1);
    await open.sink.close();
    expect(open.sink.counters.written).toBe(taken.length + 1);
    expect(await segments()).toEqual([]);
  });

  test('goes over from one instance to the next at a reload', async () => {
    const old = new OpenSink(values);
    await writeAll(old, numbered(500));
    const next = new OpenSink(values);
    next.write(...numbered(500, 'next'));
    await using receiver = await Receiver.listen(socket);
    await Promise.all([old.sink.close(), writeAll(next, numbered(500, 'later'))]);
    const all = [...numbered(500), ...numbered(500, 'next'), ...numbered(500, 'later')];
    await receiver.waitFor(1500);
    expect(distinct(receiver.lines)).toEqual(all);
    await next.sink.close();
    expect(old.sink.counters.dropped + next.sink.counters.dropped).toBe(0);
    expect(await segments()).toEqual([]);
  });

  test('leaves out what is damaged, and says so', async () => {
    const first = new OpenSink(values);
    first.write(...numbered(10));
    await first.reached('spooled', 10);
    first.write(...numbered(10, 'other'));
    await first.sink.close();
    const path = scratch.join(`spool/${(await segments())[0]}`);
    const bytes = await readFile(path);
    bytes.writeUInt8(0, 40);
    await writeFile(path, bytes);
    const second = new OpenSink(values);
    await using receiver = await Receiver.listen(socket);
    expect(await receiver.waitFor(10)).toEqual(numbered(10, 'other'));
    await second.sink.close();
    expect(second.details()).toMatchObject({ damaged: 10, recovered: 10 });
    expect(second.lines).toContain(
      `counted: records lost in damaged files of ${values.jsonspool}: 10`,
    );
  });

  test('belongs to one instance', async () => {
    await using _open = new OpenSink(values);
    expect(() => new OpenSink(values, { block: '6' })).toThrow(
      `${values.jsonspool}: in use by block 5 JSON; each needs a folder of its own`,
    );
  });
});
