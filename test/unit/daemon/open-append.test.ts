import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  chownSync,
  closeSync,
  constants,
  existsSync,
  fstatSync,
  mkdirSync,
  openSync,
  readFileSync,
  readSync,
  renameSync,
  statSync,
  symlinkSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FileRightsError, openAppend } from '../../../src/daemon/open-append.ts';
import { readThreadStatuses } from '../../../src/daemon/thread-status.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const user = { name: 'u', uid: 4242, gid: 4243, groups: [4243, 4244], capabilities: [] };

let folder: ScratchFolder;
beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => await folder[Symbol.asyncDispose]());

const owner = (path: string): number[] => [statSync(path).uid, statSync(path).gid];

function append(path: string, text = 'new\n'): void {
  const fd = openAppend(path, user);
  writeSync(fd, text);
  closeSync(fd);
}

function errorOf(action: () => unknown): unknown {
  try {
    action();
  } catch (error) {
    return error;
  }
  return undefined;
}

test('a pipe that nobody reads is an error, rather than a wait without end', () => {
  const pipe = folder.join('pipe');
  execFileSync('mkfifo', [pipe]);
  expect(() => openAppend(pipe)).toThrow(/^ENXIO: .*, open '.*pipe'$/);
});

const notRoot = runsAsRoot ? undefined : 'only root can act for others';

