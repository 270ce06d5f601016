import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { accountByName, accountByUid, groupsOf } from '../../../src/libc/accounts.ts';

const entries = readFileSync('/etc/passwd', 'utf8')
  .split('\n')
  .map((line) => line.split(':'))
  .filter((fields) => fields.length === 7)
  .map(([name = '', , uid, gid]) => ({ name, uid: Number(uid), gid: Number(gid) }));

describe.each(entries)('$name', (entry) => {
  test('by name', () => expect(accountByName(entry.name)).toEqual(entry));

  test('groups as id(1) says', () => {
    const numbers = execFileSync('id', ['-G', entry.name], { encoding: 'utf8' });
    expect(new Set(groupsOf(entry))).toEqual(new Set(numbers.trim().split(' ').map(Number)));
  });
});

test('by number', () => expect(accountByUid(0)).toMatchObject({ uid: 0, gid: 0 }));

test('nobody of that name or number', () => {
  expect(accountByName('no-such-user')).toBeUndefined();
  expect(accountByUid(4_242_424_242)).toBeUndefined();
});
