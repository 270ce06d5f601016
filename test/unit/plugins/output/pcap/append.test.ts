import { openSync, truncateSync } from 'node:fs';
import { copyFile, readFile, rename, stat, symlink, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { tryLockExclusive } from '../../../../../src/libc/flock.ts';
import { ipv4, udp } from '../../../../support/packets.ts';
import { readPcap, readPcapng } from './capture-reader.ts';
import {
  at,
  contents,
  fileName,
  folder,
  log,
  PcapBench,
  type PcapValues,
  useScratchFolder,
} from './pcap-bench.ts';

useScratchFolder();

const packet = (number: number) => ({
  indev: 2,
  prefix: `${number}`,
  timestamp: at(number),
  payload: ipv4(
    { source: '192.0.2.1', destination: '192.0.2.2', id: number },
    udp({ sourcePort: 1, destinationPort: 2 }, 'x'.repeat(number)),
  ),
});

/** Opens the file anew, writes one packet for each number, and closes it. */
async function append(values: Partial<PcapValues>, ...numbers: number[]): Promise<void> {
  const bench = new PcapBench(values);
  bench.write(...numbers.map(packet));
  await bench.close();
}

/** The numbers of the packets in a file of either format. */
function numbersIn(file: Buffer): number[] {
  const packets =
    file.readUInt32LE(0) === 0x0a0d0d0a
      ? readPcapng(file).flatMap((section) => section.packets)
      : readPcap(file).packets;
  return packets.map(({ time }) => Number(time / 1_000_000_000n));
}

const formats = [{ pcapformat: 'pcap' }, { pcapformat: 'pcapng' }] as const;

describe.each(formats)('PCAP, appending to $pcapformat', (values) => {
  test('goes on with a file that is whole', async () => {
    await append(values, 1, 2);
    await append(values, 3);
    expect(numbersIn(await contents())).toEqual([1, 2, 3]);
    expect(log.lines).toEqual([]);
  });

  test('cuts off a last record that is torn, wherever it is', async () => {
    await append(values, 1, 2);
    const before = await contents();
    await append(values, 3);
    const torn = (await contents()).subarray(0, (await contents()).length - tailLength(values));
    const start = before.length + headLength(values);
    for (let length = start + 1; length < torn.length; length++) {
      await writeFile(folder.join(fileName), torn.subarray(0, length));
      await append(values, 4);
      expect(numbersIn(await contents())).toEqual([1, 2, 4]);
    }
    // Descriptions of two interfaces are whole without a packet behind them.
    const wholeBlocks = values.pcapformat === 'pcap' ? 0 : 2;
    expect(log.lines.length).toBe(torn.length - start - 1 - wholeBlocks);
    expect(log.lines[6]).toBe(
      `notice: ${folder.join(fileName)}: cut off 7 bytes, a record that a crash left unfinished`,
    );
  });

  test('begins anew with a head that is torn, wherever it is', async () => {
    await append(values);
    const head = (await contents()).subarray(0, values.pcapformat === 'pcap' ? 24 : 88);
    for (let length = 1; length < head.length; length++) {
      await writeFile(folder.join(fileName), head.subarray(0, length));
      await append(values, 1);
      expect(numbersIn(await contents())).toEqual([1]);
    }
  });

  test('cuts off zeros that a power failure left', async () => {
    await append(values, 1);
    const whole = await contents();
    await writeFile(folder.join(fileName), Buffer.concat([whole, Buffer.alloc(100_000)]));
    await append(values, 2);
    expect(numbersIn(await contents())).toEqual([1, 2]);
    expect(log.lines[0]).toContain(': cut off 100000 bytes, ');
  });

  test('leaves a file alone that is damaged in the middle', async () => {
    await append(values, 1, 2, 3);
    const file = await contents();
    const at = file.indexOf(packet(2).payload) - (values.pcapformat === 'pcap' ? 8 : 38);
    file.writeUInt32LE(0xdead_beef, at);
    await writeFile(folder.join(fileName), file);
    const thing = values.pcapformat === 'pcap' ? 'record' : 'block';
    expect(() => new PcapBench(values)).toThrow(
      new RegExp(
        `^'.*x\\.pcap' is damaged: what stands at byte ${at - (values.pcapformat === 'pcap' ? 8 : 4)} is no ${thing}; nothing was changed in it: move it away, or choose another pcapfile$`,
      ),
    );
    expect(await contents()).toEqual(file);
  });

  test.each(['hello', 'h', '\xd4\xc3X', '\n\r\r!', '{"a":1}'.repeat(100)])(
    'leaves a file alone that is no capture: %j',
    async (text) => {
      await writeFile(folder.join(fileName), text, 'latin1');
      expect(() => new PcapBench(values)).toThrow(`' is no ${values.pcapformat} file; nothing was`);
      expect((await contents()).toString('latin1')).toBe(text);
    },
  );

  test('finds the end of a large file that is torn', async () => {
    await append(values, 1);
    const bench = new PcapBench(values);
    for (let i = 0; i < 100; i++) bench.write(...Array.from({ length: 64 }, () => packet(1000)));
    await bench.close();
    const { size } = await stat(folder.join(fileName));
    truncateSync(folder.join(fileName), size - tailLength(values) - 1);
    await append(values, 2);
    expect(numbersIn(await contents())).toEqual([1, ...Array(6399).fill(1000), 2]);
  });

  test('has no second head after SIGHUP without a rename', async () => {
    const bench = new PcapBench(values);
    bench.write(packet(1));
    bench.output.reopen?.();
    bench.write(packet(2));
    await bench.close();
    const file = await contents();
    expect(numbersIn(file)).toEqual([1, 2]);
    if (values.pcapformat === 'pcapng') expect(readPcapng(file).length).toBe(1);
  });

  test('begins a new file after SIGHUP behind a rename, with every packet once', async () => {
    const bench = new PcapBench(values);
    bench.write(packet(1), packet(2));
    await rename(folder.join(fileName), folder.join('old'));
    bench.write(packet(3));
    bench.output.reopen?.();
    bench.write(packet(4));
    await bench.close();
    const [old, current] = [await contents('old'), await contents()].map(numbersIn);
    expect([...(old ?? []), ...(current ?? [])]).toEqual([1, 2, 3, 4]);
    expect(current).toContain(4);
  });

  test('stays with its file when the new one cannot be gone on with', async () => {
    const bench = new PcapBench(values);
    bench.write(packet(1));
    await rename(folder.join(fileName), folder.join('old'));
    await writeFile(folder.join(fileName), 'something else');
    expect(() => bench.output.reopen?.()).toThrow(/ is no pcap/);
    bench.write(packet(2));
    await bench.close();
    expect(numbersIn(await contents('old'))).toEqual([1, 2]);
    expect((await contents()).toString()).toBe('something else');
  });

  test('begins anew where another program has emptied the file', async () => {
    const bench = new PcapBench(values);
    bench.write(packet(1));
    await expect.poll(() => bench.output.counters.written).toBe(1);
    truncateSync(folder.join(fileName));
    bench.write(packet(2));
    await bench.close();
    expect(numbersIn(await contents())).toEqual([2]);
    expect(log.lines).toEqual([
      `notice: ${folder.join(fileName)} was emptied by another program: beginning it anew; to lose nothing, rename it and send SIGHUP`,
    ]);
  });

  test('waits for the output of the config before, at a reload', async () => {
    const before = new PcapBench(values);
    before.write(packet(1));
    const after = new PcapBench(values);
    after.write(packet(3));
    before.write(packet(2));
    await before.close();
    after.write(packet(4));
    await after.close();
    const file = await contents();
    expect(numbersIn(file)).toEqual([1, 2, 3, 4]);
    if (values.pcapformat === 'pcapng') expect(readPcapng(file).length).toBe(2);
    expect(after.output.counters).toEqual({ written: 2, dropped: 0, errors: 0 });
  });

  test('goes on as before when that reload comes to nothing', async () => {
    const before = new PcapBench(values);
    before.write(packet(1));
    await new PcapBench(values).close();
    const after = new PcapBench(values);
    await before.close();
    after.write(packet(2));
    await after.close();
    expect(numbersIn(await contents())).toEqual([1, 2]);
  });
});

/** What a file has between its packets and those appended; and behind its last packet. */
const headLength = ({ pcapformat }: Partial<PcapValues>) => (pcapformat === 'pcap' ? 0 : 88);
const tailLength = ({ pcapformat }: Partial<PcapValues>) => (pcapformat === 'pcap' ? 0 : 164);

describe('PCAP leaves a file alone', () => {
  const mismatches: readonly (readonly [Partial<PcapValues>, Partial<PcapValues>, string])[] = [
    [{}, { pcapprecision: 'nano' }, 'has times in microseconds, and pcapprecision says nano'],
    [{ pcapprecision: 'nano' }, {}, 'has times in nanoseconds, and pcapprecision says micro'],
    [
      {},
      { pcaplinktype: 'ethernet' },
      'has link type 101 (raw IP), and pcaplinktype says 1 (Ethernet)',
    ],
    [{}, { pcapformat: 'pcapng' }, 'is a pcap file, and pcapformat says pcapng'],
    [{ pcapformat: 'pcapng' }, {}, 'is a pcapng file, and pcapformat says pcap'],
  ];

  test.each(mismatches)('of %j for %j', async (theirs, ours, reason) => {
    await append(theirs, 1);
    const before = await contents();
    const path = folder.join(fileName);
    expect(() => new PcapBench(ours)).toThrow(
      `'${path}' ${reason}; nothing was changed in it: move it away, or choose another pcapfile`,
    );
    expect(await contents()).toEqual(before);
  });

  test.each<readonly [Partial<PcapValues>, number, string, string]>([
    [{}, 0, 'a1b2c3d4', 'is a pcap file in the byte order of another machine (big-endian)'],
    [{}, 4, '0300', 'is a pcap file of version 3.4'],
    [{}, 16, '40000000', 'holds packets of at most 64 bytes (snaplen), and they may have 65535'],
    [{}, 20, '71000000', 'has link type 113 (Linux cooked), and pcaplinktype says 101 (raw IP)'],
    [{}, 20, '12345678', 'has link type 2018915346, and pcaplinktype says 101 (raw IP)'],
    [
      { pcapformat: 'pcapng' },
      8,
      '1a2b3c4d',
      'is a pcapng file in the byte order of another machine (big-endian)',
    ],
    [{ pcapformat: 'pcapng' }, 12, '0200', 'is a pcapng file of version 2.0'],
    [
      { pcapformat: 'pcapng' },
      96,
      '6500',
      'has link type 101 (raw IP), and pcaplinktype says 1 (Ethernet)',
    ],
    [
      { pcapformat: 'pcapng' },
      100,
      '00000400',
      'has an interface of snaplen 262144; libpcap reads it beside none of 65553',
    ],
  ])('%j with, at byte %i, %s', async (values, position, change, reason) => {
    await append(values, 1);
    const file = await contents();
    file.write(change, position, 'hex');
    await writeFile(folder.join(fileName), file);
    expect(() => new PcapBench(values)).toThrow(`${fileName}' ${reason}; nothing was changed`);
    expect(await contents()).toEqual(file);
  });

  test('that another process writes to', async () => {
    await append({}, 1);
    expect(tryLockExclusive(openSync(folder.join(fileName), 'r'))).toBe(true);
    expect(() => new PcapBench()).toThrow(
      `'${folder.join(fileName)}' is being written by another process; choose another pcapfile`,
    );
  });

  test('that another block writes to, under whatever name', async () => {
    const first = new PcapBench();
    expect(() => new PcapBench({}, '6')).toThrow(
      `'${folder.join(fileName)}' is already written by PCAP of block 5; give each a pcapfile of its own`,
    );
    await symlink(fileName, folder.join('link'));
    expect(() => new PcapBench({ pcapfile: folder.join('link') }, '6')).toThrow(
      'is being written by another process',
    );
    await first.close();
    await append({}, 1);
    expect(numbersIn(await contents())).toEqual([1]);
  });
});

test('PCAP goes on with a file of ulogd2, whatever its time zone', async () => {
  await append({}, 1);
  const file = await contents();
  file.writeInt32LE(-3600, 8);
  file.writeUInt32LE(65_536, 16);
  await writeFile(folder.join(fileName), file);
  await append({}, 2);
  const result = await readFile(folder.join(fileName));
  expect(result.subarray(0, file.length)).toEqual(file);
  await copyFile(folder.join(fileName), folder.join('checked'));
  result.writeInt32LE(0, 8);
  expect(numbersIn(result)).toEqual([1, 2]);
});

test('PCAP may be closed twice', async () => {
  const bench = new PcapBench();
  await Promise.all([bench.close(), bench.close()]);
  await bench.close();
});
