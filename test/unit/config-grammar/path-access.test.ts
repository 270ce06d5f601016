import { execFileSync } from 'node:child_process';
import { chmodSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { checkReadable, checkWritable } from '../../../src/config-grammar/index.ts';

let folder = '';

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-paths-'));
});

afterEach(() => {
  rmSync(folder, { recursive: true });
});

describe('checkWritable', () => {
  it('accepts files, fifos, character devices, and files that can be created', () => {
    writeFileSync(join(folder, 'file'), '');
    execFileSync('mkfifo', [join(folder, 'fifo')]);
    for (const path of [
      join(folder, 'file'),
      join(folder, 'fifo'),
      '/dev/null',
      join(folder, 'new'),
    ]) {
      expect(checkWritable(path)).toBeUndefined();
    }
  });

  it('creates nothing', () => {
    checkWritable(join(folder, 'new'));
    expect(readdirSync(folder)).toEqual([]);
  });

  it('says which part is wrong', async () => {
    writeFileSync(join(folder, 'file'), '');
    expect(checkWritable(folder)).toBe(
      `${folder} is a directory, which cannot be written as a file`,
    );
    expect(checkWritable(join(folder, 'a', 'b', 'c'))).toBe(
      `the directory ${folder}/a/b does not exist; create it first`,
    );
    expect(checkWritable(join(folder, 'file', 'x'))).toBe(
      `${folder}/file/x: not a directory (ENOTDIR)`,
    );
    expect(checkWritable(`${folder}/new/`)).toBe(`${folder}/new/ is the name of a directory`);
    const socket = join(folder, 'socket');
    const server = createServer();
    await new Promise<void>((done) => server.listen(socket, done));
    expect(checkWritable(socket)).toBe(`${socket} is a socket, which cannot be written as a file`);
    await new Promise((done) => server.close(done));
  });

  it('asks for the effective user', () => {
    const locked = join(folder, 'locked');
    mkdirSync(locked, { mode: 0o500 });
    chmodSync(folder, 0o755);
    const root = process.geteuid?.() === 0;
    // Root may write everywhere: become nobody, who may not even look into the folder.
    if (root) process.seteuid?.(65534);
    const problem = checkWritable(join(locked, 'new'));
    if (root) process.seteuid?.(0);
    const subject = root ? join(locked, 'new') : locked;
    expect(problem).toBe(`${subject}: permission denied (EACCES)`);
  });
});

describe('checkReadable', () => {
  it('needs the file to be there', () => {
    const path = join(folder, 'file');
    expect(checkReadable(path)).toBe(`${path}: no such file or directory (ENOENT)`);
    writeFileSync(path, '');
    expect(checkReadable(path)).toBeUndefined();
    expect(checkReadable(folder)).toBe(`${folder} is a directory, which cannot be read as a file`);
  });
});
