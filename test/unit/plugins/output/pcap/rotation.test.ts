import { mkdir, readdir, readFile, rm, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { check, type PcapValues } from '../../../../../src/plugins/output/pcap/options.ts';
import { Rotation } from '../../../../../src/plugins/output/pcap/rotation.ts';
import { rotationLimits } from '../../../../../src/plugins/output/pcap/rotation-options.ts';
import { ipv4, raw } from '../../../../support/packets.ts';
import { readPcap, readPcapng } from './capture-reader.ts';
import { at, fileName, folder, log, PcapBench, useScratchFolder } from './pcap-bench.ts';

useScratchFolder();

/** 1000 bytes in a file of link type raw. */
const packet = (number: number) => ({
  indev: 2,
  timestamp: at(number),
  payload: ipv4({ source: '192.0.2.1', destination: '192.0.2.2' }, raw(99, Buffer.alloc(964))),
});

const files = async (): Promise<string[]> => (await readdir(folder.path)).sort();

async function numbersIn(name: string): Promise<number[]> {
  const bytes = await readFile(folder.join(name));
  const packets =
    bytes.readUInt32LE(0) === 0x0a0d0d0a
      ? readPcapng(bytes).flatMap((section) => section.packets)
      : readPcap(bytes).packets;
  return packets.map(({ time }) => Number(time / 1_000_000_000n));
}

const limit = 20_000;

describe('PCAP, rotating by size', () => {
  test('begins a new file before the packet that would make it too large', async () => {
    const bench = new PcapBench({ pcaprotate: ['64K'] });
    for (let i = 0; i < 200; i += 50) {
      bench.write(...Array.from({ length: 50 }, (_, j) => packet(i + j)));
    }
    await bench.close();
    expect(await files()).toEqual(['x.pcap', 'x.pcap.1', 'x.pcap.2', 'x.pcap.3']);
    const counts = await Promise.all(
      ['x.pcap.3', 'x.pcap.2', 'x.pcap.1', 'x.pcap'].map((name) => numbersIn(name)),
    );
    expect(counts.map(({ length }) => length)).toEqual([65, 65, 65, 5]);
    expect(counts.flat()).toEqual(Array.from({ length: 200 }, (_, i) => i));
    expect((await stat(folder.join('x.pcap.1'))).size).toBe(24 + 65 * 1000);
    expect(bench.output.details?.()).toEqual({ unfit: 0, rotations: 3 });
    expect(bench.output.counters).toEqual({ written: 200, dropped: 0, errors: 0 });
  });

  test('counts what the file had before', async () => {
    const values = { pcaprotate: ['64K'] };
    for (let i = 0; i < 100; i += 10) {
      const bench = new PcapBench(values);
      bench.write(...Array.from({ length: 10 }, (_, j) => packet(i + j)));
      await bench.close();
    }
    expect((await numbersIn('x.pcap.1')).length).toBe(65);
    expect((await numbersIn('x.pcap')).length).toBe(35);
  });

  test('counts anew after SIGHUP', async () => {
    const bench = new PcapBench({ pcaprotate: ['64K'] });
    bench.write(...Array.from({ length: 60 }, (_, j) => packet(j)));
    await expect.poll(() => bench.output.counters.written).toBe(60);
    await rm(folder.join(fileName));
    bench.output.reopen?.();
    bench.write(...Array.from({ length: 60 }, (_, j) => packet(60 + j)));
    await bench.close();
    expect(await files()).toEqual(['x.pcap']);
    expect((await numbersIn('x.pcap')).length).toBe(60);
  });

  test('keeps as many as it should, and deletes those of a time when it kept more', async () => {
    for (const number of [1, 2, 3, 4, 5, 6]) await folder.write(`x.pcap.${number}`, `${number}`);
    const bench = new PcapBench({ pcaprotate: ['64K'], pcapkeep: 3 });
    for (let i = 0; i < 70; i += 10) {
      bench.write(...Array.from({ length: 10 }, (_, j) => packet(i + j)));
    }
    await bench.close();
    expect(await files()).toEqual(['x.pcap', 'x.pcap.1', 'x.pcap.2', 'x.pcap.3']);
    expect((await numbersIn('x.pcap.1')).length).toBe(65);
    expect(await readFile(folder.join('x.pcap.2'), 'utf8')).toBe('1');
    expect(await readFile(folder.join('x.pcap.3'), 'utf8')).toBe('2');
  });

  test('keeps one', async () => {
    const bench = new PcapBench({ pcaprotate: ['64K'], pcapkeep: 1 });
    for (let i = 0; i < 200; i += 50) {
      bench.write(...Array.from({ length: 50 }, (_, j) => packet(i + j)));
    }
    await bench.close();
    expect(await files()).toEqual(['x.pcap', 'x.pcap.1']);
  });

  test('goes on with the old file when it cannot be renamed, and tries again later', async () => {
    const bench = new PcapBench({ pcaprotate: ['64K'], pcapkeep: 1 });
    await mkdir(folder.join('x.pcap.1/full'), { recursive: true });
    bench.write(...Array.from({ length: 60 }, (_, j) => packet(j)));
    bench.write(...Array.from({ length: 60 }, (_, j) => packet(60 + j)));
    await expect.poll(() => bench.output.counters.written).toBe(120);
    await rm(folder.join('x.pcap.1'), { recursive: true });
    bench.write(...Array.from({ length: 60 }, (_, j) => packet(120 + j)));
    await bench.close();
    expect((await numbersIn('x.pcap.1')).length).toBe(130);
    expect((await numbersIn('x.pcap')).length).toBe(50);
    expect(bench.output.counters).toEqual({ written: 180, dropped: 0, errors: 1 });
    expect(log.lines).toEqual([
      expect.stringMatching(
        /^error: cannot begin a new file, going on with \S+x\.pcap: E\w+: .*, rename '\S+x\.pcap' -> '\S+x\.pcap\.1'$/,
      ),
    ]);
  });

  test('describes interfaces in each file of pcapng', async () => {
    const bench = new PcapBench({ pcaprotate: ['64K'], pcapformat: 'pcapng' });
    for (let i = 0; i < 200; i += 50) {
      bench.write(...Array.from({ length: 50 }, (_, j) => packet(i + j)));
    }
    await bench.close();
    const names = await files();
    expect(names.length).toBe(4);
    const numbers: number[] = [];
    for (const name of names.toReversed().filter((each) => each !== fileName)) {
      expect((await stat(folder.join(name))).size).toBeLessThanOrEqual(65_536 + 1000);
      const sections = readPcapng(await readFile(folder.join(name)));
      expect(sections.length).toBe(1);
      expect(sections[0]?.packets.every((each) => each.interface === 'eth0')).toBe(true);
      numbers.push(...(await numbersIn(name)));
    }
    numbers.push(...(await numbersIn(fileName)));
    expect(numbers).toEqual(Array.from({ length: 200 }, (_, i) => i));
  });

  test('refuses what is no regular file', () => {
    expect(() => new PcapBench({ pcapfile: '/dev/null', pcaprotate: ['64K'] })).toThrow(
      "'/dev/null' is no regular file and cannot be rotated; choose another pcapfile, or leave out pcaprotate",
    );
  });
});

describe('PCAP, rotating by age', () => {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['Date'] });
  });
  afterEach(() => {
    vi.useRealTimers();
  });

  test('begins a new file with the first packet that comes late enough', async () => {
    const start = Date.now();
    const bench = new PcapBench({ pcaprotate: ['1h'] });
    bench.write(packet(1));
    vi.setSystemTime(start + 3_500_000);
    bench.write(packet(2));
    vi.setSystemTime(start + 3_700_000);
    bench.write(packet(3), packet(4));
    vi.setSystemTime(start + 9_000_000);
    bench.write(packet(5));
    await bench.close();
    const names = ['x.pcap.2', 'x.pcap.1', 'x.pcap'];
    expect(await Promise.all(names.map(numbersIn))).toEqual([[1, 2], [3, 4], [5]]);
  });

  test('makes no empty files', async () => {
    const start = Date.now();
    const bench = new PcapBench({ pcaprotate: ['1h'] });
    vi.setSystemTime(start + 4_000_000);
    bench.write(packet(1));
    vi.setSystemTime(start + 7_000_000);
    bench.write(packet(2));
    await bench.close();
    expect(await files()).toEqual(['x.pcap']);
  });
});

