import { readFile } from 'node:fs/promises';
import { release } from 'node:os';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  Interfaces,
  MAX_INTERFACES,
} from '../../../../../src/plugins/output/pcap/pcapng/interfaces.ts';
import { version } from '../../../../../src/version.ts';
import { ipv4, udp } from '../../../../support/packets.ts';
import { FakeLinks } from '../../fake-context.ts';
import { readPcapng } from './capture-reader.ts';
import {
  at,
  contents,
  fileName,
  folder,
  links,
  PcapBench,
  useScratchFolder,
  written,
} from './pcap-bench.ts';

useScratchFolder();

const payload = ipv4(
  { source: '192.0.2.1', destination: '192.0.2.2' },
  udp({ sourcePort: 1, destinationPort: 2 }, 'x'),
);
const pcapformat = 'pcapng' as const;
const hex = (text: string): string => text.replaceAll(/\s/g, '');

describe('PCAP, as pcapng', () => {
  test('has these bytes for an interface and a packet', async () => {
    const timestamp = at(0x6b3a1c05, 999_999);
    const file = await written({ pcapformat }, { timestamp, payload, indev: 2, prefix: 'in: ' });
    const interface1 = hex(
      '01000000 28000000 0100 0000 11000100 0200 0400 65746830 0900 0100 06000000 0000 0000 28000000',
    );
    const packet =
      hex(`06000000 60000000 01000000 27640600 7f8d1a6e 2b000000 2b000000
           000000000000 000000000000 0800`) +
      payload.toString('hex') +
      hex('00 0100 0400 696e3a20 0200 0400 01000000 0000 0000 60000000');
    expect(file.toString('hex')).toContain(interface1 + packet);
  });

  test('says where it comes from', async () => {
    const [section] = readPcapng(await written({ pcapformat }));
    expect(section?.options).toEqual({
      2: process.arch,
      3: `Linux ${release()}`,
      4: `specter ${version}`,
    });
    expect(section?.interfaces).toMatchObject([
      { name: 'nflog:5', linkType: 1, snaplen: 65_553, tsresol: 6 },
    ]);
  });

  test('has interfaces, directions and prefixes', async () => {
    const file = await written(
      { pcapformat },
      { hook: 1, indev: 2, payload, prefix: 'in' },
      { hook: 3, outdev: 3, payload, prefix: Buffer.from('a\xff\n', 'latin1') },
      { hook: 2, indev: 2, outdev: 3, payload, prefix: 'grüße' },
      { hook: 4, indev: 2, outdev: 3, payload },
      { hook: 1, indev: 77, payload, prefix: '' },
      { family: 3, hook: 1, protocol: 0x0806, outdev: 2, payload: Buffer.alloc(28) },
      { family: 5, hook: 0, indev: 2, payload },
      { hook: 1, payload },
    );
    const [section] = readPcapng(file);
    const shown = section?.packets.map((packet) => [
      packet.interface,
      packet.flags,
      packet.comment,
    ]);
    expect(shown).toEqual([
      ['eth0', 1, 'in'],
      ['wlan0', 2, 'a\\xff\\x0a'],
      ['eth0', 1, 'grüße'],
      ['wlan0', 2, undefined],
      ['if77', 1, undefined],
      ['eth0', 2, undefined],
      ['eth0', 1, undefined],
      ['nflog:5', 1, undefined],
    ]);
    expect(section?.interfaces.map(({ name, statistics }) => [name, statistics])).toEqual([
      ['nflog:5', { 4: 1n, 5: 0n, 7: 0n }],
      ['eth0', { 4: 4n, 5: 0n }],
      ['wlan0', { 4: 2n, 5: 0n }],
      ['if77', { 4: 1n, 5: 0n }],
    ]);
  });

  test('has times to the nanosecond', async () => {
    const timestamp = at(0xffff_ffff, 999_999);
    const file = await written({ pcapformat, pcapprecision: 'nano' }, { timestamp, payload });
    const [section] = readPcapng(file);
    expect(section?.interfaces[0]?.tsresol).toBe(9);
    expect(section?.packets[0]?.time).toBe(4_294_967_295_999_999_000n);
  });

  test('counts what the kernel lost between packets', async () => {
    const bench = new PcapBench({ pcapformat });
    bench.write({ seq: 5, payload }, { seq: 6, payload }, { seq: 10, payload });
    bench.write({ seq: 11, payload });
    bench.write({ seq: 0xffff_ffff, payload }, { seq: 1, payload });
    await bench.close();
    expect(readPcapng(await contents())[0]?.interfaces[0]?.statistics).toMatchObject({ 7: 4n });
  });

  test('begins a new section in a file that has one, with statistics of its own', async () => {
    for (const indev of [2, 3]) {
      const bench = new PcapBench({ pcapformat });
      bench.write({ payload, indev });
      await bench.close();
    }
    const sections = readPcapng(await contents());
    expect(sections.map(({ packets }) => packets.map((each) => each.interface))).toEqual([
      ['eth0'],
      ['wlan0'],
    ]);
    for (const { interfaces } of sections) {
      expect(interfaces.every(({ statistics }) => statistics)).toBe(true);
    }
  });

  test('describes the interfaces again at the beginning of a new file', async () => {
    const bench = new PcapBench({ pcapformat });
    bench.write({ payload, indev: 2 });
    const { rename } = await import('node:fs/promises');
    await rename(folder.join(fileName), folder.join('old'));
    bench.output.reopen?.();
    bench.write({ payload, indev: 2 }, { payload, indev: 3 });
    await bench.close();
    const packets = (bytes: Buffer) =>
      readPcapng(bytes).flatMap((section) => section.packets.map((each) => each.interface));
    const all = [...packets(await readFile(folder.join('old'))), ...packets(await contents())];
    expect(all).toEqual(['eth0', 'eth0', 'wlan0']);
  });

  test('takes an interface that was renamed for another one', async () => {
    const bench = new PcapBench({ pcapformat });
    bench.write({ payload, indev: 2 });
    links.rename(2, 'lan\x1b[0m\xe9');
    bench.write({ payload, indev: 2 });
    links.rename(2, 'eth0');
    bench.write({ payload, indev: 2 });
    await bench.close();
    const [section] = readPcapng(await contents());
    expect(section?.packets.map((each) => each.interface)).toEqual([
      'eth0',
      'lan\\x1b[0mé',
      'eth0',
    ]);
    expect(section?.interfaces.length).toBe(3);
  });

  test('is well-formed for any prefix and length', async () => {
    const packet = fc.record({
      payload: fc.uint8Array({ maxLength: 70 }),
      prefix: fc.uint8Array({ maxLength: 128 }),
      indev: fc.integer({ min: 0, max: 5 }),
      timestamp: fc.record({
        sec: fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
        usec: fc.bigInt({ min: 0n, max: 999_999n }),
      }),
    });
    await fc.assert(
      fc.asyncProperty(
        fc.array(packet, { maxLength: 20 }),
        fc.constantFrom('micro' as const, 'nano' as const),
        async (packets, pcapprecision) => {
          const [section] = readPcapng(await written({ pcapformat, pcapprecision }, ...packets));
          const found = section?.packets ?? [];
          expect(found.map(({ data }) => data.subarray(14).toString('hex'))).toEqual(
            packets.map((each) => Buffer.from(each.payload).toString('hex')),
          );
          expect(found.map(({ time }) => time)).toEqual(
            packets.map(({ timestamp: { sec, usec } }) => (sec * 1_000_000n + usec) * 1000n),
          );
        },
      ),
      { numRuns: 60 },
    );
  });
});

test('Interfaces beyond the bound count as those of the group', () => {
  const names = new FakeLinks();
  const interfaces = new Interfaces(names, { linkType: 1, snaplen: 65_553, tsresol: 6 }, 'nflog:5');
  for (let index = 1; index < MAX_INTERFACES; index++) {
    const found = interfaces.find(index);
    expect(found).not.toBe(interfaces.group);
    interfaces.describe(found, index);
  }
  expect(interfaces.find(MAX_INTERFACES)).toBe(interfaces.group);
  expect(interfaces.find(1)).not.toBe(interfaces.group);
  expect(interfaces.describedBefore(10).map(({ id }) => id)).toEqual([
    0, 1, 2, 3, 4, 5, 6, 7, 8, 9,
  ]);
});
