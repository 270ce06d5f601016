import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { ColumnSet } from '../../../src/records/column-set.ts';
import { key } from '../../../src/records/key.ts';
import { columnsOf, RowKey } from '../../../src/records/row-key.ts';

const saddr = key('ip.saddr', 'ip', '');
const dport = key('tcp.dport', 'u16', '');
const inode = key('wide', 'u64', '');
const prefix = key('oob.prefix', 'string', '');
const mac = key('mac.saddr', 'mac', '');

function fixture(...names: string[]) {
  const columns = new ColumnSet(4, [saddr, dport, inode, prefix, mac]);
  return { columns, rowKey: new RowKey(columnsOf(names, columns)) };
}

const written = (rowKey: RowKey, row: number) => {
  const length = rowKey.write(row);
  return length === -1 ? undefined : [...rowKey.bytes.subarray(0, length)];
};

describe('RowKey', () => {
  it('writes each value behind its length', () => {
    const { columns, rowKey } = fixture('ip.saddr', 'tcp.dport', 'wide', 'mac.saddr');
    columns.reset(0, Uint8Array.of(99, 10, 0, 0, 1, 2, 3, 4, 5, 6, 7));
    columns.bytes(saddr).set(2, 1, 4);
    columns.numbers(dport).set(2, 0x80000016);
    columns.wide(inode).set(2, 0x01020304, 0xfffefdfc);
    columns.bytes(mac).set(2, 5, 6);
    expect(written(rowKey, 2)).toEqual([
      ...[4, 10, 0, 0, 1],
      ...[4, 0x80, 0, 0, 0x16],
      ...[8, 1, 2, 3, 4, 0xff, 0xfe, 0xfd, 0xfc],
      ...[6, 2, 3, 4, 5, 6, 7],
    ]);
    expect(rowKey.maxLength).toBe(17 + 5 + 9 + 256);
  });

  it('takes no row that lacks one of the values', () => {
    const { columns, rowKey } = fixture('tcp.dport', 'wide');
    columns.numbers(dport).set(0, 22);
    columns.wide(inode).set(1, 0, 0);
    columns.numbers(dport).set(2, 0);
    columns.wide(inode).set(2, 0, 0);
    expect([0, 1, 2].map((row) => rowKey.write(row))).toEqual([-1, -1, 14]);
  });

  it('takes no row when nobody provides one of the keys', () => {
    const { columns, rowKey } = fixture('tcp.dport', 'never.heard.of');
    columns.numbers(dport).set(0, 22);
    expect(rowKey.write(0)).toBe(-1);
  });

  it('tells an IPv4 address from an IPv6 address', () => {
    const { columns, rowKey } = fixture('ip.saddr');
    columns.reset(0, new Uint8Array(16));
    columns.bytes(saddr).set(0, 0, 4);
    columns.bytes(saddr).set(1, 0, 16);
    expect(written(rowKey, 0)).toEqual([4, 0, 0, 0, 0]);
    expect(written(rowKey, 1)).toEqual([16, ...new Array(16).fill(0)]);
    expect(rowKey.maxLength).toBe(17);
  });

  it('cuts long values', () => {
    const { columns, rowKey } = fixture('oob.prefix', 'tcp.dport');
    columns.reset(0, new Uint8Array(300).fill(7));
    columns.bytes(prefix).set(0, 0, 300);
    columns.numbers(dport).set(0, 1);
    expect(written(rowKey, 0)).toEqual([255, ...new Array(255).fill(7), 4, 0, 0, 0, 1]);
  });

  it('gives two rows the same bytes exactly when their values are the same', () => {
    const value = fc.array(fc.nat(2), { maxLength: 4 });
    fc.assert(
      fc.property(fc.tuple(value, value), fc.tuple(value, value), (one, other) => {
        const { columns, rowKey } = fixture('oob.prefix', 'mac.saddr');
        columns.reset(0, Uint8Array.from([...one, ...other].flat()));
        let offset = 0;
        for (const [row, [first, second]] of [one, other].entries()) {
          columns.bytes(prefix).set(row, offset, first.length);
          columns.bytes(mac).set(row, offset + first.length, second.length);
          offset += first.length + second.length;
        }
        const same = JSON.stringify(one) === JSON.stringify(other);
        expect(JSON.stringify(written(rowKey, 0)) === JSON.stringify(written(rowKey, 1))).toBe(
          same,
        );
      }),
    );
  });
});
