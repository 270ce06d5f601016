import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { canReceiveDatagrams, receiveDatagrams } from '../../fixtures/daemon/datagrams.ts';
import { fixtureCommand, start } from '../../fixtures/daemon/start.ts';

const canMount = spawnSync('unshare', ['--mount', 'true']).status === 0;
const missing = [canReceiveDatagrams ? '' : 'install python3', canMount ? '' : 'run as root'];
const suffix = missing.some(Boolean) ? ` (skipped: ${missing.filter(Boolean).join(', ')})` : '';

test.runIf(suffix === '')(`lines reach /dev/log with their severity${suffix}`, async () => {
  // The fixture's /dev is a folder of ours, in a mount namespace of its own: the receiver's socket
  // is its /dev/log, and the host's is not touched.
  const folder = mkdtempSync(join(tmpdir(), 'specter-syslog-'));
  const receiver = await receiveDatagrams(join(folder, 'log'));
  try {
    const inNamespace = ['unshare', '--mount', 'sh', '-c', 'mount --bind "$0" /dev && exec "$@"'];
    const fixture = start([...inNamespace, folder, ...fixtureCommand('syslog')]);
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
