import { execFileSync } from 'node:child_process';
import {
  chownSync,
  closeSync,
  constants,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  readSync,
  renameSync,
  rmSync,
  statSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Log } from '../../../src/daemon/log.ts';
import { DescriptorSink } from '../../../src/daemon/log-sink.ts';
import { FileRightsError } from '../../../src/daemon/open-append.ts';
import { fixtureCommand, start } from '../../fixtures/daemon/start.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';

let folder: string;
let path: string;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-log-'));
  path = join(folder, 'specter.log');
});

afterEach(() => rmSync(folder, { recursive: true }));

/** The lines of a log without their times, which are checked for their form only. */
function linesOf(text: string): string[] {
  const time = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}[+-]\d\d:\d\d /;
  return text
    .split('\n')
    .slice(0, -1)
    .map((line) => {
      expect(line).toMatch(time);
      return line.replace(time, '');
    });
}

const written = (file = path): string[] => linesOf(readFileSync(file, 'utf8'));

describe('levels', () => {
  function sayAll(level: number | undefined): string[] {
    const log = new Log(level === undefined ? { target: path } : { target: path, level });
    const { debug, info, notice, error, fatal } = log.component('daemon');
    debug('a');
    info('b');
    notice('c');
    error('d');
    fatal('e');
    log.close();
    return written().map((line) => line.slice(0, line.indexOf(' ')));
  }

  test.each([
    [undefined, ['info', 'notice', 'error', 'fatal']],
    [1, ['debug', 'info', 'notice', 'error', 'fatal']],
    [4, ['notice', 'error', 'fatal']],
    [8, ['fatal']],
  ])('%s', (level, expected) => expect(sayAll(level)).toEqual(expected));

  test('the threshold can change while running', () => {
    const log = new Log({ target: path, level: 7 });
    const { debug } = log.component('daemon');
    debug('before');
    log.level = 1;
    debug('after');
    log.close();
    expect(written()).toEqual(['debug daemon: after']);
  });
});

describe('files', () => {
  test('are appended to', () => {
    for (const message of ['first', 'second']) {
      const log = new Log({ target: path });
      log.component('daemon').info(message);
      log.close();
    }
    expect(written()).toEqual(['info daemon: first', 'info daemon: second']);
  });

  test('reopen follows a moved file', () => {
    const log = new Log({ target: path });
    const { info } = log.component('daemon');
    info('one');
    renameSync(path, `${path}.1`);
    info('two');
    log.reopen();
    info('three');
    log.close();
    expect(written(`${path}.1`)).toEqual(['info daemon: one', 'info daemon: two']);
    expect(written()).toEqual(['info daemon: three']);
  });

  test('the old file stays in use when the new one cannot be opened', () => {
    const nested = join(folder, 'log');
    execFileSync('mkdir', [nested]);
    const log = new Log({ target: join(nested, 'x.log') });
    renameSync(nested, `${nested}.old`);
    log.reopen();
    log.component('daemon').info('still here');
    log.close();
    expect(existsSync(nested)).toBe(false);
    expect(written(join(`${nested}.old`, 'x.log'))).toEqual([
      `error log: cannot reopen, writing to the old file: ENOENT: no such file or directory, open '${nested}/x.log'`,
      'info daemon: still here',
    ]);
  });

  test('are for owner and group alone', () => {
    new Log({ target: path }).close();
    expect(statSync(path).mode & 0o777).toBe(0o640);
  });

  test('a descriptor that cannot be closed is told, never thrown', () => {
    const log = new Log({ target: path });
    const { info } = log.component('daemon');
    info('one');
    renameSync(path, `${path}.1`);
    closeSync(descriptorOf(`${path}.1`));
    expect(() => log.close()).not.toThrow();
    info('after the end');
    expect(written(`${path}.1`)).toEqual(['info daemon: one']);
  });

  test('a file that cannot be opened is an error with its path', () => {
    const lost = join(folder, 'missing', 'x.log');
    expect(() => new Log({ target: lost })).toThrow(
      `ENOENT: no such file or directory, open '${lost}'`,
    );
  });
});

