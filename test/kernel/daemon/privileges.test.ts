import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { afterEach, describe, expect, test } from 'vitest';
import { resolveUser, type TargetUser } from '../../../src/daemon/privileges.ts';
import { fixtureCommand, type RunningFixture, start } from '../../fixtures/daemon/start.ts';

const isRoot = process.geteuid?.() === 0;
const suffix = isRoot ? '' : ' (skipped: run the tests as root)';
const NOTHING = '0000000000000000';
/** CAP_NET_ADMIN is 12. */
const NET_ADMIN = '0000000000001000';
const CAPABILITY_FIELDS = ['CapPrm', 'CapEff', 'CapInh', 'CapAmb'];

interface Answer {
  target: TargetUser;
  shadow: string;
  setuid: string;
  setgid: string;
  again: string;
  other: string;
  hook: string;
}

let fixture: RunningFixture | undefined;
afterEach(async () => {
  fixture?.child.kill('SIGKILL');
  await fixture?.ended;
  fixture = undefined;
});

async function dropTo(user: string, keepcaps = ''): Promise<Answer & { pid: number }> {
  fixture = start(fixtureCommand('drop-privileges', [user, keepcaps]));
  return { ...JSON.parse(await fixture.nextLine()), pid: fixture.pid };
}

/** A field of a status file, its white space as single blanks. */
function field(status: string, name: string): string {
  const line = status.split('\n').find((text) => text.startsWith(`${name}:`)) ?? '';
  return line
    .slice(name.length + 1)
    .trim()
    .replaceAll(/\s+/g, ' ');
}

const fields = (status: string, names: readonly string[]): string[] =>
  names.map((name) => field(status, name));

function threads(pid: number): { main: string; others: string[] } {
  const read = (tid: string): string => readFileSync(`/proc/${pid}/task/${tid}/status`, 'utf8');
  const tids = readdirSync(`/proc/${pid}/task`);
  return {
    main: read(String(pid)),
    others: tids.filter((tid) => tid !== String(pid)).map(read),
  };
}

describe.runIf(isRoot)(`dropPrivileges${suffix}`, () => {
  test('to nobody: no thread keeps a user, group or capability of root', async () => {
    const { pid, target } = await dropTo('nobody');
    const { main, others } = threads(pid);
    // V8's workers, Node's signal thread, libuv's pool and koffi's thread.
    expect(others.length).toBeGreaterThanOrEqual(9);
    const { uid, gid } = target;
    for (const status of [main, ...others]) {
      expect(fields(status, ['Uid', 'Gid', 'Groups'])).toEqual([
        `${uid} ${uid} ${uid} ${uid}`,
        `${gid} ${gid} ${gid} ${gid}`,
        target.groups.join(' '),
      ]);
      expect(fields(status, CAPABILITY_FIELDS)).toEqual([NOTHING, NOTHING, NOTHING, NOTHING]);
    }
  });

  test('to nobody: the way back is closed, and other users are out of reach', async () => {
    const { shadow, setuid, setgid, again, other } = await dropTo('nobody');
    expect({ shadow, setuid, setgid, again, other }).toEqual({
      shadow: 'EACCES',
      setuid: 'EPERM',
      setgid: 'EPERM',
      again: 'done',
      other: 'only root can become user daemon: start as root',
    });
  });

  test('keepcaps: the main thread and the programs it starts hold exactly that', async () => {
    const { pid, hook, shadow, setuid, again } = await dropTo('nobody', 'CAP_NET_ADMIN');
    const { main, others } = threads(pid);
    const kept = [NET_ADMIN, NET_ADMIN, NET_ADMIN, NET_ADMIN];
    expect(fields(main, CAPABILITY_FIELDS)).toEqual(kept);
    expect(fields(hook, CAPABILITY_FIELDS)).toEqual(kept);
    for (const status of others) {
      expect(fields(status, ['CapPrm', 'CapEff', 'CapAmb'])).toEqual([NOTHING, NOTHING, NOTHING]);
    }
    expect({ shadow, setuid, again }).toEqual({ shadow: 'EACCES', setuid: 'EPERM', again: 'done' });
  });

  test('hooks may still use sudo: no_new_privs is not set', async () => {
    const { pid, hook } = await dropTo('nobody');
    expect(field(threads(pid).main, 'NoNewPrivs')).toBe('0');
    expect(field(hook, 'NoNewPrivs')).toBe('0');
  });

  test('a number stands for the user that has it', async () => {
    const { uid, name } = resolveUser('nobody');
    expect((await dropTo(String(uid))).target).toMatchObject({ uid, name });
  });

  test('inherited inheritable capabilities of root do not survive either', async () => {
    const [inheritable, ...rest] = ['setpriv', '--inh-caps=+net_raw', '--'];
    if (!existsSync('/usr/bin/setpriv')) throw new Error('install util-linux for setpriv');
    fixture = start([inheritable ?? '', ...rest, ...fixtureCommand('drop-privileges', ['nobody'])]);
    const { hook }: Answer = JSON.parse(await fixture.nextLine());
    expect(fields(threads(fixture.pid).main, CAPABILITY_FIELDS)).toEqual(Array(4).fill(NOTHING));
    expect(fields(hook, CAPABILITY_FIELDS)).toEqual(Array(4).fill(NOTHING));
  });
});