describe('Rotation', () => {
  const start = { passed: 0, size: 24, hasRecords: false, born: 1000 };

  test('has room for one record, however large', () => {
    const rotation = new Rotation({ size: limit, age: undefined }, 0);
    rotation.began(start);
    expect(rotation.isFull(limit)).toBe(false);
    rotation.add(100);
    expect([rotation.isFull(limit - 124), rotation.isFull(limit - 123)]).toEqual([false, true]);
  });

  test('takes no notice of a file that later records do not go to', () => {
    const rotation = new Rotation({ size: 1000, age: 500 }, 0);
    rotation.began(start);
    rotation.add(900);
    rotation.turned(2000);
    rotation.add(100);
    rotation.began({ passed: 400, size: 24, hasRecords: false, born: 1500 });
    expect([rotation.isFull(900), rotation.isOld(2499)]).toEqual([false, false]);
    rotation.began({ passed: 900, size: 24, hasRecords: false, born: 2100 });
    expect([rotation.isFull(876), rotation.isFull(877), rotation.isOld(2599)]).toEqual([
      false,
      true,
      false,
    ]);
    expect(rotation.isOld(2600)).toBe(true);
  });

  test('knows the age of a file that has records', () => {
    const rotation = new Rotation({ size: undefined, age: 500 }, 10_000);
    rotation.began({ ...start, hasRecords: true });
    expect(rotation.isOld(10_000)).toBe(true);
  });
});

