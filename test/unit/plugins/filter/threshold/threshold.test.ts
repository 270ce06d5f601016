import { describe, expect, it } from 'vitest';
import { threshold } from '../../../../../src/plugins/filter/threshold/index.ts';
import type { ThresholdOptions } from '../../../../../src/plugins/filter/threshold/options.ts';
import { Batch } from '../../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../../src/records/column-set.ts';
import { key } from '../../../../../src/records/key.ts';
import { fakeContext } from '../../fake-context.ts';
import { prefix } from './prefix.ts';

const keys = {
  sec: key('oob.time.sec', 'u32', ''),
  usec: key('oob.time.usec', 'u32', ''),
  saddr: key('ip.saddr', 'ip', ''),
  daddr: key('ip.daddr', 'ip', ''),
  dport: key('tcp.dport', 'u16', ''),
};

const defaults: ThresholdOptions = {
  threshold: 3,
  threshwindow: 60_000,
  threshkey: ['ip.saddr'],
  threshignore: undefined,
  threshmax: 65_536,
};

interface Packet {
  readonly from?: string;
  readonly to?: string;
  readonly port?: number;
  /** Seconds since the first. */
  readonly time?: number;
}

function open(options: Partial<ThresholdOptions> = {}, provided = Object.values(keys)) {
  const columns = new ColumnSet(64, [...provided, ...threshold.provides]);
  const batch = new Batch(columns);
  const context = fakeContext(columns, { ...defaults, ...options });
  const filter = threshold.open(context);
  /** The rows that pass, of one batch. */
  const passing = (...packets: Packet[]): number[] => {
    fill(batch, packets);
    filter.select(batch);
    return [...batch.rows.subarray(0, batch.selected)];
  };
  return { filter, passing, columns, log: context.log };
}

function fill(batch: Batch, packets: readonly Packet[]): void {
  const { columns } = batch;
  const received = Buffer.alloc(64 * 32);
  batch.begin(received);
  let end = 0;
  const setAddress = (address: typeof keys.saddr, row: number, text: string) => {
    const { bytes } = prefix(text);
    received.set(bytes, end);
    columns.bytes(address).set(row, end, bytes.length);
    end += bytes.length;
  };
  for (const [row, { from, to, port, time = 0 }] of packets.entries()) {
    if (from !== undefined) setAddress(keys.saddr, row, from);
    if (to !== undefined) setAddress(keys.daddr, row, to);
    if (port !== undefined) columns.numbers(keys.dport).set(row, port);
    columns.numbers(keys.sec).set(row, 1_700_000_000 + Math.floor(time));
    columns.numbers(keys.usec).set(row, Math.round((time % 1) * 1e6));
  }
  batch.count = packets.length;
  batch.selectAll();
}

const one = { from: '192.0.2.1' };
const other = { from: '192.0.2.2' };
const six = { from: '2001:db8::1' };

