import { spawn } from 'node:child_process';
import { describe, expect, test } from 'vitest';
import { RunningProcess } from '../../support/running-process.ts';

const shell = (script: string) => new RunningProcess('sh', spawn('sh', ['-c', script]));

describe('RunningProcess', () => {
  test('collects output and exit status', async () => {
    await using child = shell('echo out; echo err >&2; exit 3');
    expect(await child.exit).toEqual({ code: 3, signal: null, stdout: 'out\n', stderr: 'err\n' });
  });

  test('waits for a line that comes later', async () => {
    await using child = shell('read line; echo "got $line" >&2; exec cat');
    const match = child.waitForLog(/got (\w+)/);
    child.stdin?.write('word\n');
    expect((await match)[1]).toBe('word');
  });

  test('waiting for a line fails with all output when the process ends first', async () => {
    await using child = shell('echo "cannot bind" >&2; exit 1');
    await expect(child.waitForLog(/ready/)).rejects.toThrow(
      /^sh \(pid \d+\) ended without writing \/ready\/; its output:\ncannot bind\n$/,
    );
  });

  test('waiting for a line ends after its time', async () => {
    await using child = shell('exec cat');
    await expect(child.waitForLog(/ready/, 20)).rejects.toThrow('wrote no /ready/ within 20 ms');
  });

  test('stop tells the signal that ended it', async () => {
    await using child = shell('exec cat');
    const { code, signal } = await child.stop('SIGTERM');
    expect({ code, signal }).toEqual({ code: null, signal: 'SIGTERM' });
  });

  test('a process that ignores the signal is killed and reported', async () => {
    await using child = shell('trap "" TERM; echo deaf; while read line; do :; done');
    await child.waitForLog(/deaf/);
    await expect(child.stop('SIGTERM', 20)).rejects.toThrow('did not end within 20 ms of SIGTERM');
  });

  test('a command that does not exist is an error at once', () => {
    expect(() => new RunningProcess('x', spawn('/nonexistent/command'))).toThrow(
      '/nonexistent/command: cannot be started',
    );
  });
});
