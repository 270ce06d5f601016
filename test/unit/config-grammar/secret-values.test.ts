import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../src/daemon/catalogue.ts';

const names = {
  secret: new Set(['pgsqlpass', 'pass', 'pgsqlconnstring']),
  open: new Set(['pgsqlpassfile', 'pwsniffpass']),
};
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
  return formatDiagnostics([{ severity: 'error', message, span }], source, { names });
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
    [
      `6 { plugin PGSQL; pass ${SECRET} }`,
      '{ plugin',
      '6 { plugin PGSQL; pass **********',
      '  ^~~~~~~~',
    ],
    [
      `6 { plugin PGSQL pass ${SECRET} }`,
      '{ plugin',
      '6 { plugin PGSQL pass **********',
      '  ^~~~~~~~',
    ],
    [`pgsqlpassword ${SECRET}`, 'pgsqlpassword', 'pgsqlpassword ********', '^~~~~~~~~~~~~'],
    [`mysqlpwd ${SECRET}`, 'mysqlpwd', 'mysqlpwd ********', '^~~~~~~~'],
    [`pgsqluri a:${SECRET}@h`, 'pgsqluri', 'pgsqluri ************', '^~~~~~~~'],
    [`Secret ${SECRET}`, 'Secret', 'Secret ********', '^~~~~~'],
    [`"pass" "${SECRET}`, '"Xyzzy-42', '"pass***********', '       ^~~~~~~~~'],
    [`pass:${SECRET}`, 'pass:', 'pass*********', '^~~~~'],
    [`pgsqlpass \\\n  ${SECRET}`, SECRET, '**********', '  ^~~~~~~~'],
    [`pgsqlpass \\ # on\n  \\\r\n ${SECRET} x`, 'x', '***********', '          ^'],
    [`pgsqlpass "a \\\n${SECRET}" x`, 'x', '***********', '          ^'],
  ])('%j', (lines, at, line, caret) => {
    const [, ...rest] = shown(lines, at).split('\n');
    expect(rest).toEqual([line, caret, '']);
  });

  test('messages hide values of several lines', () => {
    const value = `"a \\\n${SECRET}"`;
    expect(shown(`pass ${value}`, value, `not "a ${SECRET}"`)).toBe(
      't.conf:2:6: error: not "a ********"\npass ****\n     ^~~~\n',
    );
  });

  test('a line with many words hides what it does not look at', () => {
    for (const words of [30, 999]) {
      const line = `${'{ '.repeat(words)}${'x '.repeat(words)}pass ${SECRET}`;
      expect(shown(line, SECRET).split('\n')[1]).toMatch(/ x pass \*{8}$/);
    }
    expect(shown(`${'x '.repeat(1001)}${SECRET}`, SECRET).split('\n')[1]).toMatch(/ x\*{11}$/);
  });

  test('messages keep their own words', () => {
    expect(shown(`pass ${SECRET} x`, 'x', 'takes one text').split('\n')[0]).toBe(
      `t.conf:2:${7 + SECRET.length}: error: takes one text`,
    );
    expect(shown('pass a+', 'a+', 'not "a+"').split('\n')[0]).toBe('t.conf:2:6: error: not "**"');
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

test('no message and no line of a config shows a password', () => {
  const words = ['pass', '"pass"', '"pass', 'PGSQLPASS', 'pgsqlpas', 'pgsqlconnstring'];
  const signs = [
    ' ',
    '=',
    ' = ',
    ':',
    '"',
    ' "',
    '\\\n',
    ' \\\n ',
    "'",
    ' {',
    '; ',
    ',',
    '(',
    '->',
  ];
  const values = ['', '"', ' {', ' }', '\\'].map((end) => `${SECRET}${end}`);
  const before = ['5 { plugin PGSQL; ', '5 {\nplugin PGSQL\n', 'plugin PGSQL } ', '"', ':PGSQL '];
  const after = ['\n', '\n}\n'];
  const leaks: string[] = [];
  let shown = 0;
  const product = (...lists: string[][]): string[] =>
    lists.reduce((texts, list) => texts.flatMap((text) => list.map((part) => text + part)));
  for (const text of product(before, words, signs, values, after)) {
    const { document, diagnostics } = parseConfig(text, 't.conf');
    const resolution = resolveConfig(document, new PluginCatalogue());
    const all = [...diagnostics, ...resolution.diagnostics];
    const output = formatDiagnostics(all, document.source, { names });
    shown += all.length;
    if (output.includes('zy-42')) leaks.push(text);
  }
  expect(leaks).toEqual([]);
  expect(shown).toBeGreaterThan(5_000);
});

describe('other lines are shown as they are', () => {
  test.each([
    'pgsqlport 99999',
    'pgsqlpassfile /etc/pass',
    'pgsqltable passage word',
    'pwsniffpass perhaps',
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