describe.skipIf(notRoot)(title('openAppend for a user that root becomes', notRoot), () => {
  /** A folder in which the user can do anything. */
  function usersFolder(): string {
    const path = folder.join('users');
    mkdirSync(path);
    chownSync(path, user.uid, user.gid);
    return path;
  }

  /** A file like /etc/shadow. */
  function secret(): string {
    const path = folder.join('secret');
    writeFileSync(path, 'secret\n', { mode: 0o600 });
    return path;
  }

  function expectUntouched(path: string): void {
    expect(readFileSync(path, 'utf8')).toBe('secret\n');
    expect(owner(path)).toEqual([0, 0]);
  }

  test('neither opens nor gives away what a link of the user leads to', () => {
    const file = secret();
    const link = join(usersFolder(), 'x.log');
    symlinkSync(file, link);
    expect(() => openAppend(link, user)).toThrow(
      `EACCES: user u may not append to '${link}'; its folder has to be that of the user, or of root alone`,
    );
    expectUntouched(file);
  });

  test('makes nothing in a folder of root that a link of the user leads to', () => {
    const etc = folder.join('etc');
    mkdirSync(etc);
    const link = join(usersFolder(), 'logs');
    symlinkSync(etc, link);
    expect(errorOf(() => openAppend(join(link, 'x.log'), user))).toBeInstanceOf(FileRightsError);
    expect(existsSync(join(etc, 'x.log'))).toBe(false);
  });

  test('leaves a file alone that was there before, but for writing what the user may', () => {
    const path = join(usersFolder(), 'x.log');
    writeFileSync(path, 'old\n');
    chmodSync(path, 0o666);
    append(path);
    expect(readFileSync(path, 'utf8')).toBe('old\nnew\n');
    expect(owner(path)).toEqual([0, 0]);
  });

  test.each([
    ["root's folder", (): string => folder.path, 'chown u'],
    ["the user's folder", usersFolder, 'delete it, or chown -h u'],
  ])('tells what to do about a file of an earlier run as root in %s', (_name, place, advice) => {
    const path = join(place(), 'x.log');
    writeFileSync(path, 'secret\n', { mode: 0o640 });
    const error = errorOf(() => openAppend(path, user));
    expect(error).toMatchObject({
      name: 'FileRightsError',
      code: 'EACCES',
      path,
      message: `EACCES: user u may not append to '${path}'; ${advice} ${path}`,
    });
    expectUntouched(path);
  });

  test("makes the user's file in the user's folder and in root's", () => {
    const paths = [join(usersFolder(), 'x.log'), folder.join('x.log')];
    for (const path of paths) {
      append(path);
      append(path);
      expect(readFileSync(path, 'utf8')).toBe('new\nnew\n');
      expect(owner(path)).toEqual([4242, 4243]);
      expect(statSync(path).mode & 0o777).toBe(0o640);
    }
  });

  test("finds the user's file again in a folder that only root may enter", () => {
    chmodSync(folder.path, 0o700);
    const path = folder.join('x.log');
    append(path);
    append(path);
    expect(readFileSync(path, 'utf8')).toBe('new\nnew\n');
  });

  test('follows links of root in folders of root', () => {
    mkdirSync(folder.join('data'));
    symlinkSync('../data/./', folder.join('logs'));
    symlinkSync('logs/new.log', folder.join('x.log'));
    expect(errorOf(() => append(folder.join('x.log')))).toMatchObject({ code: 'ENOENT' });
    mkdirSync(folder.join('data/sub'));
    renameSync(folder.join('logs'), folder.join('data/logs'));
    append(folder.join('data/logs/new.log'));
    expect(owner(folder.join('data/new.log'))).toEqual([4242, 4243]);
  });

  test.each([
    ['everybody', 0o777, 0],
    ['a group of the user', 0o775, 4244],
  ])("takes a folder of root that %s may write to for the user's as well", (_name, mode, gid) => {
    const file = secret();
    const shared = folder.join('shared');
    mkdirSync(shared);
    chownSync(shared, 0, gid);
    chmodSync(shared, mode);
    symlinkSync(file, join(shared, 'x.log'));
    expect(errorOf(() => openAppend(join(shared, 'x.log'), user))).toBeInstanceOf(FileRightsError);
    expectUntouched(file);
  });

  test("does not take a folder for the user's that another group may write to", () => {
    chownSync(folder.path, 0, 4);
    chmodSync(folder.path, 0o775);
    append(folder.join('x.log'));
    expect(owner(folder.join('x.log'))).toEqual([4242, 4243]);
  });

  test('devices and pipes of root stay as they are', () => {
    append('/dev/null');
    expect(owner('/dev/null')).toEqual([0, 0]);
    const pipe = folder.join('pipe');
    execFileSync('mkfifo', ['-m', '600', pipe]);
    const reader = openSync(pipe, constants.O_RDONLY | constants.O_NONBLOCK);
    append(pipe);
    const buffer = Buffer.alloc(10);
    expect(buffer.toString('utf8', 0, readSync(reader, buffer))).toBe('new\n');
    closeSync(reader);
    expect(owner(pipe)).toEqual([0, 0]);
  });

  test('/dev/stdout, whatever it is, through the links of /proc', () => {
    const fd = openSync(secret(), 'a');
    symlinkSync(`/proc/self/fd/${fd}`, folder.join('out'));
    const again = openAppend(folder.join('out'), user);
    expect(fstatSync(again).ino).toBe(fstatSync(fd).ino);
    closeSync(again);
    const users = join(usersFolder(), 'out');
    symlinkSync(`/proc/self/fd/${fd}`, users);
    expect(errorOf(() => openAppend(users, user))).toBeInstanceOf(FileRightsError);
    closeSync(fd);
    expectUntouched(folder.join('secret'));
  });

  test('leaves the process as it was, whether it worked or not', () => {
    const before = readThreadStatuses();
    append(folder.join('x.log'));
    expect(() => openAppend(folder.join('missing/x.log'), user)).toThrow('ENOENT');
    const identity = readThreadStatuses().map(({ tid, groups, ...rest }) => [tid, rest]);
    expect(identity).toEqual(before.map(({ tid, groups, ...rest }) => [tid, rest]));
    expect(process.getgroups?.()).not.toContain(4244);
    closeSync(openAppend(folder.join('for-root.log')));
    expect(owner(folder.join('for-root.log'))).toEqual([0, 0]);
  });
});
