import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { lines, waitForLines } from '../support/file-lines.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';
import { Hooks } from './exec-hooks.ts';

const missing = requireKernel();

describe.skipIf(missing)(title('a command of EXEC and the one that undoes it', missing), () => {
  let namespace: Namespace;
  let hooks: Hooks;
  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    hooks = await Hooks.create();
  });
  afterEach(async () => {
    await namespace[Symbol.asyncDispose]();
    await hooks[Symbol.asyncDispose]();
  });

  const door = () => hooks.join('door');
  const counts = (stderr: string) => lastStatistics(stderr)[5]?.stages.EXEC;

  /** A door that takes a while to open and to close, and notes the end of both. */
  async function block(seconds: number, options: string): Promise<string> {
    const [open, close] = await Promise.all(
      ['opened', 'closed'].map((what) =>
        hooks.script(
          what,
          `echo "$1" > ${door()}.begun\nsleep ${seconds}\necho ${what} $1 >> ${door()}`,
        ),
      ),
    );
    const commands = `execstr ${open} %{oob.mark}\nexecthen ${close} %{oob.mark}`;
    return `5 {\n  plugin BASE\n  plugin EXEC\n${commands}\n${options}\n}\n`;
  }
  const start = async (seconds: number, options: string): Promise<Daemon> =>
    await startSpecter({ namespace, config: await block(seconds, options) });

  test('take turns for each packet, also when there are many', async () => {
    const packets = 200;
    await using specter = await start(0.02, 'execdelay 50ms\nexecqueue 300');
    await sendNumbered(namespace, packets);
    const log = await waitForLines(door(), 2 * packets, 30_000);
    for (const number of range(0, packets)) {
      const own = log.filter((line) => line.endsWith(` ${number}`));
      expect(own).toEqual([`opened ${number}`, `closed ${number}`]);
    }
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(counts(stderr)).toMatchObject({
      ...{ written: packets, dropped: 0, errors: 0 },
      ...{ started: 2 * packets, followed: packets, 'not followed': 0, delayed: 0 },
    });
  });

  test('both run when specter is told to end during the first', async () => {
    await using specter = await start(0.5, 'execdelay 1h');
    await sendNumbered(namespace, 1);
    await waitForLines(`${door()}.begun`, 1);
    expect(await lines(door())).toEqual([]);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await lines(door())).toEqual(['opened 0', 'closed 0']);
    expect(counts(stderr)).toMatchObject({ written: 1, errors: 0, followed: 1 });
  });

  test('both run when the first has to be ended', async () => {
    await using specter = await start(60, 'exectimeout 300ms\nexecdelay 1h');
    await sendNumbered(namespace, 1);
    await waitForLines(`${door()}.begun`, 1);
    await hooks.script('closed', `echo closed $1 >> ${door()}`);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await lines(door())).toEqual(['closed 0']);
    expect(counts(stderr)).toMatchObject({ written: 1, errors: 1, 'timed out': 1, followed: 1 });
  });

  test.each([
    ['removes the block', ''],
    ['changes it', '5 {\n  plugin BASE\n  plugin LOGEMU\n  logemufile /dev/null\n}\n'],
  ])('the second runs at once when a reload %s', async (_what, after) => {
    const other = '6 {\n  plugin BASE\n  plugin LOGEMU\n  logemufile /dev/null\n}\n';
    const config = (await block(0, 'execdelay 1h')) + other;
    await using specter = await startSpecter({ namespace, config });
    await sendNumbered(namespace, 3);
    await waitForLines(door(), 3);
    await specter.folder.write('specter.conf', after + other);
    specter.signal('SIGUSR1');
    await specter.waitForLog(/config reloaded$/m);
    expect((await lines(door())).map((line) => line.split(' ')[0])).toEqual([
      ...Array(3).fill('opened'),
      ...Array(3).fill('closed'),
    ]);
    expect((await specter.stop()).code).toBe(0);
  });

  test.skipIf(!runsAsRoot)('the second is tried until there is what it takes', async () => {
    await using specter = await start(0, 'execdelay 500ms');
    const limit = async (descriptors: number) =>
      await namespace.exec('prlimit', `--pid=${specter.pid}`, `--nofile=${descriptors}:4096`);
    await sendNumbered(namespace, 1);
    await waitForLines(door(), 1);
    await limit(8);
    await specter.waitForLog(/execthen not started, to be tried again: EMFILE/);
    expect(await lines(door())).toEqual(['opened 0']);
    await limit(1024);
    expect(await waitForLines(door(), 2)).toEqual(['opened 0', 'closed 0']);
    const { stderr } = await specter.stop();
    expect(counts(stderr)).toMatchObject({ written: 1, dropped: 0, followed: 1, running: 0 });
  });
});
