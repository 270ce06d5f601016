import { describe, expect, it } from 'vitest';
import {
  formatDiagnostic,
  formatDiagnostics,
  parseConfig,
} from '../../../src/config-grammar/index.ts';

const parsed = (text: string, file = 't.conf') => parseConfig(text, file);

describe('formatDiagnostics', () => {
  it('says nothing about a file without mistakes', () => {
    const { diagnostics, document } = parsed('a {\n}\n');
    expect(formatDiagnostics(diagnostics, document.source)).toBe('');
  });

  it('sums up what is beyond the limit and what was never kept', () => {
    const { diagnostics, document, suppressed } = parsed('}\n'.repeat(1500));
    expect(diagnostics).toHaveLength(1000);
    expect(suppressed).toBe(500);
    const text = formatDiagnostics(diagnostics, document.source, { limit: 2, suppressed });
    expect(text).toBe(
      't.conf:1:1: error: "}" closes no block\n}\n^\n' +
        't.conf:2:1: error: "}" closes no block\n}\n^\n' +
        't.conf: and 1498 more\n',
    );
  });
});

describe('formatDiagnostic', () => {
  it('colours for terminals', () => {
    const { diagnostics, document } = parsed('a {\n>\n');
    const [first] = diagnostics;
    if (!first) throw new Error('no diagnostic');
    const esc = '\x1b[';
    const text = formatDiagnostic(first, document.source, { color: true });
    expect(text.split('\n')).toEqual([
      `${esc}1mt.conf:2:1:${esc}0m ${esc}1;31merror:${esc}0m ${esc}1mblock "a" is opened with "{" and must be closed with "}", not ">"${esc}0m`,
      '>',
      `${esc}1;31m^${esc}0m`,
      `${esc}1mt.conf:1:3:${esc}0m ${esc}1;36mnote:${esc}0m ${esc}1mblock "a" is opened here${esc}0m`,
      'a {',
      `${esc}1;36m  ^${esc}0m`,
    ]);
  });

  it('lets no control character of the file or its name reach the terminal', () => {
    const { diagnostics, document } = parsed('x\x9b31m\x1b[2J y\r\n', 'a\x1b[2J.conf');
    const text = formatDiagnostics(diagnostics, document.source);
    expect(text).not.toMatch(/[\x00-\x08\x0b-\x1f\x7f-\x9f]/);
    expect(text).toContain(
      'a\uFFFD[2J.conf:1:1: error: "x\uFFFD31m" stands outside of any block\n',
    );
  });
});
