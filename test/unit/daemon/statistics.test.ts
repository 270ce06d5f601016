import { describe, expect, test } from 'vitest';
import { addStages, formatStatistics } from '../../../src/daemon/statistics.ts';

const output = (title: string, written: number, dropped = 0, errors = 0) => ({
  title,
  counts: { written, dropped, errors },
});

describe('statistics', () => {
  test('are a line for the block and one for each filter and output', () => {
    const source = { received: 5, lost: 4, overruns: 3, malformed: 2 };
    const filter = { title: 'KNOCK ssh', counts: { seen: 5, passed: 1, 'timed out': 2 } };
    const stages = [output('LOGEMU', 1, 2, 3), filter, output('EXEC one', 0)];
    expect(formatStatistics({ block: 'web', source, decoded: 5, stages })).toEqual([
      'block web: received 5, decoded 5, lost 4, overruns 3, malformed 2',
      'block web LOGEMU: written 1, dropped 2, errors 3',
      'block web KNOCK ssh: seen 5, passed 1, timed out 2',
      'block web EXEC one: written 0, dropped 0, errors 0',
    ]);
  });

  test('of exchanged stages go on, and those of removed ones stay', () => {
    const past = [output('LOGEMU', 1, 2, 3), output('OPRINT', 7)];
    const present = [output('LOGEMU', 10, 20, 30), output('EXEC', 5)];
    expect(addStages(past, present)).toEqual([
      output('LOGEMU', 11, 22, 33),
      output('OPRINT', 7),
      output('EXEC', 5),
    ]);
    expect(past[0]).toEqual(output('LOGEMU', 1, 2, 3));
  });

  test('keep counts that only one of two stages has', () => {
    const past = [{ title: 'EXEC', counts: { written: 1, late: 2 } }];
    const present = [{ title: 'EXEC', counts: { written: 1, early: 3 } }];
    expect(addStages(past, present)).toEqual([
      { title: 'EXEC', counts: { written: 2, late: 2, early: 3 } },
    ]);
  });
});
