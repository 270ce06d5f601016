import { describe, expect, test } from 'vitest';
import { addOutputs, formatStatistics } from '../../../src/daemon/statistics.ts';

const output = (title: string, written: number, dropped = 0, errors = 0) => ({
  title,
  written,
  dropped,
  errors,
});

describe('statistics', () => {
  test('are a line for the block and one for each output', () => {
    const source = { received: 5, lost: 4, overruns: 3, malformed: 2 };
    const outputs = [output('LOGEMU', 1, 2, 3), output('EXEC one', 0)];
    expect(formatStatistics({ block: 'web', source, decoded: 5, outputs })).toEqual([
      'block web: received 5, decoded 5, lost 4, overruns 3, malformed 2',
      'block web LOGEMU: written 1, dropped 2, errors 3',
      'block web EXEC one: written 0, dropped 0, errors 0',
    ]);
  });

  test('of exchanged outputs go on, and those of removed ones stay', () => {
    const past = [output('LOGEMU', 1, 2, 3), output('OPRINT', 7)];
    const present = [output('LOGEMU', 10, 20, 30), output('EXEC', 5)];
    expect(addOutputs(past, present)).toEqual([
      output('LOGEMU', 11, 22, 33),
      output('OPRINT', 7),
      output('EXEC', 5),
    ]);
    expect(past[0]).toEqual(output('LOGEMU', 1, 2, 3));
  });
});
