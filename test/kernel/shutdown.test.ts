import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numbered,
  numberedPort,
  numberingRules,
  numbersOf,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel();
const noRoot = missing ?? (runsAsRoot ? undefined : 'only root can become another user');

const config = (folder: string): string => `global {
  rmem 32M
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
}
`;

describe.skipIf(missing)(title('the end', missing), () => {
  /** Sends without end until specter, asked to stop in the middle of it, has done so. */
  async function stopUnderLoad(signal: NodeJS.Signals, args: readonly string[]): Promise<void> {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({ namespace, config, args });
    const load = sendNumbered(namespace, 100_000, { rate: 50_000 });
    await specter.waitForLines('packets.log', 10_000);
    const { code, stderr } = await specter.stop(signal);
    await load;
    expect(code).toBe(0);
    expect(stderr).toContain(`${signal}: stopping`);
    const lines = await specter.lines('packets.log');
    // All that the kernel logged until it was told to stop, without a gap.
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(lines.length) });
    expect(numbersOf(lines)).toEqual(range(0, lines.length));
    expect(lines.length).toBeLessThan(await numbered(namespace));
  }

  test.each(['SIGTERM', 'SIGINT'] as const)(
    'by %s under load loses nothing received',
    async (signal) => {
      await stopUnderLoad(signal, []);
    },
  );

  test.skipIf(noRoot)(title('as nobody loses nothing received either', noRoot), async () => {
    await stopUnderLoad('SIGTERM', ['-u', 'nobody']);
  });

  test('brings what the kernel still collected', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5 queue-threshold 1000' }));
    await using specter = await startSpecter({
      namespace,
      config: (folder) =>
        config(folder).replace('plugin', 'qtimeout 1h\n  qthreshold 1000\n  plugin'),
    });
    await sendNumbered(namespace, 7);
    expect(await specter.lines('packets.log')).toEqual([]);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(7) });
    expect(numbersOf(await specter.lines('packets.log'))).toEqual(range(0, 7));
  });

  test.skipIf(noRoot)(title('comes at once with a second signal', noRoot), async () => {
    await using namespace = await Namespace.create();
    // Unprivileged it waits, for a second at most, until the kernel hands over what it collects.
    await using specter = await startSpecter({
      namespace,
      config: (folder) => config(folder).replace('plugin', 'qtimeout 1h\n  plugin'),
      args: ['-u', 'nobody'],
    });
    specter.signal('SIGTERM');
    await specter.waitForLog(/SIGTERM: stopping/);
    const { code, signal, stderr } = await specter.stop('SIGINT');
    // 128 + SIGINT, as a shell has it.
    expect({ code, signal }).toEqual({ code: 130, signal: null });
    expect(stderr).not.toContain('received');
  });

  test('gives the group back', async () => {
    await using namespace = await Namespace.create();
    await using first = await startSpecter({ namespace, config });
    await first.stop();
    await using second = await startSpecter({ namespace, config });
    expect((await second.stop()).code).toBe(0);
  });
});
