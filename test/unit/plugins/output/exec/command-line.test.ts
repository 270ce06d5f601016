import { describe, expect, test } from 'vitest';
import { splitCommandLine } from '../../../../../src/plugins/output/exec/command-line.ts';

/** Each word with the part of the text that it stands for. */
const words = (text: string) =>
  splitCommandLine(text).words.map(({ units, start, end }) => [
    units.map(({ char }) => char).join(''),
    text.slice(start, end),
  ]);

/** Each problem's message with the text that it points at. */
const problems = (text: string) =>
  splitCommandLine(text).problems.map(({ message, offset, length }) => [
    offset,
    text.slice(offset, offset + length),
    message,
  ]);

describe('a command line', () => {
  test.each([
    ['/bin/a', [['/bin/a', '/bin/a']]],
    [
      '  /bin/a \t b  ',
      [
        ['/bin/a', '/bin/a'],
        ['b', 'b'],
      ],
    ],
    [
      `a 'b "c\\' d`,
      [
        ['a', 'a'],
        ['b "c\\', `'b "c\\'`],
        ['d', 'd'],
      ],
    ],
    [
      'a "b \\" \\\\ \\$ \\` \\n \'c\'" d',
      [
        ['a', 'a'],
        ["b \" \\ $ ` \\n 'c'", '"b \\" \\\\ \\$ \\` \\n \'c\'"'],
        ['d', 'd'],
      ],
    ],
    [
      'a b\\ c \\"d\\\\',
      [
        ['a', 'a'],
        ['b c', 'b\\ c'],
        ['"d\\', '\\"d\\\\'],
      ],
    ],
    [
      `a '' "" b''c"d"`,
      [
        ['a', 'a'],
        ['', `''`],
        ['', '""'],
        ['bcd', `b''c"d"`],
      ],
    ],
    [
      'a {b,c} x=y 100% !z a~ a#b €',
      [
        ['a', 'a'],
        ['{b,c}', '{b,c}'],
        ['x=y', 'x=y'],
        ['100%', '100%'],
        ['!z', '!z'],
        ['a~', 'a~'],
        ['a#b', 'a#b'],
        ['€', '€'],
      ],
    ],
    [
      'a $ $. "$"',
      [
        ['a', 'a'],
        ['$', '$'],
        ['$.', '$.'],
        ['$', '"$"'],
      ],
    ],
    ['', []],
  ])('%j is split as a shell does', (text, expected) => {
    expect(words(text)).toEqual(expected);
    expect(problems(text)).toEqual([]);
  });

  test.each([
    [
      '"/usr/sbin/foo %S"',
      [
        ['/usr/sbin/foo', '/usr/sbin/foo'],
        ['%S', '%S'],
      ],
    ],
    [
      '"/bin/a \\"b c\\" \'d e\' \\\\ y"',
      [
        ['/bin/a', '/bin/a'],
        ['b c', '\\"b c\\"'],
        ['d e', "'d e'"],
        [' y', '\\\\ y'],
      ],
    ],
    ['"/bin/a"', [['/bin/a', '"/bin/a"']]],
    [
      '"a b" "c d"',
      [
        ['a b', '"a b"'],
        ['c d', '"c d"'],
      ],
    ],
  ])('%j: only a text that is one quoted string is split within', (text, expected) => {
    expect(words(text)).toEqual(expected);
    expect(problems(text)).toEqual([]);
  });

  const noShell = (char: string, remedy = 'quote it') =>
    `commands are run without a shell, which would act on ${char} here: ${remedy}, or write /bin/sh -c '…' and pass values as arguments`;

  test.each([...'|&;<>()`*?['])('%s outside quotes needs a shell', (char) => {
    expect(problems(`/bin/a b${char}c`)).toEqual([[8, char, noShell(char)]]);
    expect(problems(`/bin/a 'b${char}c' \\${char}`)).toEqual([]);
  });

  test.each(['$x', '${', '$1', '$$', '$?', '$@', '$-'])('%j needs a shell', (text) => {
    expect(problems(`a b${text}c`)).toEqual([[3, '$', noShell('$')]]);
    expect(problems(`a 'b${text}c'`)).toEqual([]);
  });

  test('an expansion within double quotes needs one as well', () => {
    expect(problems('a "$HOME"')).toEqual([[3, '$', noShell('$', 'use single quotes')]]);
    expect(problems('a "`id`"')).toEqual([[3, '`', noShell('`', 'use single quotes')]]);
  });

  test('# and ~ need one at the start of a word', () => {
    expect(problems('"a b #c"')).toEqual([[5, '#', noShell('#')]]);
    expect(problems('a ~/b')).toEqual([[2, '~', noShell('~')]]);
  });

  test('says only once that there is no shell', () => {
    expect(problems('a && b || c > d')).toEqual([[2, '&', noShell('&')]]);
  });

  test('points at a quote that is not closed', () => {
    expect(problems('a "b c')).toEqual([[2, '"', 'the quote " is never closed']]);
    expect(problems("a 'b c")).toEqual([
      [2, "'", `the quote ' is never closed; if there is a "#" behind it, use double quotes`],
    ]);
    expect(problems('a b\\')).toEqual([
      [3, '\\', 'nothing follows the backslash; write it as \\\\'],
    ]);
  });
});
