import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { LruTable } from '../../../src/records/lru-table.ts';

const bytes = (...values: number[]) => Uint8Array.from(values);

describe('LruTable', () => {
  it('finds what was inserted and nothing else', () => {
    const table = new LruTable(4, 3);
    const slot = table.insert(bytes(1, 2, 3), 3);
    expect(table.find(bytes(1, 2, 3), 3)).toBe(slot);
    expect(table.find(bytes(1, 2, 4), 3)).toBe(-1);
    expect(table.find(bytes(1, 2, 3), 2)).toBe(-1);
    expect(table.size).toBe(1);
  });

  it('copies keys', () => {
    const table = new LruTable(1, 1);
    const key = bytes(1);
    const slot = table.insert(key, 1);
    key[0] = 2;
    expect(table.find(bytes(1), 1)).toBe(slot);
    expect(table.find(key, 1)).toBe(-1);
  });

  it('drops the least recently used key when it is full, and counts that', () => {
    const table = new LruTable(2, 1);
    const first = table.insert(bytes(1), 1);
    const second = table.insert(bytes(2), 1);
    table.find(bytes(1), 1);
    expect(table.insert(bytes(3), 1)).toBe(second);
    expect([1, 2, 3].map((key) => table.find(bytes(key), 1))).toEqual([first, -1, second]);
    expect([table.size, table.evictions]).toEqual([2, 1]);
  });

  it('uses the slot of a removed key again before it drops another', () => {
    const table = new LruTable(2, 1);
    const first = table.insert(bytes(1), 1);
    const second = table.insert(bytes(2), 1);
    table.remove(first);
    expect(table.size).toBe(1);
    expect(table.insert(bytes(3), 1)).toBe(first);
    expect(table.find(bytes(2), 1)).toBe(second);
    expect(table.evictions).toBe(0);
  });

  it('takes keys without bytes', () => {
    const table = new LruTable(1, 0);
    expect(table.find(bytes(), 0)).toBe(-1);
    expect(table.find(bytes(), table.insert(bytes(), 0))).toBe(0);
  });

  it('refuses impossible sizes', () => {
    expect(() => new LruTable(0, 4)).toThrow(
      new RangeError('a table of 0 slots: 1 to 16777216 are possible'),
    );
    expect(() => new LruTable(1, -1)).toThrow(
      new RangeError('keys of -1 bytes: 0 to 65535 are possible'),
    );
  });

  it('behaves as a Map that is kept in order of use', () => {
    const step = fc.record({
      action: fc.constantFrom('use', 'use', 'use', 'find', 'remove', 'clear'),
      key: fc.uint8Array({ maxLength: 2, max: 3 }),
    });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 9 }), fc.array(step, { maxLength: 200 }), run),
      { numRuns: 500 },
    );
  });
});

/** Does the same with a table and with a Map from key to slot, oldest first. */
function run(capacity: number, steps: { action: string; key: Uint8Array }[]): void {
  const table = new LruTable(capacity, 2);
  const model = new Map<string, number>();
  let evictions = 0;
  for (const { action, key } of steps) {
    const name = key.join('.');
    if (action === 'clear') {
      table.clear();
      model.clear();
      continue;
    }
    const known = model.get(name);
    const slot = table.find(key, key.length);
    expect(slot).toBe(known ?? -1);
    if (known !== undefined) {
      model.delete(name);
      if (action === 'remove') table.remove(known);
      else model.set(name, known);
    } else if (action === 'use') {
      if (model.size === capacity) {
        evictions++;
        const [oldest = ''] = model.keys();
        model.delete(oldest);
      }
      const fresh = table.insert(key, key.length);
      expect([...model.values()]).not.toContain(fresh);
      expect(fresh).toBeLessThan(capacity);
      model.set(name, fresh);
    }
    expect(inOrderOfUse(table)).toEqual([...model.values()]);
    expect([table.size, table.evictions]).toEqual([model.size, evictions]);
  }
}

function inOrderOfUse(table: LruTable): number[] {
  const slots: number[] = [];
  for (let slot = table.oldest(); slot !== -1; slot = table.newerThan(slot)) slots.push(slot);
  return slots;
}
