import { existsSync, mkdtempSync, readFileSync, rmSync, watch } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { ParentLink } from '../../../src/daemon/background.ts';
import { NO_INSPECTOR_OPTION } from '../../../src/daemon/inspector.ts';
import { fixtureCommand, type RunningFixture, start } from '../../fixtures/daemon/start.ts';

interface Notes {
  pid: number;
  args: string[];
  execArgv: string[];
  variable?: string;
  stat: string;
  cwd: string;
  umask: number;
  ownDescriptors: string;
  childDescriptors: string;
}

let folder: string;
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-background-'));
});
afterEach(() => {
  const { pid } = existsSync(join(folder, 'before')) ? notes('before') : { pid: 0 };
  if (pid > 0 && isAlive(pid)) process.kill(pid, 'SIGKILL');
  rmSync(folder, { recursive: true });
});

const parentIn = (mode: string, ...rest: string[]): RunningFixture =>
  start(fixtureCommand('background', [mode, folder, ...rest]));
const notes = (when: string): Notes => JSON.parse(readFileSync(join(folder, when), 'utf8'));

function isAlive(pid: number): boolean {
  try {
    // A zombie that nobody has reaped yet counts as dead.
    return !/^State:\tZ/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

/** Resolves when the daemon has written its notes. */
async function noted(when: string): Promise<Notes> {
  const watcher = watch(folder);
  const changed = new Promise<void>((resolve) => {
    watcher.on('change', () => existsSync(join(folder, when)) && resolve());
  });
  if (!existsSync(join(folder, when))) await changed;
  watcher.close();
  return notes(when);
}

describe('ready', () => {
  test('the parent exits with 0 and no word, the daemon goes on in a session of its own', async () => {
    const parent = parentIn('ready', '-d', '-c', 'x');
    expect(await parent.ended).toEqual({ code: 0, signal: null, stderr: '' });
    const { pid, args, execArgv, variable, stat, cwd, umask } = notes('before');
    expect(isAlive(pid)).toBe(true);
    expect(pid).not.toBe(parent.pid);
    // pid (comm) state ppid pgrp session tty_nr
    const [, , pgrp, session, tty] = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    expect([pgrp, session, tty]).toEqual([String(pid), String(pid), '0']);
    expect(args).toEqual(['ready', folder, '-d', '-c', 'x']);
    expect(execArgv).toEqual(['--import', 'tsx', NO_INSPECTOR_OPTION]);
    expect({ variable, cwd, umask }).toEqual({ variable: undefined, cwd: '/', umask: 0o027 });
  });

  test('the status pipe reaches no program, and is closed once it has served', async () => {
    await parentIn('ready').ended;
    const [before, after] = [notes('before'), await noted('after')];
    expect(before.ownDescriptors).toMatch(/ 3 -> socket:/);
    expect(after.ownDescriptors).not.toMatch(/ 3 -> socket:/);
    const pipe = /socket:\[\d+\]/.exec(/ 3 -> .*/.exec(before.ownDescriptors)?.[0] ?? '')?.[0];
    expect(before.childDescriptors).not.toContain(pipe);
    expect(after.ownDescriptors).not.toContain(pipe);
  });
});

describe('not ready', () => {
  const died = (how: string): string =>
    `the background process ended with ${how} before it was ready; see /var/log/specter.log, or start it without -d to see what it says\n`;

  test('the failure reaches stderr as it is, however long', async () => {
    const message = `specter.conf:1:1: error: no\n${'x'.repeat(500_000)}\nend\n`;
    expect(await parentIn('failure').ended).toEqual({ code: 1, signal: null, stderr: message });
  });

  test.each([
    ['exit', 'exit code 7'],
    ['throw', 'exit code 1'],
    ['killed', 'signal SIGKILL'],
  ])('%s', async (mode, how) => {
    expect(await parentIn(mode).ended).toEqual({ code: 1, signal: null, stderr: died(how) });
  });

  test('SIGTERM to the waiting parent ends the daemon', async () => {
    const parent = parentIn('wait');
    const { pid } = await noted('before');
    parent.child.kill('SIGTERM');
    expect(await parent.ended).toEqual({ code: 1, signal: null, stderr: died('signal SIGTERM') });
    expect(isAlive(pid)).toBe(false);
  });
});

describe('a variable that somebody else has set', () => {
  test('names no descriptor of ours, and is removed', () => {
    const environment = { SPECTER_STATUS_FD: '0x3', PATH: '/bin' };
    expect(ParentLink.fromEnvironment(environment)).toBeUndefined();
    expect(environment).toEqual({ PATH: '/bin' });
  });

  test('with no pipe behind it does not make the parent a daemon', async () => {
    const command = fixtureCommand('background', ['exit', folder]);
    const { code } = await start(command, { SPECTER_STATUS_FD: '3' }).ended;
    expect(code).toBe(1); // 7 would be the daemon's
  });
});
