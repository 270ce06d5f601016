import { chown, readdir, readFile, readlink, rename, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { specterBinary } from '../support/daemon.ts';
import { waitForLines } from '../support/file-lines.ts';
import { Namespace } from '../support/namespace.ts';
import { numberingRules, numbersOf, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import type { ExitResult } from '../support/running-process.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel();

describe.skipIf(missing)(title('-d', missing), () => {
  let namespace: Namespace;
  let folder: ScratchFolder;

  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ 9: 'log group 5' }));
    folder = await ScratchFolder.create();
  });
  afterEach(async () => {
    const pid = await pidInFile();
    if (pid !== undefined) process.kill(pid, 'SIGKILL');
    await namespace[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  });

  const config = (block = '', file = 'packets.log'): string => `global {
  logfile own.log
  pidfile pid
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${file}
  logemusync
${block}}
`;

  /** Starts specter in the folder, which relative paths of the config refer to. */
  async function start(text: string, ...args: string[]): Promise<Partial<ExitResult>> {
    await folder.write('specter.conf', text);
    const all = ['-d', '-c', 'specter.conf', ...args];
    const parent = namespace.spawn(specterBinary, all, { cwd: folder.path });
    const { code, stdout, stderr } = await parent.exit;
    return { code, stdout, stderr };
  }

  const started = { code: 0, stdout: '', stderr: '' };

  async function pidInFile(): Promise<number | undefined> {
    const text = await readFile(folder.join('pid'), 'utf8').catch(() => '');
    return text === '' ? undefined : Number(text);
  }

  async function backgroundPid(): Promise<number> {
    const pid = await pidInFile();
    if (pid === undefined) throw new Error('nothing runs in the background');
    return pid;
  }

  /** Ends the process in the background and returns its log. */
  async function stop(): Promise<string> {
    process.kill(await backgroundPid(), 'SIGTERM');
    await until(async () => (await pidInFile()) === undefined, 'the end of specter');
    return await readFile(folder.join('own.log'), 'utf8');
  }

  test('returns when packets are logged', async () => {
    expect(await start(config())).toEqual(started);
    await sendNumbered(namespace, 3);
    const lines = await waitForLines(folder.join('packets.log'), 3);
    expect(numbersOf(lines)).toEqual(range(0, 3));
    expect(lastStatistics(await stop())).toEqual({ 5: lossless(3) });
  });

  test('leaves a process that has nothing to do with the terminal', async () => {
    // A shell's open files, one of them for writing.
    const secret = await folder.write('secret', 'x');
    await folder.write('specter.conf', config());
    const script = `cd ${folder.path} && exec 7<${secret} 9>>${secret} && exec "$@"`;
    const words = [specterBinary, '-d', '-c', 'specter.conf'];
    await namespace.exec('bash', '-c', script, 'bash', ...words);

    const pid = await backgroundPid();
    const line = await readFile(`/proc/${pid}/stat`, 'utf8');
    const [, , group, session, terminal] = line.slice(line.lastIndexOf(')') + 2).split(' ');
    expect([group, session, terminal]).toEqual([String(pid), String(pid), '0']);
    expect(await readlink(`/proc/${pid}/cwd`)).toBe('/');
    expect(await readFile(`/proc/${pid}/status`, 'utf8')).toContain('Umask:\t0027\n');

    const fds = await readdir(`/proc/${pid}/fd`);
    const links = fds.map((fd) => readlink(`/proc/${pid}/fd/${fd}`).catch(() => 'closed'));
    const paths = (await Promise.all(links)).filter((target) => target.startsWith('/'));
    const own = ['own.log', 'packets.log', 'pid'].map((name) => folder.join(name));
    expect(new Set(paths)).toEqual(new Set(['/dev/null', ...own]));
  });

  test('says why it cannot start: a wrong config', async () => {
    const { code, stdout, stderr } = await start(config('  logemufiel x\n'));
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toMatch(
      /^specter\.conf:10:3: error: .*logemufiel.*\n {2}logemufiel x\n {2}\^~+\n$/,
    );
    expect(await readdir(folder.path)).toEqual(['specter.conf']);
  });

  test('says why it cannot start: a file that cannot be written', async () => {
    const { code, stderr } = await start(config('', 'nowhere/packets.log'));
    expect(code).toBe(1);
    expect(stderr).toMatch(/^specter\.conf:8:14: error: .*nowhere.*\n/);
    expect(await readdir(folder.path)).toEqual(['specter.conf']);
  });

  test('says why it cannot start: an unknown user', async () => {
    const { code, stderr } = await start(config(), '-u', 'no-such-user');
    expect({ code, stderr }).toEqual({
      code: 1,
      stderr: 'specter: there is no user no-such-user\n',
    });
  });

  test('says why it cannot start: a group that somebody has; and gives up what it had', async () => {
    const other = await ScratchFolder.create();
    const file = await other.write(
      'other.conf',
      '6 {\n  plugin BASE\n  plugin OPRINT\n  dumpfile keys\n}\n',
    );
    await using owner = namespace.spawn(specterBinary, ['-c', file], { cwd: other.path });
    await owner.waitForLog(/ready/);
    const two = `${config()}6 {\n  plugin BASE\n  plugin OPRINT\n  dumpfile keys\n}\n`;
    const { code, stderr } = await start(two);
    expect(code).toBe(1);
    expect(stderr).toContain(`group 6 is already bound by another process (pid ${owner.pid}, `);
    expect(await pidInFile()).toBeUndefined();
    expect(await readFile(folder.join('own.log'), 'utf8')).toContain(
      'fatal specter: block 6: group 6 is',
    );
    await owner.stop();
    await other[Symbol.asyncDispose]();
    expect(await start(two)).toEqual(started);
  });

  const noRoot = runsAsRoot ? undefined : 'only root can become another user';

  test.skipIf(noRoot)(title('becomes nobody, who can open the files again', noRoot), async () => {
    const uid = Number(await namespace.exec('id', '-u', 'nobody'));
    const gid = Number(await namespace.exec('id', '-g', 'nobody'));
    await chown(folder.path, uid, gid);
    expect(await start(config(), '-u', 'nobody')).toEqual(started);
    const names = ['own.log', 'packets.log'];
    const owners = async () =>
      await Promise.all(
        names.map(async (name) => {
          const { uid, gid, mode } = await stat(folder.join(name));
          return { uid, gid, mode: mode & 0o777 };
        }),
      );
    const own = { uid, gid, mode: 0o640 };
    expect(await owners()).toEqual([own, own]);

    for (const name of names) await rename(folder.join(name), folder.join(`${name}.1`));
    process.kill(await backgroundPid(), 'SIGHUP');
    await waitForLines(folder.join('own.log'), 1);
    await sendNumbered(namespace, 3);
    await waitForLines(folder.join('packets.log'), 3);
    expect(await owners()).toEqual([own, own]);
    expect(await readFile(folder.join('packets.log.1'), 'utf8')).toBe('');
    expect(lastStatistics(await stop())).toEqual({ 5: lossless(3) });
  });

  test('lets no second instance start with the same pidfile', async () => {
    expect(await start(config())).toEqual(started);
    const pid = await backgroundPid();
    const again = config().replace('5 {', '6 {');
    expect(await start(again)).toEqual({
      code: 1,
      stdout: '',
      stderr: `specter: ${folder.join('pid')}: specter is already running (pid ${pid})\n`,
    });
    expect(await backgroundPid()).toBe(pid);
  });

  test('takes over the pidfile of one that was killed, and removes it at the end', async () => {
    expect(await start(config())).toEqual(started);
    const killed = await backgroundPid();
    process.kill(killed, 'SIGKILL');
    await until(async () => await hasEnded(killed), 'the end of the killed process');
    expect(await backgroundPid()).toBe(killed);
    expect(await start(config())).toEqual(started);
    expect(await backgroundPid()).not.toBe(killed);
    await stop();
    expect(await readdir(folder.path)).not.toContain('pid');
  });
});

/** Whether a process is gone, but for what its new parent has yet to read. */
async function hasEnded(pid: number): Promise<boolean> {
  const line = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => 'Z');
  return line
    .slice(line.lastIndexOf(')') + 1)
    .trimStart()
    .startsWith('Z');
}
