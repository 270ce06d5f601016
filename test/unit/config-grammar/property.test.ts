import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  type ConfigDocument,
  formatDiagnostics,
  parseConfig,
  printConfig,
  quoteValue,
  resolveConfig,
} from '../../../src/config-grammar/index.ts';
import { catalogue, paths } from './catalogue.ts';

/** A document without positions. */
const meaning = ({ blocks }: ConfigDocument): unknown =>
  JSON.parse(JSON.stringify(blocks, (key, value) => (/range$/i.test(key) ? undefined : value)));

const name = fc.stringMatching(/^[a-z][a-z0-9_]{0,8}$/);
const value = fc.oneof(
  fc
    .string({ unit: 'grapheme', maxLength: 12 })
    .filter((text) => !/[\x00-\x08\x0a-\x1f\x7f]/.test(text)),
  fc.constantFrom('{', '}', '<', '>', '{}', '#', '\\', '"', '', ' ', '\t', '\\"', 'a\\', ':x'),
);
const blank = fc.constantFrom(' ', '\t', '  ', ' \\\n', '\\\r\n  ', ' \\ # c\n ');
const lineEnd = fc.constantFrom('\n', '\r\n', ' # comment\n', '\n\n', '\n  # "comment {\n');
const statement = fc
  .tuple(name, fc.array(fc.tuple(blank, value), { maxLength: 4 }), lineEnd)
  .map(([word, values, end]) => {
    const written = values.map(([gap, text]) => gap + quoteValue(text));
    return `  ${word}${written.join('')}${end}`;
  });
const section = fc
  .tuple(
    name,
    fc.array(fc.tuple(blank, value), { maxLength: 2 }),
    fc.array(statement, { maxLength: 3 }),
  )
  .map(([word, words, body]) => {
    const written = words.map(([gap, text]) => gap + quoteValue(text));
    return ` :${word.toUpperCase()}${written.join('')}\n${body.join('')}`;
  });
const block = fc
  .tuple(
    name,
    fc.constantFrom([' {', '}'], ['{ # c', ' }'], ['\n<', '>'], [' \\\n{', '} # c']),
    fc.array(statement, { maxLength: 5 }),
    fc.array(section, { maxLength: 3 }),
  )
  .map(
    ([word, [open, close], body, sections]) =>
      `${word}${open}\n${body.join('')}${sections.join('')}${close}\n`,
  );
const config = fc.array(block, { maxLength: 5 }).map((blocks) => blocks.join(''));

/** Pieces that mean something to the lexer, in any order. */
const soup = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        ...['{', '}', '<', '>', '"', '\\', '#', '\n', '\r', '\r\n', ' ', '\t', ':', '\0', '\uFEFF'],
        ...['global', 'plugins', '5', '6 {\n', '\n}\n', 'include', 'source', 'plugin', 'LOGEMU'],
        ...[
          ':EXEC',
          ':KNOCK a',
          ':THRESHOLD b',
          'when a',
          'when a,b',
          'execstr %{x} "a',
          'from 1.2.3.4',
          'group',
          'ulog',
          '{ }',
          'file /tmp/x',
        ],
      ),
      fc.string({ unit: 'binary', maxLength: 3 }),
    ),
    { maxLength: 40 },
  )
  .map((pieces) => pieces.join(''));

function readAll(input: string | Uint8Array): void {
  const { document, diagnostics } = parseConfig(input, 't.conf');
  const resolution = resolveConfig(document, catalogue, { paths });
  const all = [...diagnostics, ...resolution.diagnostics];
  const errors = all.filter(({ severity }) => severity === 'error').length;
  // Either a config or an error: nothing is refused, and nothing accepted, without a word.
  expect(errors === 0).toBe(resolution.config !== undefined);
  const length = document.source.text.length;
  for (const { span } of all) {
    expect(span.offset + span.length).toBeLessThanOrEqual(length);
    expect(span.line).toBeGreaterThan(0);
  }
  formatDiagnostics(all, document.source);
}

describe('any config', () => {
  it('is the same after printing and parsing', () => {
    fc.assert(
      fc.property(config, (text) => {
        const { document, diagnostics } = parseConfig(text, 't.conf');
        expect(diagnostics).toEqual([]);
        const printed = printConfig(document);
        const again = parseConfig(printed, 't.conf');
        expect(again.diagnostics).toEqual([]);
        expect(meaning(again.document)).toEqual(meaning(document));
        expect(printConfig(again.document)).toBe(printed);
      }),
      { numRuns: 500 },
    );
  });
});

describe('any input', () => {
  it('of bytes gives a config or errors', () => {
    fc.assert(fc.property(fc.uint8Array({ maxLength: 300 }), readAll), { numRuns: 300 });
  });

  it('of meaningful pieces gives a config or errors', () => {
    fc.assert(fc.property(soup, readAll), { numRuns: 2000 });
  });

  it('without a syntax error is the same after printing and parsing', () => {
    fc.assert(
      fc.property(soup, (text) => {
        const { document } = parseConfig(text, 't.conf');
        if (!document.wellFormed) return;
        const again = parseConfig(printConfig(document), 't.conf');
        expect(meaning(again.document)).toEqual(meaning(document));
      }),
      { numRuns: 2000 },
    );
  });
});

describe('any value', () => {
  it('comes back from its quoted form', () => {
    fc.assert(
      fc.property(value, (text) => {
        const { document } = parseConfig(`a {\n x ${quoteValue(text)}\n}`, 't.conf');
        expect(document.blocks[0]?.statements[0]?.values.map((v) => v.text)).toEqual([text]);
      }),
    );
  });
});
