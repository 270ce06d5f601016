import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { describe, expect, test } from 'vitest';
import { describeOwner, findGroupOwner } from '../../../src/netlink/nflog-owner.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

const nfnetlinkLog = [
  '    0   4711     0 2 65531    100  1',
  '    5 4294963192     0 2    64     10  1',
  '   77   9999     0 2    64     10  1',
  '',
].join('\n');

const netlink = [
  'sk               Eth Pid        Groups   Rmem     Wmem     Dump  Locks    Drops    Inode',
  '0000000000000000 0   4711       00000000 0        0        0     2        0        11',
  '0000000000000000 12  4711       00000000 0        0        0     2        0        12',
  '0000000000000000 12  4294963192 00000000 0        0        0     2        0        13',
  '',
].join('\n');

/** A /proc with the given files; `fd` entries are links. */
async function procWith(files: Record<string, string>): Promise<ScratchFolder> {
  const folder = await ScratchFolder.create();
  for (const [name, content] of Object.entries(files)) {
    const path = folder.join(name);
    mkdirSync(dirname(path), { recursive: true });
    if (name.includes('/fd/')) symlinkSync(content, path);
    else writeFileSync(path, content);
  }
  return folder;
}

const tables = { 'net/netfilter/nfnetlink_log': nfnetlinkLog, 'net/netlink': netlink };

describe('findGroupOwner', () => {
  test('follows port id and inode to the process, which need not have that number', async () => {
    await using proc = await procWith({
      ...tables,
      'self/fd/0': 'socket:[13]',
      '12/fd/0': 'socket:[11]',
      '12/comm': 'other\n',
      '34/fd/1': '/dev/null',
      '34/fd/7': 'socket:[13]',
      '34/comm': 'ulogd\n',
    });
    const owner = findGroupOwner(5, proc.path);
    expect(owner).toEqual({ portid: 4294963192, pid: 34, command: 'ulogd' });
    expect(owner && describeOwner(owner)).toBe('pid 34, ulogd');
  });

  test('takes the socket of the right family', async () => {
    await using proc = await procWith({
      ...tables,
      '1/fd/0': 'socket:[11]',
      '2/fd/0': 'socket:[12]',
    });
    const owner = findGroupOwner(0, proc.path);
    expect(owner).toEqual({ portid: 4711, pid: 2, command: undefined });
    expect(owner && describeOwner(owner)).toBe('pid 2');
  });

  test('is content with the port id where the process is out of sight', async () => {
    await using proc = await procWith(tables);
    const owner = findGroupOwner(77, proc.path);
    expect(owner).toEqual({ portid: 9999, pid: undefined, command: undefined });
    expect(owner && describeOwner(owner)).toBe('netlink port id 9999');
  });

  test('finds none for a free group, or where there is no list', async () => {
    await using proc = await procWith(tables);
    expect(findGroupOwner(6, proc.path)).toBeUndefined();
    expect(findGroupOwner(5, proc.join('nowhere'))).toBeUndefined();
  });
});
