import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { ipv4, raw, udp } from '../../../../support/packets.ts';
import { readPcap } from './capture-reader.ts';
import { at, log, PcapBench, useScratchFolder, written } from './pcap-bench.ts';

useScratchFolder();

const ends = { source: '192.0.2.1', destination: '198.51.100.7' };
const datagram = ipv4(ends, udp({ sourcePort: 53, destinationPort: 4711 }, 'hello'));

/** Bytes in hexadecimal, blanks and all, as they stand in a file. */
const hex = (text: string): string => text.replaceAll(/\s/g, '');

const header = hex('d4c3b2a1 0200 0400 00000000 00000000 ffff0000 65000000');

describe('PCAP, as classic pcap', () => {
  test('has these bytes', async () => {
    const timestamp = at(0x6b3a1c05, 999_999);
    const file = await written({}, { timestamp, payload: datagram });
    expect(file.toString('hex')).toBe(
      header + hex('051c3a6b 3f420f00 21000000 21000000') + datagram.toString('hex'),
    );
  });

  test('has these bytes with nanoseconds and Ethernet', async () => {
    const timestamp = at(1, 999_999);
    const file = await written(
      { pcapprecision: 'nano', pcaplinktype: 'ethernet' },
      { timestamp, payload: datagram },
    );
    expect(file.toString('hex')).toBe(
      hex('4d3cb2a1 0200 0400 00000000 00000000 11000100 01000000') +
        hex('01000000 18c69a3b 2f000000 2f000000 000000000000 000000000000 0800') +
        datagram.toString('hex'),
    );
  });

  test('is a header where there are no packets', async () => {
    expect((await written({})).toString('hex')).toBe(header);
  });

  test('says how long a packet was that was cut short', async () => {
    const packet = ipv4(ends, raw(99, Buffer.alloc(1000)));
    const file = readPcap(await written({}, { payload: packet.subarray(0, 64) }));
    expect(file.packets).toMatchObject([{ original: 1020, data: packet.subarray(0, 64) }]);
  });

  test('takes a packet without a byte', async () => {
    const file = readPcap(await written({}, { payload: Buffer.alloc(0), timestamp: at(1) }));
    expect(file.packets).toEqual([{ time: 1_000_000_000n, original: 0, data: Buffer.alloc(0) }]);
  });

  test('drops what is no IP packet, says why, and counts it', async () => {
    const bench = new PcapBench();
    bench.write(
      { family: 3, protocol: 0x0806, payload: Buffer.alloc(28) },
      { payload: datagram },
      { family: 7, protocol: 0x88cc, payload: Buffer.alloc(20) },
      {},
    );
    await bench.close();
    expect(bench.output.counters).toEqual({ written: 1, dropped: 3, errors: 0 });
    expect(bench.output.details?.()).toEqual({ unfit: 3, rotations: 0 });
    expect(log.lines).toEqual([
      'counted: packets dropped that are neither IPv4 nor IPv6; pcaplinktype ethernet takes them: 3',
    ]);
  });

  test('takes IP packets of bridges, without their VLAN tags', async () => {
    const bridge = { family: 7, protocol: 0x0800, payload: datagram };
    const tagged = Buffer.concat([Buffer.from(hex('0005 8100 0006 0800'), 'hex'), datagram]);
    const file = readPcap(
      await written({}, bridge, { family: 5, protocol: 0x88a8, payload: tagged }),
    );
    expect(file.packets.map(({ data }) => data)).toEqual([datagram, datagram]);
    expect(file.packets.map(({ original }) => original)).toEqual([33, 33]);
  });

  test('has every packet as it was, whatever it is', async () => {
    const packet = fc.record({
      family: fc.constantFrom(2, 3, 5, 7, 10),
      protocol: fc.constantFrom(0, 0x0800, 0x86dd, 0x0806, 0x8100, 0x88a8, 4),
      hook: fc.integer({ min: 0, max: 5 }),
      timestamp: fc.record({
        sec: fc.bigInt({ min: 0n, max: 0xffff_ffffn }),
        usec: fc.bigInt({ min: 0n, max: 999_999n }),
      }),
      payload: fc.oneof(
        fc.uint8Array({ maxLength: 80 }),
        fc.uint8Array({ minLength: 250, maxLength: 700 }),
      ),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(packet, { maxLength: 20 }), async (packets) => {
        const file = readPcap(await written({ pcaplinktype: 'ethernet' }, ...packets));
        expect(file.packets.map(({ data }) => data.subarray(14).toString('hex'))).toEqual(
          packets.map(({ payload }) => Buffer.from(payload).toString('hex')),
        );
        expect(file.packets.map(({ time }) => time)).toEqual(
          packets.map(({ timestamp: { sec, usec } }) => (sec * 1_000_000n + usec) * 1000n),
        );
        for (const { original, data } of file.packets) {
          expect(original).toBeGreaterThanOrEqual(data.length);
        }
      }),
      { numRuns: 60 },
    );
  });
});
