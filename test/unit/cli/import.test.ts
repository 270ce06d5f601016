import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { RunningProcess } from '../../support/running-process.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { scriptCommand } from '../../support/script-command.ts';

const script = new URL('../../../src/cli.ts', import.meta.url);
const door = '[ssh]\nsequence = 7000,8000\ncommand = /bin/sh -c true\n';

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Runs `specter import` from the sources. */
async function importing(args: readonly string[], stdin = '') {
  const [command, ...rest] = scriptCommand(script, 'import', ...args);
  const child = spawn(command, rest);
  await using specter = new RunningProcess('specter', child);
  child.stdin.end(stdin);
  const { code, stdout, stderr } = await specter.exit;
  return { code, stdout, stderr };
}

describe('specter import', () => {
  test('prints a config', async () => {
    const file = await folder.write('knockd.conf', door);
    const { code, stdout, stderr } = await importing([file]);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^# Made from .*knockd\.conf by `specter import`/);
    expect(stdout).toContain('tcp dport { 7000, 8000 } counter log group 1 queue-threshold 1\n');
    expect(stdout).toContain('\nknock {\n    group 1\n');
    expect(stdout).toContain('        execstr /bin/sh -c true\n}\n');
  });

  test('reads stdin, for another group', async () => {
    const { code, stdout, stderr } = await importing(['--group', '65535', '-'], door);
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).toMatch(/^# Made from <stdin> by/);
    expect(stdout).toContain('log group 65535 queue-threshold 1\n');
    expect(stdout).toContain('\n    group 65535\n');
  });

  test('reads no sequences from what is no file', async () => {
    const endless = door.replace(/sequence.*/, 'one_time_sequences = /dev/zero');
    const { code, stderr } = await importing(['-'], endless);
    expect(code).toBe(0);
    expect(stderr).toContain('/dev/zero cannot be read: its ports are missing in the rules');
  });

  test('knows a config of ulogd2, and shows none of it', async () => {
    const text = '# made by hand\n[global]\nstack=log1:NFLOG,pg1:PGSQL\n[pg1]\npass="changeme"\n';
    expect(await importing(['-'], text)).toEqual({
      code: 1,
      stdout: '',
      stderr:
        '<stdin>:3:1: error: this is an ulogd.conf, and import reads knockd.conf; how a stack becomes a block: docs/migrating.md\n',
    });
  });

  test('goes on in spite of warnings', async () => {
    const { code, stdout, stderr } = await importing(['-'], `${door}tcpflag = syn\n`);
    expect([code, stderr]).toEqual([
      0,
      '<stdin>:4:1: warning: knockd knows no "tcpflag"; left out; did you mean "tcpflags"?\ntcpflag = syn\n^~~~~~~\n',
    ]);
    expect(stdout).toContain('    # Not known: tcpflag = syn\n');
  });

  test('prints nothing but the errors of a file that it does not understand', async () => {
    const file = await folder.write('knockd.conf', `${door}sequence = 0\n`);
    expect(await importing([file])).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file}:4:1: warning: "sequence" is there twice; the last one counts\nsequence = 0\n^~~~~~~~\n${file}:2:1: note: the first one is here\nsequence = 7000,8000\n^~~~~~~~\n${file}:4:12: error: a step is a port from 1 to 65535, perhaps with ":tcp" or ":udp", not "0"\nsequence = 0\n           ^\n`,
    });
  });

  test.each([
    [['/none'], "/none: error: ENOENT: no such file or directory, open '/none'\n"],
    [[], "error: missing required argument 'file'\n"],
    [
      ['-g', '65536', '-'],
      "error: option '-g, --group <number>' argument '65536' is invalid. must be a number from 0 to 65535.\n",
    ],
  ])('refuses %j', async (args, stderr) => {
    expect(await importing(args)).toEqual({ code: 1, stdout: '', stderr });
  });
});
