import { execFileSync } from 'node:child_process';
import { chmod } from 'node:fs/promises';
import { expect, test } from 'vitest';
import {
  findPassword,
  readPasswordFile,
} from '../../../../../../src/plugins/output/database/pgsql/password-file.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';

const login = { host: 'db', port: 5432, database: 'ulog', user: 'u' };

test.each([
  ['', undefined],
  ['db:5432:ulog:u:pass', 'pass'],
  ['# db:5432:ulog:u:no\n*:*:*:*:yes', 'yes'],
  ['db:5433:*:*:no\ndb:*:*:v:no\ndb:*:ulog:u:first\n*:*:*:*:second', 'first'],
  ['db:5432:ulog:u:a\\:b\\\\c', 'a:b\\c'],
  ['db:5432:ulog:u:a:rest', 'a'],
  ['db:5432:ulog:u:', ''],
  ['db:5432:ulog:u', undefined],
  ['db:5432:ulog:u:pass\r\n', 'pass'],
  ['d\\b:5432:ulog:\\u:pass', 'pass'],
  ['\\*:5432:ulog:u:pass', undefined],
  ['db:5432:ulog:u:päß wörd', 'päß wörd'],
])('%j', (text, password) => {
  expect(findPassword(text, login)).toBe(password);
});

test('names with colons', () => {
  const other = { host: '2001:db8::1', port: 1, database: 'a:b', user: 'c\\d' };
  expect(findPassword('2001\\:db8\\:\\:1:1:a\\:b:c\\\\d:x', other)).toBe('x');
});

test('only its owner may have access', async () => {
  await using folder = await ScratchFolder.create();
  const file = await folder.write('pgpass', 'text');
  await chmod(file, 0o600);
  expect(readPasswordFile(file)).toBe('text');
  await chmod(file, 0o400);
  expect(readPasswordFile(file)).toBe('text');
  for (const mode of [0o640, 0o604, 0o610, 0o620]) {
    await chmod(file, mode);
    expect(() => readPasswordFile(file)).toThrow(
      `${file}: others have access to it (mode 0${mode.toString(8)}); chmod 0600 ${file}`,
    );
  }
  expect(() => readPasswordFile(folder.path)).toThrow(/is not a plain file$/);
  expect(() => readPasswordFile(folder.join('none'))).toThrow(/ENOENT/);
});

test('a FIFO that nobody writes to holds nothing up', async () => {
  await using folder = await ScratchFolder.create();
  const fifo = folder.join('fifo');
  execFileSync('mkfifo', ['-m', '600', fifo]);
  expect(() => readPasswordFile(fifo)).toThrow(`${fifo} is not a plain file`);
});
