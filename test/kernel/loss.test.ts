import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numberedPort,
  numberingRules,
  numbersOf,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';

const missing = requireKernel();

const config = (folder: string): string => `global {
  rmem 4K
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  logemusync
}
`;

describe.skipIf(missing)(title('loss', missing), () => {
  test('is counted exactly, told at most once a second, and in the closing statistics', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5 queue-threshold 1' }));
    await using specter = await startSpecter({ namespace, config });
    const rounds = 3;
    const burst = 2000;
    for (let round = 1; round <= rounds; round++) {
      specter.signal('SIGSTOP');
      await sendNumbered(namespace, burst);
      specter.signal('SIGCONT');
      await specter.waitForLog(new RegExp(`overruns of the receive buffer.* \\(total ${round}\\)`));
      // Numbers tell of a gap only with what comes behind it.
      await sendNumbered(namespace, 1);
    }
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    const lines = await specter.lines('packets.log');
    const numbers = numbersOf(lines);
    const sent = rounds * (burst + 1);
    expect(numbers.at(-1)).toBe(sent - 1);
    const { received = 0, lost = 0, overruns = 0, ...rest } = lastStatistics(stderr)[5] ?? {};
    expect(rest).toEqual({
      decoded: lines.length,
      malformed: 0,
      stages: { LOGEMU: { written: lines.length, dropped: 0, errors: 0 } },
    });
    expect(received).toBe(lines.length);
    expect(received + lost).toBe(sent);
    expect(lost).toBeGreaterThan(0);
    expect(overruns).toBe(rounds);
    expect(numbers).toEqual([...new Set(numbers)].sort((a, b) => a - b));
    const reports = [...stderr.matchAll(/^(\S+) error .*packets lost.*: (\d+) \(total (\d+)\)$/gm)];
    expect(reports.reduce((sum, [, , count]) => sum + Number(count), 0)).toBe(lost);
    expect(Number(reports.at(-1)?.[3])).toBe(lost);
    const times = reports.slice(0, -1).map(([, time = '']) => Date.parse(time));
    const gaps = times.slice(1).map((time, index) => time - (times[index] ?? 0));
    for (const gap of gaps) expect(gap).toBeGreaterThanOrEqual(990);
  });

  test('behind the last packet received is told, though nothing can count it', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5 queue-threshold 1' }));
    await using specter = await startSpecter({ namespace, config });
    specter.signal('SIGSTOP');
    await sendNumbered(namespace, 2000);
    specter.signal('SIGTERM');
    const { code, stderr } = await specter.stop('SIGCONT');
    expect(code).toBe(0);
    const { lost, overruns } = lastStatistics(stderr)[5] ?? {};
    expect({ lost, overruns }).toEqual({ lost: 0, overruns: 1 });
    expect(stderr).toContain(
      'packets were lost after the last one received; their number is unknown',
    );
  });
});
