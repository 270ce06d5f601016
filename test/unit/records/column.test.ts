import { describe, expect, it } from 'vitest';
import { BytesColumn, NumberColumn, WideColumn } from '../../../src/records/column.ts';

describe('NumberColumn', () => {
  it('tells an absent value from 0', () => {
    const column = new NumberColumn(3);
    column.set(1, 0);
    expect([0, 1, 2].map((row) => column.has(row))).toEqual([false, true, false]);
    expect(column.get(1)).toBe(0);
  });

  it('holds 32 bits without a sign', () => {
    const column = new NumberColumn(1);
    column.set(0, 0xffff_ffff);
    expect(column.get(0)).toBe(4_294_967_295);
  });

  it('forgets the rows it is told to, and no others', () => {
    const column = new NumberColumn(4);
    for (let row = 0; row < 4; row++) column.set(row, row);
    column.clear(2);
    expect([0, 1, 2, 3].map((row) => column.has(row))).toEqual([false, false, true, true]);
    column.clear(4);
    expect([0, 1, 2, 3].map((row) => column.has(row))).toEqual([false, false, false, false]);
  });
});

describe('WideColumn', () => {
  it('keeps both halves', () => {
    const column = new WideColumn(2);
    column.set(1, 0x8000_0001, 0xffff_fffe);
    expect(column.has(0)).toBe(false);
    expect(column.has(1)).toBe(true);
    expect([column.high[1], column.low[1]]).toEqual([0x8000_0001, 0xffff_fffe]);
  });
});

describe('BytesColumn', () => {
  it('refers to bytes without copying them', () => {
    const received = Uint8Array.of(1, 2, 3, 4);
    const column = new BytesColumn(2);
    column.follow(received);
    column.set(1, 2, 2);
    expect(column.has(0)).toBe(false);
    expect([column.offset(1), column.length(1)]).toEqual([2, 2]);
    expect(column.data).toBe(received);
  });

  it('can hold a text of no bytes', () => {
    const column = new BytesColumn(1);
    column.set(0, 7, 0);
    expect(column.has(0)).toBe(true);
    expect(column.length(0)).toBe(0);
  });

  it('keeps storage of its own, whatever the source receives', () => {
    const own = Uint8Array.of(9);
    const column = new BytesColumn(1);
    column.follow(Uint8Array.of(1));
    column.ownData(own);
    column.follow(Uint8Array.of(2));
    expect(column.data).toBe(own);
    const grown = Uint8Array.of(9, 9);
    column.ownData(grown);
    expect(column.data).toBe(grown);
  });
});
