import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { launchSpecter, startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberingRules, numbersOf, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';
import { startUlogd } from '../support/ulogd.ts';

const missing = requireKernel();

const config = (folder: string) => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/five.log
  plugin OPRINT
  dumpfile ${folder}/five.keys
}
6 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/six.log
}
`;

describe.skipIf(missing)(title('statistics', missing), () => {
  let namespace: Namespace;
  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ 9: 'log group 5', 10: 'log group 6' }));
  });
  afterEach(async () => await namespace[Symbol.asyncDispose]());

  test('come with SIGUSR2, of all blocks, as often as asked for', async () => {
    await using specter = await startSpecter({ namespace, config });
    specter.signal('SIGUSR2');
    await specter.waitForLog(/block 6 LOGEMU: written 0/);
    const both = {
      LOGEMU: { written: 3, dropped: 0, errors: 0 },
      OPRINT: { written: 3, dropped: 0, errors: 0 },
    };
    await sendNumbered(namespace, 3, { port: 9 });
    await sendNumbered(namespace, 2, { port: 10 });
    await specter.waitForLines('five.log', 3);
    await specter.waitForLines('six.log', 2);
    await specter.waitForLines('five.keys', 3);
    specter.signal('SIGUSR2');
    await specter.waitForLog(/block 6 LOGEMU: written 2/);
    expect(lastStatistics(specter.stderr)).toEqual({
      5: { ...lossless(3), stages: both },
      6: lossless(2),
    });
    expect(specter.stderr).not.toContain('stopping');
    expect(numbersOf(await specter.lines('six.log'))).toEqual(range(0, 2));
  });
});

describe.skipIf(missing)(title('a group', missing), () => {
  test('that another specter has is refused, with its pid', async () => {
    await using namespace = await Namespace.create();
    await using first = await startSpecter({ namespace, config });
    await using second = await launchSpecter({ namespace, config });
    const { code, stderr } = await second.process.exit;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      new RegExp(
        `^specter: block 5: group 5 is already bound by another process \\(pid ${first.pid}, \\w+\\)`,
      ),
    );
  });

  const noUlogd = missing ?? requireKernel('ulogd');

  test.skipIf(noUlogd)(
    title('that ulogd2 has is refused, and all others given back', noUlogd),
    async () => {
      await using namespace = await Namespace.create();
      await using ulogd = await startUlogd({ namespace, group: 6 });
      await using specter = await launchSpecter({ namespace, config });
      const { code, stderr } = await specter.process.exit;
      expect(code).toBe(1);
      expect(stderr).toContain(
        `group 6 is already bound by another process (pid ${ulogd.pid}, ulogd)`,
      );
      await ulogd.stop();
      await using again = await startSpecter({ namespace, config });
      expect((await again.stop()).code).toBe(0);
    },
  );
});
