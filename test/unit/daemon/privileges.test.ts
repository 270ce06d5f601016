import { describe, expect, test } from 'vitest';
import {
  PrivilegeError,
  privilegeProblems,
  resolveCapability,
  resolveUser,
} from '../../../src/daemon/privileges.ts';
import { parseThreadStatus, type ThreadStatus } from '../../../src/daemon/thread-status.ts';

describe('resolveUser', () => {
  test('knows capabilities with and without prefix, in any case, each once', () => {
    const { capabilities } = resolveUser('nobody', ['NET_RAW', 'cap_net_admin', 'Net_Admin']);
    expect(capabilities).toEqual([12, 13]);
  });

  test.each([
    ['no-such-user', [], 'there is no user no-such-user'],
    [
      '4242424242',
      [],
      'no user has the number 4242424242: its groups are unknown; create the user or give a name',
    ],
    // (uid_t)-1, which setresuid takes for "leave unchanged"
    ['4294967295', [], 'there is no user 4294967295'],
    ['root', [], 'user root is root: name a user without privileges, or leave the option out'],
    ['0', [], 'user 0 is root: name a user without privileges, or leave the option out'],
    ['nobody', ['net_admn'], 'keepcaps net_admn: no such capability'],
    ['nobody', ['setuid'], 'keepcaps setuid: with it the user could become root again'],
    ['nobody', ['CAP_SETGID'], 'keepcaps CAP_SETGID: with it the user could become root again'],
  ])('%s %j', (user, keepcaps, message) => {
    expect(() => resolveUser(user, keepcaps)).toThrow(new PrivilegeError(message));
  });
});

describe('resolveCapability', () => {
  const waysBack =
    'setuid setgid setpcap setfcap chown dac_override dac_read_search fowner mknod sys_admin ' +
    'sys_ptrace sys_module sys_boot sys_rawio bpf';

  test.each(waysBack.split(' '))('%s is a way back to root', (name) => {
    expect(() => resolveCapability(name)).toThrow(
      new PrivilegeError(`keepcaps ${name}: with it the user could become root again`),
    );
  });

  test.each([
    ['net_admin', 12],
    ['net_raw', 13],
    ['kill', 5],
    ['sys_nice', 23],
    ['perfmon', 38],
  ])('%s may be kept', (name, number) => expect(resolveCapability(name)).toBe(number));
});

describe('privilegeProblems', () => {
  const target = { name: 'u', uid: 7, gid: 8, groups: [8, 9], capabilities: [12] };
  const kept = 0x1000n;
  const main: ThreadStatus = {
    tid: 100,
    uids: [7, 7, 7, 7],
    gids: [8, 8, 8, 8],
    groups: [8, 9],
    permitted: kept,
    effective: kept,
    inheritable: kept,
    ambient: kept,
  };
  const other: ThreadStatus = { ...main, tid: 101, permitted: 0n, effective: 0n, ambient: 0n };
  const problems = (...threads: ThreadStatus[]): string[] =>
    privilegeProblems(target, threads, 100);

  test('none', () => expect(problems(main, other)).toEqual([]));

  test.each<[Partial<ThreadStatus>, string]>([
    [{ uids: [7, 7, 0, 7] }, 'Uid 7 7 0 7'],
    [{ gids: [8, 8, 8, 0] }, 'Gid 8 8 8 0'],
    [{ groups: [0, 8, 9] }, 'Groups 0 8 9'],
    [{ groups: [8] }, 'Groups 8'],
    [{ permitted: 1n << 40n }, 'CapPrm 0000010000000000'],
    [{ effective: 1n }, 'CapEff 0000000000000001'],
    [{ ambient: 1n }, 'CapAmb 0000000000000001'],
  ])('%o: %s', (change, text) => {
    expect(problems({ ...main, ...change })).toEqual([`thread 100: ${text}`]);
    expect(problems(main, { ...other, ...change })).toEqual([`thread 101: ${text}`]);
  });

  test('what is kept may not be missing, nor be in another thread', () => {
    expect(problems({ ...main, inheritable: 0n })).toEqual(['thread 100: CapInh 0000000000000000']);
    expect(problems(main, { ...main, tid: 101 })).toEqual([
      'thread 101: CapPrm 0000000000001000',
      'thread 101: CapEff 0000000000001000',
      'thread 101: CapAmb 0000000000001000',
    ]);
  });
});

describe('parseThreadStatus', () => {
  const text = [
    'Name:\tnode: x',
    'Uid:\t1\t2\t3\t4',
    'Gid:\t5\t6\t7\t8',
    'Groups:\t27 4 ',
    'CapInh:\t0000000000000001',
    'CapPrm:\t000001ffffffffff',
    'CapEff:\t0000000000000002',
    'CapAmb:\t0000000000000004',
    '',
  ].join('\n');

  test('all fields', () => {
    expect(parseThreadStatus(9, text)).toEqual({
      tid: 9,
      uids: [1, 2, 3, 4],
      gids: [5, 6, 7, 8],
      groups: [4, 27],
      permitted: 0x1ffffffffffn,
      effective: 2n,
      inheritable: 1n,
      ambient: 4n,
    });
  });

  test('a missing field is an error, not an empty set', () => {
    expect(() => parseThreadStatus(9, text.replace('CapAmb', 'CapXyz'))).toThrow(
      'status of thread 9 has no field CapAmb',
    );
  });
});
