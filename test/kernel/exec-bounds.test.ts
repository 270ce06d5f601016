import { readdir, readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Daemon, readyMessage, specterBinary, startSpecter, whenReady } from '../support/daemon.ts';
import { lines, waitForLines } from '../support/file-lines.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';
import { Hooks } from './exec-hooks.ts';

const missing = requireKernel();

const isRunning = async (pid: string): Promise<boolean> => {
  try {
    const stat = await readFile(`/proc/${pid}/stat`, 'utf8');
    // The state stands behind the name in parentheses; Z has ended and waits to be noticed.
    return !/\) Z /.test(stat);
  } catch {
    return false;
  }
};

describe.skipIf(missing)(title('EXEC', missing), () => {
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

  const start = async (options: string): Promise<Daemon> =>
    await startSpecter({ namespace, config: `5 {\n  plugin BASE\n  plugin EXEC\n${options}\n}\n` });
  const counts = (stderr: string) => lastStatistics(stderr)[5]?.stages.EXEC;

  test('with execwait runs one command at a time, in order, and packets wait', async () => {
    const hook = await hooks.script(
      'ordered',
      `echo "begin $1" >> ${hooks.join('log')}\nsleep 0.02\necho "end $1" >> ${hooks.join('log')}`,
    );
    await using specter = await start(`execstr ${hook} %{oob.mark}\nexecwait`);
    await sendNumbered(namespace, 20);
    const log = await waitForLines(hooks.join('log'), 40);
    expect(log).toEqual(range(0, 20).flatMap((mark) => [`begin ${mark}`, `end ${mark}`]));
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(counts(stderr)).toMatchObject({ written: 20, dropped: 0, errors: 0, started: 20 });
  });

  test('ends a command that takes too long, with its children', async () => {
    const hook = await hooks.script(
      'slow',
      `trap '' TERM\n(trap '' TERM; while :; do sleep 1; done) &\necho $! > ${hooks.join('child')}\nmv ${hooks.join('child')} ${hooks.join('pid')}\necho waiting\nwhile :; do sleep 1; done`,
    );
    await using specter = await start(`execstr ${hook}\nexectimeout 200ms`);
    await sendNumbered(namespace, 1);
    const [line = ''] = await specter.waitForLog(/.*exectimeout.*/);
    expect(line).toMatch(
      /error block 5 EXEC: \S+: ran for longer than exectimeout, ended by signal SIGKILL after 2\d\d\d ms; output: waiting$/,
    );
    const [child = ''] = await lines(hooks.join('pid'));
    await until(async () => !(await isRunning(child)), 'the end of the grandchild');
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(counts(stderr)).toMatchObject({ written: 1, errors: 1, 'timed out': 1, failed: 0 });
  });

  test.skipIf(!runsAsRoot)('says so when it may not end a command', async () => {
    const hook = await hooks.script('stubborn', "trap '' TERM\nsleep 4");
    const folder = await ScratchFolder.create();
    const section = `plugin BASE\nplugin EXEC\nexecstr ${hook}\nexecuser nobody\nexectimeout 100ms`;
    const config = await folder.write('specter.conf', `5 {\n${section}\n}\n`);
    const arguments_ = ['--bounding-set=-kill', specterBinary, '-v', '-c', config];
    await using specter = new Daemon(namespace.spawn('setpriv', arguments_), folder);
    await whenReady(specter, readyMessage);
    await sendNumbered(namespace, 1);
    await specter.waitForLog(
      /error block 5 EXEC: \S+stubborn: runs on and keeps its place: it cannot be ended, since/,
    );
    await specter.waitForLog(/ran for longer than exectimeout, exit code 0 after/);
    expect((await specter.stop()).code).toBe(0);
  });

  test('does not wait for the output of what a command leaves behind', async () => {
    const hook = await hooks.script(
      'fork',
      `sleep 30 &\necho $! >> ${hooks.join('pids')}\necho done`,
    );
    await using specter = await start(`execstr ${hook}\nexecmax 1`);
    await sendNumbered(namespace, 2);
    await specter.waitForLog(/(exit code 0 after [12]?\d?\d ms; output: done[\s\S]*){2}/);
    const pids = await lines(hooks.join('pids'));
    expect(await Promise.all(pids.map(isRunning))).toEqual([true, true]);
    expect((await specter.stop()).code).toBe(0);
    for (const pid of pids) process.kill(Number(pid));
  });

  test('lets commands end and runs the rest when specter is told to end', async () => {
    const hook = await hooks.script('work', `sleep 0.3\necho $1 >> ${hooks.join('done')}`);
    await using specter = await start(`execstr ${hook} %{oob.mark}\nexecmax 2`);
    await sendNumbered(namespace, 6);
    await waitForLines(hooks.join('done'), 1);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect((await lines(hooks.join('done'))).map(Number).sort()).toEqual(range(0, 6));
    expect(counts(stderr)).toMatchObject({ written: 6, dropped: 0, errors: 0, running: 0 });
  });

  test('gives up what does not end within exectimeout when specter is told to end', async () => {
    const hook = await hooks.script('endless', `echo $$ >> ${hooks.join('pids')}\nexec sleep 60`);
    await using specter = await start(`execstr ${hook}\nexecmax 2\nexectimeout 1s`);
    await sendNumbered(namespace, 6);
    const pids = await waitForLines(hooks.join('pids'), 2);
    const begun = performance.now();
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(performance.now() - begun).toBeLessThan(20_000);
    expect(await Promise.all(pids.map(isRunning))).toEqual([false, false]);
    expect(stderr).toContain('commands given up: specter ends and they did not get their turn: ');
    const { written = 0, dropped = 0 } = counts(stderr) ?? {};
    expect(written + dropped).toBe(6);
    expect(dropped).toBeGreaterThanOrEqual(2);
  });

  test('runs delayed commands at once when specter is told to end', async () => {
    await using specter = await start(
      `execstr /bin/sh -c 'echo "$1" >> ${hooks.join('closed')}' sh %{oob.mark}\nexecdelay 1h\nexecmax 1`,
    );
    await sendNumbered(namespace, 5);
    specter.signal('SIGUSR2');
    await until(async () => {
      specter.signal('SIGUSR2');
      return / delayed 5,/.test(specter.stderr);
    }, 'five delayed commands');
    expect(await lines(hooks.join('closed'))).toEqual([]);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect((await lines(hooks.join('closed'))).map(Number)).toEqual(range(0, 5));
    expect(counts(stderr)).toMatchObject({ written: 5, delayed: 0, dropped: 0 });
  });

  test('runs a command once for the same values within the time', async () => {
    await using specter = await start(
      `execstr /bin/sh -c 'echo "$1" >> ${hooks.join('log')}' sh %{oob.mark}\nexeconce ip.saddr ip.protocol 1h`,
    );
    await sendNumbered(namespace, 50);
    await waitForLines(hooks.join('log'), 1);
    const { stderr } = await specter.stop();
    expect(await lines(hooks.join('log'))).toEqual(['0']);
    expect(counts(stderr)).toMatchObject({ written: 1, dropped: 0, suppressed: 49 });
  });

  test('ends specter when a program has gone, and goes on with errignore', async () => {
    const hook = await hooks.script('gone', 'exit 0');
    const config = (head: string) =>
      `${head}5 {\n  plugin BASE\n  plugin EXEC\n  execstr ${hook}\n}\n`;
    await using patient = await startSpecter({
      namespace,
      config: config('global {\n  errignore\n}\n'),
    });
    await namespace.exec('rm', hook);
    await sendNumbered(namespace, 1);
    await patient.waitForLog(/error block 5 EXEC: cannot start \S+: .*ENOENT/);
    const first = await patient.stop();
    expect(first.code).toBe(0);
    expect(counts(first.stderr)).toMatchObject({ written: 0, dropped: 1, errors: 1 });
    await hooks.script('gone', 'exit 0');
    await using strict = await startSpecter({ namespace, config: config('') });
    await namespace.exec('rm', hook);
    await sendNumbered(namespace, 1);
    expect((await strict.process.exit).code).toBe(1);
  });

  test('has no zombie and no descriptor more after ten thousand commands', async () => {
    const runs = hooks.join('runs');
    await using specter = await startSpecter({
      namespace,
      config: `global {
  loglevel 5
}
5 {
  plugin BASE
  plugin EXEC
  execstr /bin/sh -c 'echo >> ${runs}'
  execqueue 20000
}
`,
    });
    const descriptors = async () => (await readdir(`/proc/${specter.pid}/fd`)).length;
    const children = async () =>
      (await readFile(`/proc/${specter.pid}/task/${specter.pid}/children`, 'utf8')).trim();
    const whenIdle = async (count: number) => {
      await waitForLines(runs, count, 150_000);
      await until(async () => (await children()) === '', 'no children');
    };
    await sendNumbered(namespace, 10);
    await whenIdle(10);
    const before = await descriptors();
    await sendNumbered(namespace, 10_000, { rate: 20_000 });
    await whenIdle(10_010);
    await until(async () => (await descriptors()) === before, 'as many descriptors as before');
    const status = await readFile(`/proc/${specter.pid}/status`, 'utf8');
    expect(Number(/VmRSS:\s+(\d+) kB/.exec(status)?.[1])).toBeLessThan(256 * 1024);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(counts(stderr)).toMatchObject({ written: 10_010, dropped: 0, errors: 0 });
  }, 180_000);

  test('keeps to its bounds in a burst, and LOGEMU beside it loses nothing', async () => {
    const packets = 50_000;
    const slot = hooks.join('slots');
    // Each running command holds a lock; a fifth at the same time would find none free.
    const hook = await hooks.script(
      'slots',
      `for i in 1 2 3 4; do exec 9> ${slot}.$i; flock -n 9 && { sleep 0.01; exit 0; }; done\nexit 9`,
    );
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `global {
  rmem 64M
}
5 {
  plugin BASE
  plugin EXEC
  execstr ${hook}
  execqueue 100
  plugin LOGEMU
  logemufile ${folder}/packets.log
}
`,
    });
    await sendNumbered(namespace, packets, { rate: 50_000 });
    await specter.waitForLines('packets.log', packets, 30_000);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('EXEC: records dropped: execqueue is full: ');
    const { LOGEMU, EXEC } = lastStatistics(stderr)[5]?.stages ?? {};
    expect(LOGEMU).toEqual({ written: packets, dropped: 0, errors: 0 });
    // An exit code of 9 would be an error.
    expect(EXEC).toMatchObject({ errors: 0, running: 0, waiting: 0, suppressed: 0 });
    expect((EXEC?.started ?? 0) + (EXEC?.dropped ?? 0)).toBe(packets);
    expect(EXEC?.written).toBe(EXEC?.started);
  });
});
