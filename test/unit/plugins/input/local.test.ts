import { afterEach, expect, test, vi } from 'vitest';
import { local } from '../../../../src/plugins/input/local.ts';
import { Batch } from '../../../../src/records/batch.ts';
import { ColumnSet } from '../../../../src/records/column-set.ts';
import { fakeContext, fakeHost } from '../fake-context.ts';

afterEach(() => {
  vi.useRealTimers();
});

test('LOCAL tells when and where a packet was logged', () => {
  const columns = new ColumnSet(4, local.provides);
  const host = { ...fakeHost(), hostname: 'zürich' };
  const input = local.open(fakeContext(columns, {}, { host }));
  const batch = new Batch(columns);
  batch.begin(Buffer.alloc(8));
  batch.count = 2;
  vi.useFakeTimers({ toFake: ['Date'], now: 1_700_000_000_999 });
  input.fill(batch);
  const [time, name] = [columns.readNumbers('local.time'), columns.readBytes('local.hostname')];
  for (const row of [0, 1]) {
    expect(time.get(row)).toBe(1_700_000_000);
    const bytes = name.data.subarray(name.offset(row), name.offset(row) + name.length(row));
    expect(Buffer.from(bytes).toString('utf8')).toBe('zürich');
  }
  expect([time.has(2), name.has(2)]).toEqual([false, false]);
});
