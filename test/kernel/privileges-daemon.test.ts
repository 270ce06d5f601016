import { chmod, chown, mkdir, readdir, readFile, rename, stat, symlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberingRules, numbersOf, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel() ?? (runsAsRoot ? undefined : 'only root can become another user');

const block = (folder: string): string => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  logemusync
}
`;

const none = '0000000000000000';
/** CAP_NET_ADMIN, number 12. */
const netAdmin = '0000000000001000';

/** Fields of /proc/PID/task/TID/status, for each thread; the main thread's first. */
async function threads(pid: number, names: readonly string[]): Promise<string[][]> {
  const all = await readdir(`/proc/${pid}/task`);
  const others = all.filter((tid) => tid !== String(pid));
  return await Promise.all(
    [String(pid), ...others].map(async (tid) => {
      const status = await readFile(`/proc/${pid}/task/${tid}/status`, 'utf8');
      return names.map((name) => {
        const value = new RegExp(`^${name}:\\s*(.*)$`, 'm').exec(status)?.[1];
        return `${name} ${value?.trim().replaceAll(/\s+/g, ' ')}`;
      });
    }),
  );
}

const repeated = (value: number): string => Array(4).fill(value).join(' ');

describe.skipIf(missing)(title('specter as nobody', missing), () => {
  let namespace: Namespace;
  let uid = 0;
  let gid = 0;
  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ 9: 'log group 5' }));
    uid = Number(await namespace.exec('id', '-u', 'nobody'));
    gid = Number(await namespace.exec('id', '-g', 'nobody'));
  });
  afterEach(async () => await namespace[Symbol.asyncDispose]());

  test('has nothing of root left in any thread, and logs', async () => {
    await using specter = await startSpecter({ namespace, config: block, args: ['-u', 'nobody'] });
    await sendNumbered(namespace, 3);
    await specter.waitForLines('packets.log', 3);
    const groups = (await namespace.exec('id', '-G', 'nobody')).trim();
    const identity = [`Uid ${repeated(uid)}`, `Gid ${repeated(gid)}`, `Groups ${groups}`];
    const capabilities = ['CapPrm', 'CapEff', 'CapAmb'];
    const all = await threads(specter.pid, ['Uid', 'Gid', 'Groups', ...capabilities]);
    // The event loop's, libuv's pool and V8's workers.
    expect(all.length).toBeGreaterThan(5);
    const expected = [...identity, ...capabilities.map((name) => `${name} ${none}`)];
    expect(all).toEqual(all.map(() => expected));
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(3) });
  });

  test('keeps the capabilities it shall keep, and no other', async () => {
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `global {\n  user ${uid}\n  keepcaps CAP_NET_ADMIN\n}\n${block(folder)}`,
    });
    const names = ['Uid', 'CapInh', 'CapPrm', 'CapEff', 'CapAmb'];
    const [main, ...others] = await threads(specter.pid, names);
    const own = `Uid ${repeated(uid)}`;
    expect(main).toEqual([own, ...names.slice(1).map((name) => `${name} ${netAdmin}`)]);
    for (const thread of others) {
      // Inheritable capabilities mean nothing to threads that start no program.
      expect(thread.filter((field) => !field.startsWith('CapInh'))).toEqual([
        own,
        ...['CapPrm', 'CapEff', 'CapAmb'].map((name) => `${name} ${none}`),
      ]);
    }
  });

  test('goes on with the old file when it may not open the new one, and says so', async () => {
    await using specter = await startSpecter({ namespace, config: block, args: ['-u', 'nobody'] });
    const { folder } = specter;
    const { uid: owner, gid: group, mode } = await stat(folder.join('packets.log'));
    expect({ owner, group, mode: mode & 0o777 }).toEqual({ owner: uid, group: gid, mode: 0o640 });
    // The folder is root's: a new file cannot be made in it.
    await rename(folder.join('packets.log'), folder.join('packets.1'));
    specter.signal('SIGHUP');
    const [line] = await specter.waitForLog(/.*cannot reopen.*/);
    expect(line).toContain(
      `block 5 LOGEMU: cannot reopen, going on with the old file: EACCES: permission denied, open '${folder.join('packets.log')}'`,
    );
    await sendNumbered(namespace, 3);
    expect(numbersOf(await specter.waitForLines('packets.1', 3))).toEqual(range(0, 3));
    await chmod(folder.path, 0o777);
    specter.signal('SIGHUP');
    await specter.waitForLog(/(files reopened[\s\S]*){2}/);
    await sendNumbered(namespace, 2);
    expect(numbersOf(await specter.waitForLines('packets.log', 2))).toEqual(range(3, 5));
    expect(lastStatistics((await specter.stop()).stderr)).toEqual({ 5: lossless(5) });
  });

  test.each([
    ['a packet log', block],
    [
      'its own log',
      (folder: string) =>
        `global {\n  logfile ${folder}/packets.log\n}\n5 {\n  plugin BASE\n  plugin LOGEMU\n  logemufile /dev/null\n}\n`,
    ],
  ])('does not give away what the name of %s links to', async (_name, config) => {
    await using scratch = await ScratchFolder.create();
    const secret = await scratch.write('secret', 'secret\n');
    await chmod(secret, 0o600);
    const logs = scratch.join('logs');
    await mkdir(logs);
    await chown(logs, uid, gid);
    await symlink(secret, `${logs}/packets.log`);
    await expect(
      startSpecter({ namespace, config: () => config(logs), args: ['-u', 'nobody'] }),
    ).rejects.toThrow(`EACCES: user nobody may not append to '${logs}/packets.log'`);
    const { uid: owner, mode } = await stat(secret);
    expect({ owner, mode: mode & 0o777 }).toEqual({ owner: 0, mode: 0o600 });
    expect(await readFile(secret, 'utf8')).toBe('secret\n');
  });

  test('is refused before anything is opened when a capability would undo it', async () => {
    await expect(
      startSpecter({
        namespace,
        config: (folder) => `global {\n  user nobody\n  keepcaps setuid\n}\n${block(folder)}`,
      }),
    ).rejects.toThrow(
      /specter\.conf:3:12: error: keepcaps setuid: with it the user could become root again\n/,
    );
  });
});
