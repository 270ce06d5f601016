import { describe, expect, test } from 'vitest';
import type { Measurement } from '../../../bench/measure.ts';
import { median, remarks, table } from '../../../bench/report.ts';

const measurement = (cpuPerPacket: number, changes: Partial<Measurement> = {}): Measurement => ({
  cpuPerPacket,
  lost: 0,
  rss: 64 << 20,
  startup: 100,
  idle: 0.01,
  lossFree: { rate: 250_000, generatorBound: false },
  growth: undefined,
  ...changes,
});

const line = (text: string, label: string) =>
  text
    .split('\n')
    .find((row) => row.startsWith(label))
    ?.slice(label.length)
    .trim()
    .split(/\s+/);

describe('table', () => {
  const turns = {
    specter: [measurement(2), measurement(3), measurement(4)],
    ulogd2: [measurement(8), measurement(6), measurement(4)],
  };

  test('shows medians, and the median of the ratios of the pairs', () => {
    expect(line(table('LOGEMU', turns), 'CPU, µs/packet')).toEqual(['3.00', '6.00', '0.50']);
  });

  test('leaves out what was not measured', () => {
    expect(table('LOGEMU', turns)).not.toContain('10 M');
  });

  test('shows one daemon alone without a ratio', () => {
    const text = table('LOGEMU', { specter: turns.specter, ulogd2: [] });
    expect(line(text, 'CPU, µs/packet')).toEqual(['3.00', '–', '–']);
  });
});

test('a generator that was too slow is remarked', () => {
  const bound = { lossFree: { rate: 500_000, generatorBound: true } };
  expect(remarks({ specter: [measurement(1, bound)], ulogd2: [measurement(1)] })).toEqual([
    'specter: its loss-free rate is a lower bound, the generator could send no faster',
  ]);
});

test.each([
  [[], undefined],
  [[3], 3],
  [[9, 1, 2], 2],
  [[4, 1, 2, 9], 3],
])('the median of %j is %s', (values, expected) => {
  expect(median(values)).toBe(expected);
});