describe('THRESHOLD', () => {
  it('passes the packet that reaches the threshold, whichever batch it is in', () => {
    const { passing, filter } = open();
    expect(passing(one, one)).toEqual([]);
    expect(passing(one, one, one)).toEqual([0]);
    expect(passing(one, one, one, one)).toEqual([0, 3]);
    expect(filter.details?.()).toEqual({ keys: 0, ignored: 0, keyless: 0, evicted: 0 });
  });

  it('counts each value of the key by itself', () => {
    const { passing, filter } = open();
    expect(passing(one, other, six, one, six, other, other, six, one)).toEqual([6, 7, 8]);
    expect(passing(one, six)).toEqual([]);
    expect(filter.details?.().keys).toBe(2);
  });

  it('tells on the rows that pass how many hits there were', () => {
    const { passing, columns } = open();
    expect(passing(one, one, one)).toEqual([2]);
    const count = columns.readNumbers('threshold.count');
    expect([0, 1, 2].map((row) => count.has(row))).toEqual([false, false, true]);
    expect(count.get(2)).toBe(3);
  });

  it('sees only the rows that filters before it have passed', () => {
    const columns = new ColumnSet(64, [...Object.values(keys), ...threshold.provides]);
    const batch = new Batch(columns);
    const filter = threshold.open(fakeContext(columns, { ...defaults, threshold: 2 }));
    fill(batch, [one, one, one, one]);
    batch.rows.set([1, 3]);
    batch.selected = 2;
    filter.select(batch);
    expect([...batch.rows.subarray(0, batch.selected)]).toEqual([3]);
  });

  it('forgets hits when the window is over, to the millisecond', () => {
    const { passing } = open({ threshwindow: 1500 });
    const at = (time: number) => ({ ...one, time });
    expect(passing(at(0), at(1), at(1.501))).toEqual([]);
    expect(passing(at(2.5), at(4.001))).toEqual([0]);
    expect(passing(at(5.501), at(5.502))).toEqual([]);
    expect(passing(at(5.503))).toEqual([0]);
  });

  it('keeps hits when the clock is set back', () => {
    const { passing } = open();
    const at = (time: number) => ({ ...one, time });
    expect(passing(at(7200), at(7201), at(10))).toEqual([2]);
    expect(passing(at(20), at(81), at(82), at(83))).toEqual([3]);
  });

  it('counts combinations of several keys', () => {
    const { passing } = open({ threshold: 2, threshkey: ['ip.saddr', 'tcp.dport'] });
    const hits = [22, 23, 22, 22, 23].map((port) => ({ ...one, port }));
    expect(passing(...hits, { ...other, port: 22 })).toEqual([2, 4]);
  });

  it('passes no packet without one of the keys, and counts it', () => {
    const { passing, filter } = open({ threshold: 1, threshkey: ['ip.saddr', 'tcp.dport'] });
    expect(passing(one, { port: 22 }, {}, { ...one, port: 22 })).toEqual([3]);
    expect(filter.details?.()).toEqual({ keys: 0, ignored: 0, keyless: 3, evicted: 0 });
  });

  it('never counts addresses that it is to ignore', () => {
    const { passing, filter } = open({
      threshold: 1,
      threshignore: [prefix('192.0.2.0/31'), prefix('2001:db8::/32')],
    });
    expect(passing(one, other, six, { from: '2001:db9::' })).toEqual([1, 3]);
    expect(filter.details?.()).toEqual({ keys: 0, ignored: 2, keyless: 0, evicted: 0 });
  });

  it('ignores by every address of the key', () => {
    const { passing } = open({
      threshold: 1,
      threshkey: ['ip.daddr', 'ip.saddr'],
      threshignore: [prefix('192.0.2.1')],
    });
    const [a, b, c] = ['192.0.2.1', '192.0.2.2', '192.0.2.3'] as const;
    expect(passing({ from: a, to: b }, { from: b, to: a }, { from: b, to: c })).toEqual([2]);
  });

  it('ignores by the source address when the key has no address', () => {
    const { passing } = open({
      threshold: 1,
      threshkey: ['tcp.dport'],
      threshignore: [prefix('192.0.2.1')],
    });
    expect(passing({ ...one, port: 1 }, { ...other, port: 1 }, { port: 1 })).toEqual([1, 2]);
  });

  it('ignores by no address but those of the key', () => {
    const { passing } = open({
      threshold: 1,
      threshkey: ['ip.daddr'],
      threshignore: [prefix('192.0.2.1')],
    });
    expect(passing({ ...one, to: '192.0.2.9' })).toEqual([0]);
  });

  it('counts and logs what it has to forget, once a batch', () => {
    const { passing, filter, log } = open({ threshmax: 2 });
    const sources = [1, 2, 3, 4, 5].map((host) => ({ from: `10.0.0.${host}` }));
    passing(...sources);
    passing(...sources.slice(3));
    passing(...sources.slice(0, 1));
    expect(filter.details?.()).toEqual({ keys: 2, ignored: 0, keyless: 0, evicted: 4 });
    const event = 'counted values forgotten because there are more than threshmax';
    expect(log.lines).toEqual([`counted: ${event}: 3`, `counted: ${event}: 1`]);
  });

  it('has no keys when it is closed', () => {
    const { passing, filter } = open();
    passing(one, other);
    filter.close?.();
    expect(filter.details?.()).toEqual({ keys: 0, ignored: 0, keyless: 0, evicted: 0 });
  });
});
