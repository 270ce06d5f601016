import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { base } from '../../../../src/plugins/input/base/index.ts';
import { LogLine } from '../../../../src/plugins/output/log-line.ts';
import { nflog } from '../../../../src/plugins/source/nflog/index.ts';
import { BytesColumn, NumberColumn } from '../../../../src/records/column.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import type { Key } from '../../../../src/records/key.ts';
import { SLACK } from '../../../../src/records/text.ts';

/**
 * Rows with every key of nflog and BASE, whether or not a packet could have them together: what
 * LogLine makes of them bounds what it makes of any packet.
 */
describe('LogLine.MAX_LENGTH', () => {
  const keys: Key[] = [...nflog.provides, ...base.provides];

  /** The length of the line of a row that lacks the keys `absent`. */
  function lengthWithout(absent: readonly string[], byte: number, numbers: number): number {
    const columns = new ColumnSet(1, keys);
    const data = new Uint8Array(4096).fill(byte);
    const writer = new LogLine(columns);
    for (const { key, column } of columns.entries()) {
      if (absent.includes(key.name)) continue;
      if (column instanceof NumberColumn) column.set(0, numbers);
      if (!(column instanceof BytesColumn)) continue;
      column.follow(data);
      column.set(0, 0, key.type === 'ip' ? 16 : 4096);
    }
    // A DataView throws where a write would leave it.
    const room = new DataView(new ArrayBuffer(LogLine.MAX_LENGTH));
    return writer.write(0, room, 0);
  }

  const protocols = [1, 6, 17, 50, 51, 58, 132, 0xffff_ffff];
  const shapes = [
    { name: 'IPv4', absent: [] },
    { name: 'IPv6', absent: ['ip.totlen'] },
    { name: 'ARP', absent: ['ip.totlen', 'ip6.payloadlen'] },
    { name: 'unknown', absent: ['ip.totlen', 'ip6.payloadlen', 'arp.operation'] },
  ];

  test.each(shapes)('is enough for $name, with room for what is stored behind it', ({ absent }) => {
    let longest = 0;
    for (const numbers of [...protocols, 2, 10]) {
      for (const byte of [0x61, 0xff, 0x1b]) {
        longest = Math.max(longest, lengthWithout(absent, byte, numbers));
      }
    }
    expect(longest).toBeLessThanOrEqual(LogLine.MAX_LENGTH - SLACK);
    // Every byte of three texts escaped: the bound is no wild guess.
    expect(longest).toBeGreaterThan(3 * 128 * 4 + 64 * 3);
  });

  test('is enough for any combination of keys and widest values', () => {
    const columns = new ColumnSet(1, keys);
    const writer = new LogLine(columns);
    const data = new Uint8Array(4096).fill(0xff);
    const room = new DataView(new ArrayBuffer(LogLine.MAX_LENGTH));
    const names = keys.map(({ name }) => name);
    const widest = fc.constantFrom(...protocols, 0xffff_fffe);
    fc.assert(
      fc.property(fc.subarray(names), widest, widest, (present, protocol, value) => {
        columns.reset(1, data);
        for (const { key, column } of columns.entries()) {
          if (!present.includes(key.name)) continue;
          if (column instanceof NumberColumn)
            column.set(0, key.name === 'ip.protocol' ? protocol : value);
          if (column instanceof BytesColumn) column.set(0, 0, key.type === 'ip' ? 16 : 128);
        }
        expect(writer.write(0, room, 0)).toBeLessThanOrEqual(LogLine.MAX_LENGTH - SLACK);
      }),
      { numRuns: 2000 },
    );
  });
});
