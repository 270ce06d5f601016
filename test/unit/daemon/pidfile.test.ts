import {
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Pidfile } from '../../../src/daemon/pidfile.ts';
import { fixtureCommand, type RunningFixture, start } from '../../fixtures/daemon/start.ts';

let folder: string;
let path: string;
const running: RunningFixture[] = [];

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-pidfile-'));
  path = join(folder, 'specter.pid');
});

afterEach(async () => {
  for (const fixture of running.splice(0)) {
    fixture.child.kill('SIGKILL');
    await fixture.ended;
  }
  rmSync(folder, { recursive: true });
});

async function instance(): Promise<RunningFixture> {
  const fixture = start(fixtureCommand('pidfile', [path]));
  running.push(fixture);
  expect(await fixture.nextLine()).toBe('up');
  return fixture;
}

describe('in one process', () => {
  test('holds our pid, readable by everyone whatever the umask, and is removed', () => {
    const umask = process.umask(0o077);
    const pidfile = Pidfile.acquire(path);
    process.umask(umask);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
    expect(statSync(path).mode & 0o777).toBe(0o644);
    pidfile.release();
    expect(existsSync(path)).toBe(false);
  });

  test('a second one is refused and changes nothing', () => {
    const pidfile = Pidfile.acquire(path);
    expect(() => Pidfile.acquire(path)).toThrow(
      `${path}: specter is already running (pid ${process.pid})`,
    );
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
    pidfile.release();
  });

  test('takes over a longer file that nobody holds', () => {
    writeFileSync(path, '4194304 left by a killed daemon\n');
    const pidfile = Pidfile.acquire(path);
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
    pidfile.release();
  });

  test('leaves the file of another instance alone', () => {
    const first = Pidfile.acquire(path);
    rmSync(path);
    const second = Pidfile.acquire(path);
    first.release();
    expect(readFileSync(path, 'utf8')).toBe(`${process.pid}\n`);
    second.release();
    expect(existsSync(path)).toBe(false);
  });

  test('does not write through a symbolic link', () => {
    const target = join(folder, 'target');
    writeFileSync(target, 'precious');
    symlinkSync(target, path);
    expect(() => Pidfile.acquire(path)).toThrow(`${path}: is a symbolic link (ELOOP); remove it`);
    expect(readFileSync(target, 'utf8')).toBe('precious');
  });

  test('says what to do about a missing folder', () => {
    const lost = join(folder, 'missing', 'specter.pid');
    expect(() => Pidfile.acquire(lost)).toThrow(
      `${lost}: its folder does not exist (ENOENT); create it or choose another pidfile`,
    );
  });

  test('is not a device', () => {
    expect(() => Pidfile.acquire('/dev/null')).toThrow('/dev/null: is not a regular file');
  });
});

describe('between processes', () => {
  test('of six started at once, one gets it', async () => {
    const fixtures = await Promise.all(Array.from({ length: 6 }, instance));
    for (const fixture of fixtures) fixture.say('go');
    const answers = await Promise.all(fixtures.map((fixture) => fixture.nextLine()));
    const winner = fixtures[answers.indexOf('acquired')];
    expect(answers.filter((answer) => answer === 'acquired')).toHaveLength(1);
    // A loser may look before the winner has written its number, never at a wrong one.
    const refusal = `${path}: specter is already running`;
    for (const answer of answers.filter((text) => text !== 'acquired')) {
      expect([refusal, `${refusal} (pid ${winner?.pid})`]).toContain(answer);
    }
    winner?.say('release');
    expect(await winner?.ended).toMatchObject({ code: 0 });
    expect(existsSync(path)).toBe(false);
  });

  test('a killed daemon leaves a file that the next one takes over', async () => {
    const first = await instance();
    first.say('go');
    expect(await first.nextLine()).toBe('acquired');
    first.child.kill('SIGKILL');
    await first.ended;
    expect(readFileSync(path, 'utf8')).toBe(`${first.pid}\n`);
    const second = await instance();
    second.say('go');
    expect(await second.nextLine()).toBe('acquired');
    expect(readFileSync(path, 'utf8')).toBe(`${second.pid}\n`);
  });
});
