import { describe, expect, test } from 'vitest';
import type { Invocation } from '../../../../../src/plugins/output/exec/invocation.ts';
import { type CommandEnd, commandStarter } from '../../../../../src/plugins/output/exec/process.ts';
import { scriptCommand } from '../../../../support/script-command.ts';

const launcher = scriptCommand(new URL('../../../../../src/launch.ts', import.meta.url));
const options = { timeout: 10_000, account: undefined, onDenied: () => {}, launcher };
const start = commandStarter(options);

const invocation = (argv: readonly string[], others: Partial<Invocation> = {}): Invocation => ({
  argv,
  env: { PATH: '/usr/bin:/bin' },
  encoding: 'utf8',
  size: 0,
  ...others,
});

const run = async (command: Invocation, starter = start): Promise<CommandEnd | Error> =>
  await new Promise((resolve) => {
    starter(command, resolve);
  });

const shell = (script: string, ...args: string[]): Invocation =>
  invocation(['/bin/sh', '-c', script, 'sh', ...args]);

const textOf = (end: CommandEnd | Error): string =>
  end instanceof Error ? String(end) : Buffer.from(end.output).toString();

describe('a command', () => {
  test('tells its exit code and what it wrote to both outputs', async () => {
    const end = await run(shell('echo out; echo err >&2; exit 3'));
    expect(end).toMatchObject({ code: 3, signal: undefined, timedOut: false, more: 0 });
    expect(textOf(end)).toBe('out\nerr\n');
  });

  test('keeps the order of its two outputs, and may open them anew', async () => {
    const end = await run(shell('echo 1; echo 2 >&2; echo 3 > /dev/stdout; echo 4 > /dev/stderr'));
    expect([textOf(end), end]).toMatchObject(['1\n2\n3\n4\n', { code: 0 }]);
  });

  test('ends also when it has closed its outputs', async () => {
    expect(await run(shell('exec >&- 2>&-; sleep 0.2; exit 4'))).toMatchObject({ code: 4 });
  });

  test('that has stopped itself is ended after its time', async () => {
    const impatient = commandStarter({ ...options, timeout: 50 });
    const end = await run(shell('kill -STOP $$'), impatient);
    expect(end).toMatchObject({ signal: 'SIGKILL', timedOut: true });
  });

  test('tells the signal that ended it', async () => {
    expect(await run(shell('kill -USR1 $$'))).toMatchObject({ code: undefined, signal: 'SIGUSR1' });
  });

  test('keeps 4 KB of its output and counts the rest', async () => {
    const end = await run(shell('head -c 1000000 /dev/zero'));
    expect(end).toMatchObject({ code: 0, output: Buffer.alloc(4096), more: 1_000_000 - 4096 });
  });

  test('is ended after its time, and all its group with it', async () => {
    const impatient = commandStarter({ ...options, timeout: 50 });
    const end = await run(shell('sleep 60 & wait'), impatient);
    expect(end).toMatchObject({ code: undefined, signal: 'SIGTERM', timedOut: true });
  });

  test.each([
    ['/nonexistent/program', 'ENOENT'],
    ['/etc/passwd', 'EACCES'],
    ['/', 'EACCES'],
  ])('that cannot be started tells why: %s', async (program, code) => {
    expect(await run(invocation([program]))).toMatchObject({ code });
  });

  test('that is too long for the kernel tells so', async () => {
    expect(await run(invocation(['/bin/true', 'x'.repeat(200_000)]))).toMatchObject({
      code: 'E2BIG',
    });
  });

  test('gets bytes that are not UTF-8 as they are, in arguments and environment', async () => {
    const bytes = String.fromCharCode(...Array.from({ length: 255 }, (_, i) => i + 1));
    const argv = ['/bin/sh', '-c', 'printf %s "$1$X" | od -An -v -tx1', 'sh', bytes];
    const end = await run(
      invocation(argv, { env: { PATH: '/usr/bin:/bin', X: '\xff\xe4' }, encoding: 'latin1' }),
    );
    expect(end).toMatchObject({ code: 0 });
    expect(textOf(end).replaceAll(/\s/g, '')).toBe(
      Buffer.from(`${bytes}\xff\xe4`, 'latin1').toString('hex'),
    );
  });

  test.each(['utf8', 'latin1'] as const)('ends in the same way with %s', async (encoding) => {
    const same = (script: string) => run({ ...shell(script), encoding });
    expect(await same('exit 7')).toMatchObject({ code: 7 });
    expect(await same('kill -PIPE $$')).toMatchObject({ signal: 'SIGPIPE' });
    const status =
      'grep -E "^Sig(Ign|Blk)" /proc/self/status; pwd; ls /proc/self/fd; ps -o pgid= -p $$ | tr -d " "; echo $$';
    const [first, second, folder, ...rest] = textOf(await same(status))
      .trim()
      .split('\n');
    const none = '0000000000000000';
    expect([first, second, folder]).toEqual([`SigBlk:\t${none}`, `SigIgn:\t${none}`, '/']);
    expect(rest.slice(0, 4)).toEqual(['0', '1', '2', '3']);
    expect(rest[4]).toBe(rest[5]);
  });
});
