import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canReceiveDatagrams, receiveDatagrams } from '../../fixtures/daemon/datagrams.ts';
import { fixtureCommand, type RunningFixture, start } from '../../fixtures/daemon/start.ts';

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const missing = [canReceiveDatagrams ? '' : 'install python3', canMount ? '' : 'run as root'];
const suffix = missing.some(Boolean) ? ` (skipped: ${missing.filter(Boolean).join(', ')})` : '';

/**
 * Runs the fixture with a folder as its /dev, in a mount namespace of its own: a socket `log` there
 * is its /dev/log, and the host's is not touched.
 */
function startFixture(folder: string): RunningFixture {
  const inNamespace = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /dev && exec "$@"'];
  return start([...inNamespace, folder, ...fixtureCommand('syslog')]);
}

test.runIf(suffix === '')(`lines reach /dev/log with their severity${suffix}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'specter-syslog-'));
  const receiver = await receiveDatagrams(join(folder, 'log'));
  try {
    const fixture = startFixture(folder);
    const messages: string[] = [];
    for (let count = 0; count < 5; count++) messages.push(await receiver.next());
    expect(await fixture.ended).toEqual({ code: 0, signal: null, stderr: '' });
    // Facility daemon is 3 << 3; then the time of RFC 3164, ident[pid].
    const line = /^<(\d+)>\w{3} [ \d]\d \d\d:\d\d:\d\d specter\[(\d+)\]: (.*)$/;
    const parts = messages.map((message) => line.exec(message)?.slice(1));
    expect(parts).toEqual([
      ['31', String(fixture.pid), 'daemon: a'],
      ['30', String(fixture.pid), 'daemon: 100%s %n'],
      ['29', String(fixture.pid), 'daemon: two\\nlines'],
      ['27', String(fixture.pid), 'daemon: é'],
      ['26', String(fixture.pid), `daemon: ${'x'.repeat(3000)}`],
    ]);
  } finally {
    await receiver.close();
    rmSync(folder, { recursive: true });
  }
});

const rootSuffix = canMount ? '' : ' (skipped: run as root)';

test.runIf(canMount)(`without a log daemon, the end tells what is lost${rootSuffix}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'specter-syslog-'));
  try {
    const { code, stderr } = await startFixture(folder).ended;
    const [, message] = /^\S+ (.*)\n$/.exec(stderr) ?? [];
    expect([code, message]).toEqual([
      0,
      'error log: 5 messages were lost: sendto /dev/log: no such file or directory (ENOENT)',
    ]);
  } finally {
    rmSync(folder, { recursive: true });
  }
});
