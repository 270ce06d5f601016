import { once } from 'node:events';
import { rm, symlink, writeFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type * as Posix from '../../../packages/posix/index.js';
import {
  canReceiveDatagrams,
  type DatagramReceiver,
  receiveDatagrams,
} from '../../fixtures/daemon/datagrams.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const require = createRequire(import.meta.url);
const modulePath = require.resolve('../../../packages/posix/index.js');

/** A new instance of the module, with a state of its own, as each thread has it. */
function load(): typeof Posix {
  delete require.cache[modulePath];
  return require(modulePath);
}

const suffix = canReceiveDatagrams ? '' : ' (skipped: install python3)';

describe.runIf(canReceiveDatagrams)(`posix${suffix}`, () => {
  let folder: ScratchFolder;
  let path: string;
  let receiver: DatagramReceiver | undefined;
  let posix: typeof Posix;

  beforeEach(async () => {
    folder = await ScratchFolder.create();
    path = folder.join('log');
    receiver = await receiveDatagrams(path);
    posix = load();
  });
  afterEach(async () => {
    posix.closelog();
    await stopReceiver();
    await folder[Symbol.asyncDispose]();
  });

  /** As a log daemon that ends: its socket goes with it. */
  async function stopReceiver(): Promise<void> {
    await receiver?.close();
    receiver = undefined;
    await rm(path, { force: true });
  }

  const message = /^<(\d+)>([A-Z][a-z]{2} [ \d]\d \d\d:\d\d:\d\d) (.*)$/s;
  const received = async (): Promise<string[]> =>
    message.exec((await receiver?.next()) ?? '')?.slice(1) ?? [];
  const codeOf = (action: () => void): unknown => {
    try {
      action();
    } catch (error) {
      return error instanceof Error && 'code' in error ? error.code : error;
    }
    return undefined;
  };

  test('sends facility, priority, time, ident, pid and the message as it is', async () => {
    posix.openlog('gate', { path, pid: true }, 'local7');
    const before = new Date();
    posix.syslog('err', '100%s %n é\n');
    const [priority, stamp = '', text] = await received();
    // local7 is 23, err is 3.
    expect(priority).toBe(String((23 << 3) | 3));
    expect(text).toBe(`gate[${process.pid}]: 100%s %n é\n`);
    const date = new Date(`${before.getFullYear()} ${stamp}`);
    expect(Math.abs(date.getTime() - before.getTime())).toBeLessThan(2000);
  });

  test('sends facility kern as it is, and no pid without the option', async () => {
    posix.openlog('gate', { path }, 'kern');
    posix.syslog('emerg', 'x');
    const [priority, , text] = await received();
    expect([priority, text]).toEqual(['0', 'gate: x']);
  });

  test('has one log for each instance of the module', async () => {
    const other = load();
    posix.openlog('one', { path }, 'local0');
    other.openlog('two', { path }, 'authpriv');
    posix.syslog('debug', 'a');
    other.syslog('info', 'b');
    posix.syslog('notice', 'c');
    other.closelog();
    expect([await received(), await received(), await received()]).toEqual([
      ['135', expect.any(String), 'one: a'],
      ['86', expect.any(String), 'two: b'],
      ['133', expect.any(String), 'one: c'],
    ]);
  });

  test('lets pass what the mask lets pass', async () => {
    posix.openlog('gate', { path }, 'user');
    const all = posix.setlogmask({ err: true, info: false });
    posix.syslog('info', 'no');
    posix.syslog('warning', 'no');
    posix.syslog('err', 'yes');
    expect((await received())[2]).toBe('gate: yes');
    expect(posix.setlogmask(all)).toEqual({
      ...{ emerg: false, alert: false, crit: false, err: true },
      ...{ warning: false, notice: false, info: false, debug: false },
    });
    posix.syslog('debug', 'all');
    expect((await received())[2]).toBe('gate: all');
  });

  test('says when nobody listens, and finds a daemon that was restarted', async () => {
    posix.openlog('gate', { path, ndelay: true }, 'user');
    posix.syslog('info', 'before');
    expect((await received())[2]).toBe('gate: before');
    await stopReceiver();
    expect(() => posix.syslog('info', 'lost')).toThrow(
      `ENOENT: no such file or directory, connect '${path}'`,
    );
    expect(codeOf(() => posix.syslog('info', 'lost'))).toBe('ENOENT');
    receiver = await receiveDatagrams(path);
    posix.syslog('info', 'after');
    expect((await received())[2]).toBe('gate: after');
    // This time unnoticed: the connection is to a socket that is gone.
    await stopReceiver();
    receiver = await receiveDatagrams(path);
    posix.syslog('info', 'again');
    expect((await received())[2]).toBe('gate: again');
  });

  test('opens without a daemon; what comes first says so', async () => {
    await stopReceiver();
    posix.openlog('gate', { path, ndelay: true }, 'user');
    expect(codeOf(() => posix.syslog('info', 'x'))).toBe('ENOENT');
  });

  test('says what stands in the place of a datagram socket', async () => {
    await stopReceiver();
    const server = createServer().listen(path);
    await once(server, 'listening');
    posix.openlog('gate', { path }, 'user');
    expect(codeOf(() => posix.syslog('info', 'x'))).toBe('EPROTOTYPE');
    server.close();
    await once(server, 'close');
    await writeFile(path, '');
    expect(codeOf(() => posix.syslog('info', 'x'))).toBe('ECONNREFUSED');
  });

  test('finds a socket behind a link that led nowhere', async () => {
    const link = folder.join('link');
    await stopReceiver();
    await symlink(path, link);
    posix.openlog('gate', { path: link, ndelay: true }, 'user');
    expect(codeOf(() => posix.syslog('info', 'x'))).toBe('ENOENT');
    receiver = await receiveDatagrams(path);
    posix.syslog('info', 'there');
    expect((await received())[2]).toBe('gate: there');
  });

  test('waits for a full queue no longer than its timeout, and then has sent nothing', async () => {
    posix.openlog('gate', { path, timeout: 50 }, 'user');
    receiver?.signal('SIGSTOP');
    let sent = 0;
    let start = performance.now();
    const fill = () => {
      for (;;) {
        start = performance.now();
        posix.syslog('info', `${sent}`);
        sent++;
      }
    };
    expect(codeOf(fill)).toBe('EAGAIN');
    expect(performance.now() - start).toBeGreaterThan(45);
    receiver?.signal('SIGCONT');
    posix.syslog('info', 'last');
    for (let number = 0; number < sent; number++) {
      expect((await received())[2]).toBe(`gate: ${number}`);
    }
    expect((await received())[2]).toBe('gate: last');
  });

  test('refuses what cannot be sent, and goes on', async () => {
    posix.openlog('gate', { path }, 'user');
    expect(codeOf(() => posix.syslog('info', 'x'.repeat(1 << 20)))).toBe('EMSGSIZE');
    posix.syslog('info', 'short');
    expect((await received())[2]).toBe('gate: short');
    const long = join(folder.path, 'x'.repeat(100));
    expect(codeOf(() => posix.openlog('gate', { path: long }, 'user'))).toBe('ENAMETOOLONG');
    // @ts-expect-error no such facility
    expect(() => posix.openlog('gate', { path }, 'deamon')).toThrow(
      /^unknown facility deamon: one of kern user mail/,
    );
    // @ts-expect-error no such priority
    expect(() => posix.syslog('constructor', 'x')).toThrow(
      'unknown priority constructor: one of emerg alert crit err warning notice info debug',
    );
    posix.syslog('info', 'as before');
    expect((await received())[2]).toBe('gate: as before');
  });
});