const notRoot = runsAsRoot ? undefined : 'only root can act for others';

describe.skipIf(notRoot)(title('files for the user that root becomes', notRoot), () => {
  const forUser = { name: 'u', uid: 4242, gid: 4243, groups: [4243], capabilities: [] };

  test('belong to that user, anew after reopen', () => {
    const log = new Log({ target: path, forUser });
    renameSync(path, `${path}.1`);
    log.reopen();
    log.close();
    const owners = [path, `${path}.1`].map((file) => [statSync(file).uid, statSync(file).gid]);
    expect(owners).toEqual([
      [4242, 4243],
      [4242, 4243],
    ]);
  });

  test('are not what a link of the user leads to', () => {
    const secret = join(folder, 'secret');
    writeFileSync(secret, '', { mode: 0o600 });
    chownSync(folder, forUser.uid, forUser.gid);
    symlinkSync(secret, path);
    expect(() => new Log({ target: path, forUser })).toThrow(FileRightsError);
    expect(statSync(secret).uid).toBe(0);
  });
});

/** The descriptor of this process that a file is open with. */
function descriptorOf(file: string): number {
  const isIt = (fd: string): boolean => {
    const link = `/proc/self/fd/${fd}`;
    return existsSync(link) && readlinkSync(link) === file;
  };
  return Number(readdirSync('/proc/self/fd').find(isIt));
}

describe('a log that cannot be written', () => {
  test('counts the lines and tells of them later', () => {
    symlinkSync('/dev/full', path);
    const log = new Log({ target: path });
    const { info } = log.component('daemon');
    for (let count = 0; count < 3; count++) info('lost');
    unlinkSync(path);
    log.reopen();
    info('written');
    log.close();
    expect(written()).toEqual([
      'error log: 3 lines were lost: ENOSPC: no space left on device, write',
      'info daemon: written',
    ]);
  });

  test('a line cut short is not continued by the next', () => {
    const pipe = join(folder, 'pipe');
    execFileSync('mkfifo', [pipe]);
    const fd = openSync(pipe, constants.O_RDWR | constants.O_NONBLOCK);
    const sink = new DescriptorSink(fd);
    const long = 'x'.repeat(100_000); // more than the 65536 bytes of a pipe
    sink.write(new Date(), 'info', 'daemon', long);
    const buffer = Buffer.alloc(1 << 20);
    const cut = buffer.toString('utf8', 0, readSync(fd, buffer));
    sink.write(new Date(), 'info', 'daemon', 'next');
    const rest = buffer.toString('utf8', 0, readSync(fd, buffer));
    closeSync(fd);
    expect(cut).toHaveLength(65_536);
    expect(rest.startsWith('\n')).toBe(true);
    expect(linesOf(rest.slice(1))).toEqual([
      'error log: 1 line was lost: EAGAIN: resource temporarily unavailable, write',
      'info daemon: next',
    ]);
  });
});

describe('terminal', () => {
  test.each([
    ['a file, mirrored', ['file', 'mirror'], '', 'info daemon: hello'],
    ['a file', ['file'], '', ''],
    ['stdout', ['stdout'], 'info daemon: hello', ''],
    ['stdout, mirrored', ['stdout', 'mirror'], 'info daemon: hello', 'info daemon: hello'],
    ['stderr, mirrored once', ['stderr', 'mirror'], '', 'info daemon: hello'],
  ])('%s', async (_name, [target = '', mirror = ''], stdout, stderr) => {
    const fixture = start(fixtureCommand('log', [target === 'file' ? path : target, mirror]));
    const lines = stdout === '' ? [] : linesOf(`${await fixture.nextLine()}\n`);
    const end = await fixture.ended;
    expect(lines).toEqual(stdout === '' ? [] : [stdout]);
    expect(linesOf(end.stderr)).toEqual(stderr === '' ? [] : [stderr]);
  });
});
