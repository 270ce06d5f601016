import { spawn } from 'node:child_process';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { version } from '../../../src/version.ts';
import { type ExitResult, RunningProcess } from '../../support/running-process.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { scriptCommand } from '../../support/script-command.ts';

const script = new URL('../../../src/cli.ts', import.meta.url);

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Runs specter from its sources. */
async function specter(...args: string[]): Promise<Omit<ExitResult, 'signal'>> {
  const [command, ...rest] = scriptCommand(script, ...args);
  await using child = new RunningProcess('specter', spawn(command, rest));
  const { code, stdout, stderr } = await child.exit;
  return { code, stdout, stderr };
}

describe('specter -t', () => {
  test('says that a config is valid', async () => {
    const file = await folder.write(
      's.conf',
      `5 {\n  plugin BASE\n  plugin LOGEMU\n  logemufile ${folder.join('x')}\n}\n`,
    );
    const ok = { code: 0, stdout: 'configuration ok\n', stderr: '' };
    expect(await specter('-t', '-c', file)).toEqual(ok);
    expect(await specter('--test', '--configfile', file)).toEqual(ok);
  });

  test('prints the errors of one that is not, and ends with 1', async () => {
    const file = await folder.write('s.conf', '5 {\n  plugin OPRINT\n  snaplen x\n}\n');
    expect(await specter('-t', '-c', file)).toEqual({
      code: 1,
      stdout: '',
      stderr: `${file}:3:11: error: option "snaplen" takes an integer, not "x"\n  snaplen x\n          ^\n`,
    });
  });

  test('says where a module cannot be parsed', async () => {
    const module = await folder.write('bad.mjs', 'const a = 1;\nconst b = ;\n');
    const file = await folder.write('s.conf', `5 {\n  plugin ${module}\n  plugin OPRINT\n}\n`);
    const { code, stderr } = await specter('-t', '-c', file);
    expect(code).toBe(1);
    expect(stderr).toContain(
      `${file}:2:10: error: cannot load plugin ${module}: Unexpected token ';'; \`node --check ${module}\` shows where\n`,
    );
  });
});

describe('the command line', () => {
  test('tells the version', async () => {
    const told = { code: 0, stdout: `specter ${version}\n`, stderr: '' };
    expect(await specter('-V')).toEqual(told);
  });

  test('tells its options', async () => {
    const { code, stdout } = await specter('--help');
    expect(code).toBe(0);
    expect(stdout.match(/^ {2}-\w, --\w+/gm)).toEqual(
      ['V, --version', 'd, --daemon', 'c, --configfile', 'u, --uid', 't, --test']
        .concat(['p, --pidfile', 'l, --loglevel', 'v, --verbose', 'h, --help'])
        .map((option) => `  -${option}`),
    );
    expect(stdout).toContain('(default: "/etc/specter.conf")');
  });

  test.each([
    [
      ['-l', '9'],
      "error: option '-l, --loglevel <level>' argument '9' is invalid. must be a number from 1 to 8.\n",
    ],
    [['--nothing'], "error: unknown option '--nothing'\n"],
    [['nothing'], 'error: too many arguments. Expected 0 arguments but got 1.\n'],
    [['-c'], "error: option '-c, --configfile <file>' argument missing\n"],
  ])('refuses %j', async (args, stderr) => {
    expect(await specter(...args)).toEqual({ code: 1, stdout: '', stderr });
  });

  test('has the subcommands info and plugins', async () => {
    const { code, stdout } = await specter('info', '--json', 'LOCAL');
    expect([code, JSON.parse(stdout)[0].name]).toEqual([0, 'LOCAL']);
    expect(await specter('info', 'none')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'specter: there is no plugin none; see `specter plugins`\n',
    });
    expect(await specter('info', 'knok')).toEqual({
      code: 1,
      stdout: '',
      stderr: 'specter: there is no plugin knok; did you mean KNOCK?\n',
    });
    expect((await specter('plugins')).stdout).toMatch(/^LOGEMU +output +/m);
  });
});
