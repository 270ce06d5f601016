import { spawnSync } from 'node:child_process';
import { accessSync, constants } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseConfig } from '../../../../src/config-grammar/index.ts';
import { parseCommand } from '../../../../src/plugins/output/exec/command.ts';
import { imported } from './imported.ts';

/** Programs as this machine has them. */
const here = {
  folder: '/',
  readText: () => undefined,
  isExecutable(path: string) {
    try {
      accessSync(path, constants.X_OK);
      return true;
    } catch {
      return false;
    }
  },
};

/** Arguments as EXEC would pass them for this address, from the text of a config. */
function argvOf(config: string, address: string): string[] {
  const { document, diagnostics } = parseConfig(config, 'specter.conf');
  expect(diagnostics).toEqual([]);
  const section = document.blocks.at(-1)?.sections.find(({ name }) => name === 'EXEC');
  const execstr = section?.statements.find(({ name }) => name === 'execstr');
  const { words, problems } = parseCommand(execstr?.rest ?? '');
  expect(problems).toEqual([]);
  return words.map(({ template }) =>
    template.map((part) => (typeof part === 'string' ? part : address)).join(''),
  );
}

const translated = (command: string, more = ''): string =>
  imported(`[d]\nsequence=1,2\ncommand=${command}\n${more}`, here).config ?? '';

const run = (argv: readonly string[]): string => outcome(argv).stdout;

describe('does what knockd does with the command', () => {
  test.each([
    [`printf '<%s>' %IP% a b`],
    [`sh -c 'printf "<%s>" %IP% "%IP%"'`],
    [`sh -c 'printf "<%s>" %IP% "$1"' sh %IP%`],
    [`printf '<%s>' "%IP%" '%IP%' x%IP%y %IP%%IP%`],
    [`printf '<%s>' "a  b" 'c "d" e' f\\ g \\%IP% "\\%IP%" '\\%IP%'`],
    [`printf '<%s>' 100%% %S %{oob.in} "%d"`],
    [`printf '<%s>' { %IP% } ! ^ = ~ a~ a#b "#" '#'`],
    [`printf '<%s>' "" ''`],
    [`printf '<%s>' 'it'\\''s' "it's" "\\"quoted\\"" \\\\ "\\\\" "\\n"`],
    [`printf '<%s>' %IP% # and a comment; it's not closed`],
    [`printf '<%s>' one; printf '<%s>' "%IP%" && echo two | cat`],
    [`A=%IP%; printf '<%s>' "$A" "\${A}x" "$(echo "%IP%")" \`echo '%IP%'\``],
    [`printf '<%s>' '%IP%' "it's %IP% # $((1+1))" 2> /dev/null`],
    [`for i in 1 2; do printf '<%s>' "$i" '%IP%'; done`],
    [`B=1 sh -c 'printf "<%s>" "$B" %IP%'`],
    [`printf '<%s>' /etc/host? "/etc/host?" '*' \\*`],
    [`if [ "%IP%" = 192.0.2.1 ]; then echo four; else echo six; fi # if`],
    [`echo 'a\\b' \\"; echo "c\\\\" #`],
    [`cd /tmp; printf '<%s>' "$PWD" {a,b}`],
  ])('%s', (command) => {
    for (const address of ['192.0.2.1', '2001:db8::1']) {
      const expected = run(['/bin/sh', '-c', command.replaceAll('%IP%', address)]);
      expect(expected).not.toBe('');
      expect(run(argvOf(translated(command), address))).toBe(expected);
    }
  });

  test('with those for each family that share a file', () => {
    const text = `[d]\none_time_sequences=/none\ncommand=echo "four '%IP%'"\ncommand_6=echo six %IP%; echo "$1"\n`;
    const { config = '' } = imported(text, here);
    expect(run(argvOf(config, '192.0.2.1'))).toBe("four '192.0.2.1'\n");
    expect(run(argvOf(config, '2001:db8::1'))).toContain('six 2001:db8::1\n');
  });
});

describe('takes a shell only where it needs one', () => {
  test.each([
    ['/bin/echo %IP% a', ['/bin/echo', 'ADDRESS', 'a']],
    [`/bin/sh -c 'echo %IP% "%IP%"'`, ['/bin/sh', '-c', 'echo "$1" "$1"', 'sh', 'ADDRESS']],
    ['/bin/echo a|cat', ['/bin/sh', '-c', '/bin/echo a|cat']],
    [
      `echo "%IP%" '%IP%' %IP%; :`,
      ['/bin/sh', '-c', `echo "$1" ''"$1"'' "$1"; :`, 'sh', 'ADDRESS'],
    ],
  ])('%s', (command, argv) => {
    expect(argvOf(translated(command), 'ADDRESS')).toEqual(argv);
  });
});

test('whatever is quoted how', () => {
  const pieces = [
    `'`,
    '"',
    '\\',
    ' ',
    '  ',
    '%IP%',
    'x',
    '#',
    '%',
    '{',
    '}',
    '~',
    '=',
    '!',
    ';',
    '&&',
    '*',
    ',',
  ];
  const command = fc.array(fc.constantFrom(...pieces), { maxLength: 12 }).map((p) => p.join(''));
  fc.assert(
    fc.property(command, (end) => {
      // What the shell refuses comes to nothing, there as here.
      const written = `printf '<%s>' ${end}`.trim();
      const shell = outcome(['/bin/sh', '-c', written.replaceAll('%IP%', '2001:db8::1')]);
      expect(outcome(argvOf(translated(written), '2001:db8::1'))).toEqual(shell);
    }),
    { numRuns: 100 },
  );
});

function outcome([program = '', ...args]: readonly string[]): { ok: boolean; stdout: string } {
  const env = { PATH: '/usr/bin:/bin' };
  const { status, stdout } = spawnSync(program, args, { cwd: '/', encoding: 'latin1', env });
  return { ok: status === 0, stdout };
}
