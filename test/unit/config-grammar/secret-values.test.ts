import { describe, expect, test } from 'vitest';
import { formatDiagnostics, parseConfig } from '../../../src/config-grammar/index.ts';

const secrets = new Set(['pgsqlpass', 'pass', 'pgsqlconnstring']);
const SECRET = 'Xyzzy-42';

/** What an error looks like that has a line of a block at `at`, for `length` characters. */
function shown(lines: string, at: string, message = 'something is wrong'): string {
  const text = `5 {\n${lines}\n}\n`;
  const offset = text.indexOf(at);
  const before = text.slice(0, offset).split('\n');
  const span = {
    ...{ offset, length: at.length, line: before.length },
    column: (before.at(-1)?.length ?? 0) + 1,
  };
  const { source } = parseConfig(text, 't.conf').document;
  return formatDiagnostics([{ severity: 'error', message, span }], source, { secrets });
}

describe('errors on a line with a password', () => {
  test.each([
    [`pgsqlpass ${SECRET}`, 'pgsqlpass', 'pgsqlpass ********', '^~~~~~~~~'],
    [`  PGSQLPASS "${SECRET}`, '"Xyzzy-42', '  PGSQLPASS *********', '            ^~~~~~~~~'],
    [`\tpass ${SECRET} # why`, SECRET, '\tpass **************', '\t     ^~~~~~~~'],
    [`pgsqlpass=${SECRET}`, 'pgsqlpass=', 'pgsqlpass=********', '^~~~~~~~~~'],
    [`pgsqlpass"${SECRET}"`, 'pgsqlpass', 'pgsqlpass**********', '^~~~~~~~~'],
    [`6 { pass ${SECRET}`, '{ pass', '6 { pass ********', '  ^~~~~~'],
    [`} pass ${SECRET}`, 'pass', '} pass ********', '  ^~~~'],
    [`pgsqlpas ${SECRET}`, 'pgsqlpas', 'pgsqlpas ********', '^~~~~~~~'],
    [`pqsqlpsas ${SECRET}`, 'pqsqlpsas', 'pqsqlpsas ********', '^~~~~~~~~'],
    [`pgsqlpass \\\n  ${SECRET}`, SECRET, '**********', '  ^~~~~~~~'],
    [`pgsqlpass \\ # on\n  \\\r\n ${SECRET} x`, 'x', '***********', '          ^'],
    [`pgsqlpass "a \\\n${SECRET}" x`, 'x', '***********', '          ^'],
  ])('%j', (lines, at, line, caret) => {
    const [, ...rest] = shown(lines, at).split('\n');
    expect(rest).toEqual([line, caret, '']);
  });

  test('messages that repeat the value hide it', () => {
    const word = `pgsqlpass=${SECRET}`;
    expect(shown(`  ${word}`, word, `unknown option "${word}"`)).toBe(
      't.conf:2:3: error: unknown option "pgsqlpass=********"\n' +
        '  pgsqlpass=********\n  ^~~~~~~~~~~~~~~~~~\n',
    );
    expect(shown(`pass "${SECRET}"`, `"${SECRET}"`, `not "${SECRET}"`)).toBe(
      't.conf:2:6: error: not "********"\npass **********\n     ^~~~~~~~~~\n',
    );
  });
});

describe('other lines are shown as they are', () => {
  test.each([
    'pgsqlport 99999',
    'pgsqlpassfile /etc/pass',
    'pgsqltable pass word',
    'path /x',
    `a\\\\b\npgsqlhost x`,
  ])('%j', (lines) => {
    const last = lines.split('\n').at(-1) ?? '';
    expect(shown(lines, last).split('\n')[1]).toBe(last);
  });

  test('without names of secrets', () => {
    const { diagnostics, document } = parseConfig('a {\npass "b\n}\n', 't.conf');
    expect(formatDiagnostics(diagnostics, document.source)).toContain('pass "b');
  });
});
