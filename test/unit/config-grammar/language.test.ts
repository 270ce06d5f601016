import { describe, expect, it } from 'vitest';
import { parseConfig, printConfig } from '../../../src/config-grammar/index.ts';

/** The blocks of a text without positions: values as `[text]` when quoted. */
function shape(input: string | Uint8Array) {
  const { document, diagnostics } = parseConfig(input, 't.conf');
  expect(diagnostics).toEqual([]);
  const line = ({ name, values }: (typeof document.blocks)[number]['statements'][number]) =>
    [name, ...values.map(({ text, quoted }) => (quoted ? `[${text}]` : text))].join(' ');
  return document.blocks.map(({ name, statements, sections }) => ({
    name,
    lines: statements.map(line),
    ...(sections.length > 0 && {
      sections: sections.map((section) => ({
        title: `${section.name}/${section.instance}`,
        lines: section.statements.map(line),
      })),
    }),
  }));
}

/** The lines of the only block of a text. */
const lines = (body: string): string[] => shape(`5 {\n${body}\n}\n`)[0]?.lines ?? [];

/** What an option that takes the rest of its line gets. */
function rest(line: string): string | undefined {
  return parseConfig(`5 {\n${line}\n}`, 't.conf').document.blocks[0]?.statements[0]?.rest;
}

describe('the dialect of 2004', () => {
  it('reads its reference example', () => {
    const text = `name {
option value
# comment
option "long value that needs spaces"
option
option value # another comment
}
`;
    expect(shape(text)).toEqual([
      {
        name: 'name',
        lines: ['option value', 'option [long value that needs spaces]', 'option', 'option value'],
      },
    ]);
  });

  it('ends a value at a hash, but not inside quotes', () => {
    expect(lines('a b#c\nd "e # f"#g\n#h')).toEqual(['a b', 'd [e # f]']);
  });

  it.each([
    ['a line feed', 'a b \\\n  c', 'a b c'],
    ['CR LF', 'a b \\\r\n\tc', 'a b c'],
    ['blanks and a line feed', 'a b \\ \t\n c', 'a b c'],
    ['a comment', 'a b \\ # why\n c', 'a b c'],
    ['a line feed right after a word', 'a b\\\nc', 'a b c'],
    ['several line feeds', 'a \\\n\\\n b', 'a b'],
    ['a line feed inside quotes', 'a "b \\\nc"', 'a [b c]'],
  ])('continues a statement after a backslash and %s', (_, text, expected) => {
    expect(lines(text)).toEqual([expected]);
  });

  it('keeps a backslash that is not at the end of its line', () => {
    expect(lines('a b\\c \\d \\\\e')).toEqual(['a b\\c \\d \\\\e']);
    expect(lines('a \\"b"')).toEqual(['a \\ [b]']);
  });

  it('knows two escapes inside quotes and keeps other backslashes', () => {
    expect(lines('a "\\"\\\\\\n\\d"')).toEqual(['a ["\\\\n\\d]']);
  });

  it('accepts CR LF, a byte order mark and a missing last line feed', () => {
    const text = '\uFEFF5 {\r\na b\r\n\r\n}';
    expect(shape(text)).toEqual([{ name: '5', lines: ['a b'] }]);
    expect(shape(Buffer.from(text))).toEqual([{ name: '5', lines: ['a b'] }]);
  });
});

describe('brackets', () => {
  it.each([
    'a {\nx\n}',
    'a <\nx\n>',
    'a{\nx\n}',
    'a\n{\nx\n}',
    'a # one\n\n# two\n  { # three\n x # four\n } # five',
    'a \\\n {\nx\n}',
  ])('open and close a block in %j', (text) => {
    expect(shape(text)).toEqual([{ name: 'a', lines: ['x'] }]);
  });

  it.each(['a { }', 'a {}', 'a{}', 'a < > # none', 'a\n{\n}'])('may hold nothing: %j', (text) => {
    expect(shape(text)).toEqual([{ name: 'a', lines: [] }]);
  });

  it.each([
    'execstr /bin/x >%S',
    'execstr /bin/x %{ip.saddr} { } < >',
    'execstr /bin/x {',
    'execstr {x',
    'execstr }',
  ])('are ordinary characters in %j', (line) => {
    expect(lines(line)).toEqual([line]);
  });
});

describe('sections', () => {
  it('take the lines up to the next section', () => {
    const text = '5 {\nlabel 1\n:EXEC one\na :b\n:EXEC "two 2"\nc\n:LOGEMU\n}';
    expect(shape(text)).toEqual([
      {
        name: '5',
        lines: ['label 1'],
        sections: [
          { title: 'EXEC/one', lines: ['a :b'] },
          { title: 'EXEC/two 2', lines: ['c'] },
          { title: 'LOGEMU/', lines: [] },
        ],
      },
    ]);
  });
});

describe('the rest of a line', () => {
  it.each([
    ['x /bin/sh  -c "a  \\"b\\" #"   c', '/bin/sh  -c "a  \\"b\\" #"   c'],
    ['x /bin/sh \\\n   -c', '/bin/sh -c'],
    ['x "a \\\nb"\\\n"c"', '"a b" "c"'],
    ['x --opt="a b"c # d', '--opt="a b"c'],
    ['x', ''],
  ])('of %j is kept as written', (line, expected) => {
    expect(rest(line)).toBe(expected);
  });
});

describe('printing', () => {
  it('gives a canonical text', () => {
    const text =
      'global<\nerrignore # c\n>\n5 {\n:EXEC  one\nexecstr a\\\n "b"\n}\ne{}\nf {\n:KNOCK a\n:EXEC\n when a,\\\n "b c"\n}';
    const { document } = parseConfig(text, 't.conf');
    expect(printConfig(document)).toBe(
      'global {\n  errignore\n}\n\n5 {\n  :EXEC one\n    execstr a "b"\n}\n\ne {\n}\n\nf {\n  :KNOCK a\n  :EXEC\n    when a, "b c"\n}\n',
    );
  });
});

describe('what a file names', () => {
  it('lists every plugin in use once, by target', () => {
    const text = `plugins {
  ban ./ban.mjs
  unused ./unused.js
}
5 {
  plugin BASE
  plugin /lib/specter/specter_base.so
  plugin ../x/mine.js
}
6 {
  :ban one
  :BAN two
  :logemu
}
`;
    const { pluginReferences } = parseConfig(text, 't.conf');
    expect(pluginReferences.map(({ span, ...target }) => ({ ...target, line: span.line }))).toEqual(
      [
        { kind: 'builtin', name: 'BASE', written: 'BASE', line: 6 },
        { kind: 'module', name: 'mine', path: '../x/mine.js', written: '../x/mine.js', line: 8 },
        { kind: 'module', name: 'ban', path: './ban.mjs', written: 'ban', line: 11 },
        { kind: 'builtin', name: 'LOGEMU', written: 'logemu', line: 13 },
      ],
    );
  });
});

describe('bytes', () => {
  it('that are not UTF-8 are replaced, with a warning where they begin', () => {
    const bytes = Buffer.from('5 {\na \xe4\xe4\n}\n', 'latin1');
    const { document, diagnostics } = parseConfig(bytes, 't.conf');
    expect(document.blocks[0]?.statements[0]?.rest).toBe('\uFFFD\uFFFD');
    expect(document.wellFormed).toBe(true);
    expect(diagnostics).toMatchObject([
      { severity: 'warning', span: { line: 2, column: 3, length: 1 } },
    ]);
  });
});
