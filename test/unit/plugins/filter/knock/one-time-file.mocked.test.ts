import { closeSync, constants, openSync, readFileSync, writeFileSync } from 'node:fs';
import { readdir, readlink, rename, writeFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { tryLockExclusive } from '../../../../../src/libc/flock.ts';
import { OneTimeFile } from '../../../../../src/plugins/filter/knock/one-time-file.ts';
import { parseSequence } from '../../../../../src/plugins/filter/knock/sequence.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { fakeHost } from '../../fake-context.ts';

/** What was done to the disk, in order, and what it shall refuse to do. */
const disk = vi.hoisted(() => ({ calls: [] as string[], refuses: '' }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  const watched =
    <Args extends unknown[], Result>(name: string, call: (...args: Args) => Result) =>
    (...args: Args): Result => {
      disk.calls.push(name);
      if (disk.refuses === name) throw Object.assign(new Error(`EIO: ${name}`), { code: 'EIO' });
      return call(...args);
    };
  return {
    ...fs,
    writeSync: watched('write', fs.writeSync),
    fdatasyncSync: watched('fdatasync', fs.fdatasyncSync),
  };
});

const host = fakeHost({ openUpdate: (path) => openSync(path, constants.O_RDWR) });
const codes = (text: string) => parseSequence(text).steps.map(({ code }) => code);

let folder: ScratchFolder;
let path: string;
let acquired: OneTimeFile[];

beforeEach(async () => {
  disk.calls = [];
  disk.refuses = '';
  acquired = [];
  folder = await ScratchFolder.create();
  path = await folder.write('sequences', '# mine\n7000 8000\n 7001 8001\n7002 8002\n');
});
afterEach(async () => {
  for (const file of acquired) file.release();
  await folder[Symbol.asyncDispose]();
});

function acquire(): OneTimeFile {
  const file = OneTimeFile.acquire(path, host);
  acquired.push(file);
  return file;
}
const content = () => readFileSync(path, 'utf8');

/** Descriptors of this process that lead to the file. */
async function descriptors(): Promise<number> {
  const fds = await readdir('/proc/self/fd');
  const links = await Promise.all(fds.map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')));
  return links.filter((link) => link.startsWith(path)).length;
}

describe('a file of one-time sequences', () => {
  test('gives them in order, and marks each before the next', () => {
    const file = acquire();
    expect([file.current, file.unused]).toEqual([codes('7000 8000'), 3]);
    expect(file.spend()).toBe(true);
    expect(content()).toBe('# mine\n#000 8000\n 7001 8001\n7002 8002\n');
    expect([file.current, file.unused]).toEqual([codes('7001 8001'), 2]);
    expect([file.spend(), file.spend()]).toEqual([true, true]);
    expect(content()).toBe('# mine\n#000 8000\n#7001 8001\n#002 8002\n');
    expect([file.current, file.unused]).toEqual([undefined, 0]);
    expect(file.spend()).toBe(false);
  });

  test('has a mark on the disk when it says so', () => {
    acquire().spend();
    expect(disk.calls).toEqual(['write', 'fdatasync']);
  });

  test.each(['write', 'fdatasync'])('that takes no %s gives no sequence until it does', (call) => {
    const file = acquire();
    disk.refuses = call;
    expect(() => file.spend()).toThrow(`EIO: ${call}`);
    expect(file.current).toBeUndefined();
    expect(() => file.reload()).toThrow(`EIO: ${call}`);
    expect(file.current).toBeUndefined();
    disk.refuses = '';
    file.reload();
    // The sequence was seen on the wire, and is used although it opened nothing.
    expect(file.current).toEqual(codes('7001 8001'));
    expect(content()).toBe('# mine\n#000 8000\n 7001 8001\n7002 8002\n');
  });

  test('that was edited is left alone until it is read again', () => {
    const file = acquire();
    const edited = '# mine: a longer comment\n7000 8000\n 7001 8001\n';
    writeFileSync(path, edited);
    expect(file.spend()).toBe(false);
    expect([content(), file.current]).toEqual([edited, undefined]);
    file.reload();
    expect(content()).toBe('# mine: a longer comment\n#000 8000\n 7001 8001\n');
    expect(file.current).toEqual(codes('7001 8001'));
  });

  test('whose current line became longer is left alone', () => {
    const file = acquire();
    writeFileSync(path, '# mine\n7000 8000 9000\n');
    expect(file.spend()).toBe(false);
    expect(content()).toBe('# mine\n7000 8000 9000\n');
  });

  test.each([
    ['replaced', async () => await rename(await folder.write('new', content()), path)],
    ['moved away', async () => await rename(path, folder.join('old'))],
  ])('that was %s gives no sequence', async (_, change) => {
    const file = acquire();
    await change();
    expect(file.spend()).toBe(false);
    expect(disk.calls).toEqual([]);
    expect(file.current).toBeUndefined();
  });

  test('that took the place of another marks what was completed there', async () => {
    const file = acquire();
    await rename(await folder.write('new', '7001 8001\n7000 8000\n'), path);
    expect(file.spend()).toBe(false);
    const next = OneTimeFile.acquire(path, host, file);
    acquired.push(next);
    expect([next.current, next.unused]).toEqual([codes('7001 8001'), 1]);
    expect(content()).toBe('7001 8001\n#000 8000\n');
  });

  test('may lack the end of its last line', async () => {
    await writeFile(path, '7000');
    expect(acquire().spend()).toBe(true);
    expect(content()).toBe('#000');
  });

  test('read again is the same sequence as long as it is', async () => {
    const file = acquire();
    const before = file.current;
    await writeFile(path, ' 7000:tcp,8000:tcp\n9999\n');
    file.reload();
    expect(file.current).toBe(before);
    expect(file.spend()).toBe(true);
    expect(content()).toBe('#7000:tcp,8000:tcp\n9999\n');
    expect(file.current).toEqual(codes('9999'));
  });

  test('with wrong lines is refused, and goes on as before when it is read again', async () => {
    const file = acquire();
    await writeFile(path, '7000\nssh\n0\n');
    const message = `${path}:2: a step is a port or ICMP type with its protocol, such as 7000/tcp, not "ssh"; ${path}:3: a port is a number from 1 to 65535, not "0"`;
    expect(() => file.reload()).toThrow(message);
    expect(file.current).toEqual(codes('7000 8000'));
    expect(() => OneTimeFile.acquire(path, host)).toThrow(message);
    expect(await descriptors()).toBe(1);
  });

  test('is refused when it is too long, or no file', async () => {
    await writeFile(path, '#'.repeat((1 << 20) + 1));
    expect(() => acquire()).toThrow(`${path}: is longer than 1 MiB`);
    path = '/dev/null';
    expect(() => acquire()).toThrow('/dev/null: is not a regular file');
  });
});

describe('a file in use', () => {
  test('is refused to whoever comes from another process', async () => {
    const fd = openSync(path, constants.O_RDWR);
    tryLockExclusive(fd);
    expect(() => acquire()).toThrow(
      `${path}: another process has locked it; each specter needs a file of its own`,
    );
    closeSync(fd);
    expect(await descriptors()).toBe(0);
    expect(acquire().unused).toBe(3);
  });

  test('is shared within the process until the last has released it', async () => {
    const first = OneTimeFile.acquire(path, host);
    const second = OneTimeFile.acquire(path, host);
    expect(second).toBe(first);
    expect(await descriptors()).toBe(1);
    first.release();
    expect(second.spend()).toBe(true);
    second.release();
    expect(await descriptors()).toBe(0);
    expect(acquire().current).toEqual(codes('7001 8001'));
  });
});
