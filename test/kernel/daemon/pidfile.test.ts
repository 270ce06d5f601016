import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { fixtureCommand, start } from '../../fixtures/daemon/start.ts';

const isRoot = process.geteuid?.() === 0;
const suffix = isRoot ? '' : ' (skipped: run the tests as root)';

test.runIf(isRoot)(`a user who may not remove the pidfile empties it${suffix}`, async () => {
  const folder = mkdtempSync(join(tmpdir(), 'specter-pidfile-')); // mode 0700, root's
  const path = join(folder, 'specter.pid');
  const fixture = start(fixtureCommand('pidfile', [path, 'nobody']));
  try {
    expect(await fixture.nextLine()).toBe('up');
    fixture.say('go');
    expect(await fixture.nextLine()).toBe('acquired');
    expect(readFileSync(path, 'utf8')).toBe(`${fixture.pid}\n`);
    fixture.say('release');
    expect(await fixture.ended).toEqual({ code: 0, signal: null, stderr: '' });
    expect(readFileSync(path, 'utf8')).toBe('');
  } finally {
    fixture.child.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  }
});
