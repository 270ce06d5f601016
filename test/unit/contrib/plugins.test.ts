import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { InputPlugin, OutputContext, OutputPlugin } from '../../../src/plugins/api.ts';
import { Batch } from '../../../src/records/batch.ts';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { type Key, key } from '../../../src/records/key.ts';
import { fakeContext } from '../plugins/fake-context.ts';

const folder = new URL('../../../contrib/plugins/', import.meta.url);
const scope: InputPlugin = await load('scope.mjs');
const tally: OutputPlugin = await load('tally.mjs');

const ports = [
  key('tcp.dport', 'u16', 'destination port'),
  key('udp.dport', 'u16', 'destination port'),
] as const;

describe('SCOPE', () => {
  const source = key('ip.saddr', 'ip', 'source address');

  test.each([
    [[10, 0, 0, 0], 1],
    [[11, 0, 0, 0], 0],
    [[172, 15, 255, 255], 0],
    [[172, 16, 0, 0], 1],
    [[172, 31, 255, 255], 1],
    [[172, 32, 0, 0], 0],
    [[192, 168, 1, 2], 1],
    [[192, 169, 0, 0], 0],
    [[0xfc, ...Array(15).fill(0)], 1],
    [[0xfd, ...Array(15).fill(0xff)], 1],
    [[0xfe, 0x80, ...Array(14).fill(0)], 0],
  ])('%j is private: %i', (address, expected) => {
    const { batch, context } = blockOf(source, ...scope.provides);
    const bytes = Uint8Array.from([0xee, ...address]);
    batch.begin(bytes);
    batch.columns.bytes(source).set(0, 1, address.length);
    batch.count = 2;
    scope.open(context).fill(batch);
    const column = batch.columns.readNumbers('ip.saddr.private');
    expect([column.has(0), column.get(0), column.has(1)]).toEqual([true, expected, false]);
  });
});

describe('TALLY', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('logs the busiest ports of each interval, and those of the last at its end', async () => {
    const { batch, context, log } = blockOf(...ports);
    const instance = tally.open({ ...context, options: { tallyinterval: 1000, tallytop: 2 } });
    instance.write(packetsTo(batch, [22, 53, 53, 80, 80, 80]));
    vi.advanceTimersByTime(1000);
    expect(log).toEqual(['port 80: 3, port 53: 2']);
    instance.write(packetsTo(batch, [22]));
    await instance.close();
    expect(log).toEqual(['port 80: 3, port 53: 2', 'port 22: 1']);
    expect(instance.counters).toEqual({ written: 7, dropped: 0, errors: 0 });
    expect(vi.getTimerCount()).toBe(0);
  });

  test('logs nothing when nothing came', async () => {
    const { context, log } = blockOf(...ports);
    const instance = tally.open({ ...context, options: { tallyinterval: 1000, tallytop: 2 } });
    vi.advanceTimersByTime(5000);
    await instance.close();
    expect(log).toEqual([]);
  });
});

async function load<Plugin>(name: string): Promise<Plugin> {
  const module: { default: Plugin } = await import(new URL(name, folder).href);
  return module.default;
}

/** What a plugin is opened with in a block that provides and reads these keys. */
function blockOf(...keys: readonly Key[]) {
  const batch = new Batch(new ColumnSet(16, keys));
  const log: string[] = [];
  const say = (message: string) => log.push(message);
  const context: OutputContext<Record<string, never>> = {
    ...fakeContext(batch.columns, {}),
    log: { debug: say, info: say, notice: say, error: say, counted: say },
  };
  return { batch, context, log };
}

/** Fills a batch with one packet for each port, TCP and UDP in turn. */
function packetsTo(batch: Batch, list: readonly number[]): Batch {
  batch.begin(new Uint8Array(0));
  for (const [row, port] of list.entries()) {
    batch.columns.numbers(ports[row % 2 === 0 ? 0 : 1]).set(row, port);
  }
  batch.count = list.length;
  batch.selectAll();
  return batch;
}