describe('pcaprotate', () => {
  test.each<readonly [string[], number | undefined, number | undefined]>([
    [['100M'], 100 * 2 ** 20, undefined],
    [['64k'], 65_536, undefined],
    [['1.5G'], 1.5 * 2 ** 30, undefined],
    [['1GB'], 2 ** 30, undefined],
    [['64KiB'], 65_536, undefined],
    [['30s'], undefined, 30_000],
    [['15min'], undefined, 900_000],
    [['1h'], undefined, 3_600_000],
    [['7d'], undefined, 604_800_000],
    [['1d', '2G'], 2 ** 31, 86_400_000],
  ])('takes %j', (words, size, age) => {
    expect(rotationLimits(words)).toEqual({ size, age });
    expect(problems({ pcaprotate: words })).toEqual([]);
  });

  test.each<readonly [string[], number, string]>([
    [['100m'], 0, 'not "100m": write 100M for mebibytes or 100min for minutes'],
    [['100'], 0, 'not "100": write a size as 100M, a time as 30s, 15min, 1h or 7d'],
    [['1h', '1w'], 1, 'not "1w": write a size as 100M, a time as 30s, 15min, 1h or 7d'],
    [['toString'], 0, 'not "toString": write a size as 100M, a time as 30s, 15min, 1h or 7d'],
    [['1toString'], 0, 'not "1toString": write a size as 100M, a time as 30s, 15min, 1h or 7d'],
    [['1K'], 0, 'not "1K": the smallest size is 64K'],
    [['0.5s'], 0, 'not "0.5s": the shortest time is 1s'],
    [['-1h'], 0, 'not "-1h": write a size as 100M, a time as 30s, 15min, 1h or 7d'],
  ])('does not take %j', (words, item, message) => {
    expect(problems({ pcaprotate: words })).toEqual([
      { option: 'pcaprotate', item, message: `pcaprotate takes a size or a time, ${message}` },
    ]);
  });

  test('does not take two of a kind', () => {
    expect(problems({ pcaprotate: ['1M', '2M'] })).toEqual([
      { option: 'pcaprotate', item: 1, message: 'pcaprotate takes one size, not two' },
    ]);
  });
});

test('raw packets do not go with pcapng, which tcpdump could not read', () => {
  expect(problems({ pcapformat: 'pcapng', pcaplinktype: 'raw' })).toEqual([
    {
      option: 'pcaplinktype',
      message:
        'tcpdump cannot read pcapng with raw packets of more than one interface: use ethernet',
    },
  ]);
  expect(problems({ pcapformat: 'pcapng' })).toEqual([]);
});

function problems(values: Partial<PcapValues>) {
  return check({
    pcapfile: '/x',
    pcapsync: false,
    pcapformat: 'pcap',
    pcaplinktype: undefined,
    pcapprecision: 'micro',
    pcaprotate: undefined,
    pcapkeep: 10,
    ...values,
  });
}
