import { closeSync, existsSync, fstatSync, readFileSync, statSync, writeSync } from 'node:fs';
import { chmod, chown, mkdir, readFile, symlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { DaemonHost } from '../../../src/daemon/host.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { FakeLinks } from '../plugins/fake-context.ts';

let folder: ScratchFolder;
const home = process.cwd();
const umask = process.umask();

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  process.chdir(home);
  process.umask(umask);
  await folder[Symbol.asyncDispose]();
});

const nobody = { name: 'nobody', uid: 65_534, gid: 65_534, groups: [65_534], capabilities: [] };

describe('DaemonHost', () => {
  test('appends to a file, which it makes for owner and group alone', async () => {
    const path = await folder.write('old.log', 'old\n');
    const host = new DaemonHost(new FakeLinks());
    process.umask(0);
    const [old, fresh] = [host.openAppend(path), host.openAppend(folder.join('new.log'))];
    writeSync(old, 'new\n');
    closeSync(old);
    expect(await readFile(path, 'utf8')).toBe('old\nnew\n');
    expect(fstatSync(fresh).mode & 0o777).toBe(0o640);
    closeSync(fresh);
  });

  test('takes relative paths from where the daemon was started', async () => {
    process.chdir(folder.path);
    const host = new DaemonHost(new FakeLinks());
    process.chdir('/');
    closeSync(host.openAppend('relative.log'));
    expect(existsSync(folder.join('relative.log'))).toBe(true);
  });

  test('says which file it cannot open', async () => {
    await mkdir(folder.join('folder'));
    const host = new DaemonHost(new FakeLinks());
    expect(() => host.openAppend(folder.join('folder'))).toThrow(
      `EISDIR: illegal operation on a directory, open '${folder.join('folder')}'`,
    );
  });

  test('opens a file that is there for reading and writing', async () => {
    const path = await folder.write('codes', 'one\n');
    const host = new DaemonHost(new FakeLinks());
    const file = host.openUpdate(path);
    writeSync(file, '#', 0);
    closeSync(file);
    expect(await readFile(path, 'utf8')).toBe('#ne\n');
    expect(() => host.openUpdate(folder.join('none'))).toThrow(/^ENOENT: .*none'$/);
    expect(existsSync(folder.join('none'))).toBe(false);
  });

  test('tells who specter will be, and what it may do then', () => {
    const host = new DaemonHost(new FakeLinks());
    expect(host.uid).toBe(process.geteuid?.());
    expect(host.hasCapability('net_admin')).toBe(runsAsRoot);
    host.futureUser = { ...nobody, capabilities: [12] };
    expect(host.uid).toBe(65_534);
    expect(host.hasCapability('net_admin')).toBe(true);
    expect(host.hasCapability('net_raw')).toBe(false);
    expect(() => host.hasCapability('no_such')).toThrow('no_such is no capability');
  });

  test('knows the machine by the first part of its name', () => {
    expect(new DaemonHost(new FakeLinks()).hostname).toMatch(/^[^.\x00-\x1f]+$/);
  });
});

const notRoot = runsAsRoot ? undefined : 'only root can give files away';

describe.skipIf(notRoot)(title('DaemonHost as root', notRoot), () => {
  test('makes files for the user that the daemon is about to become', () => {
    const host = new DaemonHost(new FakeLinks());
    host.futureUser = nobody;
    closeSync(host.openAppend(folder.join('for-nobody.log')));
    host.futureUser = undefined;
    closeSync(host.openAppend(folder.join('for-root.log')));
    const owners = ['for-nobody.log', 'for-root.log'].map(
      (name) => statSync(folder.join(name)).uid,
    );
    expect(owners).toEqual([65_534, 0]);
  });

  test("opens for the user that the daemon is about to become only what is that user's", async () => {
    const [own, foreign] = [await folder.write('own', '1'), await folder.write('foreign', '2')];
    await chmod(folder.path, 0o755);
    await chmod(foreign, 0o600);
    await chown(own, nobody.uid, nobody.gid);
    // What the user could put in the place of a file of its own.
    await symlink(foreign, folder.join('link'));
    const host = new DaemonHost(new FakeLinks());
    host.futureUser = nobody;
    closeSync(host.openUpdate(own));
    for (const path of [foreign, folder.join('link')]) {
      expect(() => host.openUpdate(path)).toThrow(
        `EACCES: user nobody may not read and write '${path}', which SIGHUP and a reload open again; chown -h nobody ${path}, and let nobody enter the folders above it`,
      );
    }
    expect(() => host.openUpdate(folder.join('none'))).toThrow(/^ENOENT: .*none'$/);
    host.futureUser = undefined;
    closeSync(host.openUpdate(foreign));
  });

  test('does with files as that user what plugins do themselves', async () => {
    const foreign = await folder.write('foreign', '2');
    await chmod(folder.path, 0o755);
    await chmod(foreign, 0o600);
    const host = new DaemonHost(new FakeLinks());
    const read = () => host.asUser(() => readFileSync(foreign, 'utf8'));
    host.futureUser = nobody;
    expect(read).toThrow('EACCES: permission denied');
    host.futureUser = undefined;
    expect(read()).toBe('2');
  });
});
