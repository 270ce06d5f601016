import { spawnSync } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { inspectorRefusal, NO_INSPECTOR_OPTION } from '../../../src/daemon/inspector.ts';
import { fixtureCommand, start } from '../../fixtures/daemon/start.ts';

const PROCESSES = 6;
const unshare = ['unshare', '--net', ...(process.geteuid?.() === 0 ? [] : ['--map-root-user'])];
const canUnshare = spawnSync(unshare[0] ?? '', [...unshare.slice(1), 'ip', 'link']).status === 0;
const suffix = canUnshare
  ? ''
  : ' (skipped: install iproute2 and util-linux, and run as root or allow user namespaces)';

interface Hunt {
  processes: number;
  survivors: number;
  signals: number;
  listening: number;
}

async function hunt(option: string, environment: NodeJS.ProcessEnv = {}): Promise<Hunt> {
  const command = fixtureCommand('inspector-hunt', [option, String(PROCESSES)]);
  const fixture = start([...unshare, ...command], environment);
  const result: Hunt = JSON.parse(await fixture.nextLine());
  await fixture.ended;
  return result;
}

describe.runIf(canUnshare)(`SIGUSR1 from the first instant of a process on${suffix}`, () => {
  test('never opens the debugger', { timeout: 120_000 }, async () => {
    const { survivors, signals, listening } = await hunt(NO_INSPECTOR_OPTION);
    expect(listening).toBe(0);
    expect(survivors).toBe(PROCESSES);
    expect(signals).toBeGreaterThan(PROCESSES * 20);
  });

  test('opens it where the address can be bound: the hunt does see one', async () => {
    expect(await hunt('--inspect-port=127.0.0.1:9229')).toMatchObject({
      listening: PROCESSES,
      survivors: 0,
    });
  });
});

describe.runIf(canUnshare)(`NODE_OPTIONS${suffix}`, () => {
  test.each(['--inspect', '--inspect=127.0.0.1:9229', '--inspect-port=127.0.0.1:9229'])(
    '%s yields to the command line',
    (options) => {
      const print = 'process.stdout.write(String(require("node:inspector").url()))';
      const show = (...nodeOptions: string[]): string =>
        spawnSync('unshare', [...unshare.slice(1), process.execPath, ...nodeOptions, '-e', print], {
          encoding: 'utf8',
          env: { ...process.env, NODE_OPTIONS: options },
        }).stdout;
      expect(show(NO_INSPECTOR_OPTION)).toBe('undefined');
    },
  );
});

describe('inspectorRefusal', () => {
  test('nothing to refuse without a debugger', () => expect(inspectorRefusal()).toBeUndefined());

  test('names the address where one listens in a process of root', async () => {
    const fixture = start(
      fixtureCommand('inspector-refusal').toSpliced(1, 0, '--inspect=127.0.0.1:0'),
    );
    const answer = await fixture.nextLine();
    await fixture.ended;
    expect(answer).toMatch(
      process.geteuid?.() === 0
        ? /^the Node debugger listens on ws:\/\/127\.0\.0\.1:\d+\/[-0-9a-f]+, where any local user could run code as root: start without --inspect, or not as root$/
        : /^undefined$/,
    );
  });
});
