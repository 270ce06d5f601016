import { chmod } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  readOptionFile,
  readPasswordFile,
} from '../../../../../../src/plugins/output/database/mysql/index.ts';
import { parseOptionFile } from '../../../../../../src/plugins/output/database/mysql/option-file.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';

describe('parseOptionFile', () => {
  const parse = (text: string) => parseOptionFile(text, 'my.cnf');

  test('takes the groups [client] and [specter], the last value of each name', () => {
    const text = `# comment
; another
[mysqld]
port = 1
user=mysql
[client]
user = ulog
password = one
host=db.example
port = 3307
[ specter ]
password = two
socket = /run/s
database=ulog
[mysql]
password=three
no-auto-rehash
`;
    expect(parse(text)).toEqual({
      ...{ user: 'ulog', password: 'two', host: 'db.example', port: 3307 },
      socket: '/run/s',
    });
  });

  test.each([
    ['"a b#c"', 'a b#c'],
    ["'it\\'s' # comment", "it's"],
    ['plain # comment', 'plain'],
    ['a#b', 'a#b'],
    ['a\\sb\\\\c\\td', 'a b\\c\td'],
    ['\\x', '\\x'],
    ['', ''],
    ['a=b', 'a=b'],
  ])('value %s', (text, value) => {
    expect(parse(`[client]\npassword = ${text}\n`)).toEqual({ password: value });
  });

  test.each([
    ['ssl', true],
    ['ssl=0', false],
    ['ssl = FALSE', false],
    ['skip-ssl', false],
    ['ssl-mode=REQUIRED', true],
    ['ssl_mode=VERIFY_IDENTITY', true],
    ['ssl-mode=disabled', false],
  ])('%s', (line, ssl) => {
    expect(parse(`[client]\r\n${line}\r\n`)).toEqual({ ssl });
  });

  test('certificates', () => {
    expect(parse('[client]\nssl_ca = /etc/ca.pem\n')).toEqual({ sslCa: '/etc/ca.pem' });
  });

  test.each([
    [
      '[client]\n!includedir /etc/mysql/conf.d/',
      'my.cnf:2: !includedir is not followed: name that file instead',
    ],
    ['[client]\nuser\n= x', 'my.cnf:3: neither [group] nor name = value'],
    ['[client]\nport = x', 'my.cnf: port x is none'],
  ])('%j is an error', (text, message) => {
    expect(() => parse(text)).toThrow(new Error(message));
  });
});

describe('files with passwords', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await ScratchFolder.create();
  });
  afterAll(async () => await folder[Symbol.asyncDispose]());

  async function file(name: string, text: string, mode: number): Promise<string> {
    const path = await folder.write(name, text);
    await chmod(path, mode);
    return path;
  }

  test.each([0o600, 0o400])('the first line is the password: mode %o', async (mode) => {
    expect(readPasswordFile(await file(`one${mode}`, ' a b#\r\nsecond\n', mode))).toBe(' a b#');
  });

  test.each([0o640, 0o604, 0o610, 0o602])('others may not have access: mode %o', async (mode) => {
    const path = await file(`open${mode}`, 'x', mode);
    expect(() => readPasswordFile(path)).toThrow(
      new Error(
        `${path} holds a password, and others have access (mode 0${mode.toString(8)}); chmod 0600 ${path}`,
      ),
    );
  });

  test('an empty line, a folder, or nothing is no password', async () => {
    const path = await file('empty', '\nx', 0o600);
    expect(() => readPasswordFile(path)).toThrow('the first line, the password, is empty');
    expect(() => readPasswordFile(folder.path)).toThrow(`${folder.path} is no plain file`);
    expect(() => readPasswordFile(folder.join('none'))).toThrow(
      /^ENOENT: .*; make the file, or correct the path$/,
    );
  });

  test('an option file that others can read holds no password', async () => {
    const open = await file('open.cnf', '[client]\nuser=u\n', 0o644);
    expect(readOptionFile(open)).toEqual({ user: 'u' });
    const path = await file('pass.cnf', '[client]\npassword=p\n', 0o644);
    expect(() => readOptionFile(path)).toThrow(`chmod 0600 ${path}`);
    await chmod(path, 0o600);
    expect(readOptionFile(path)).toEqual({ password: 'p' });
  });
});
