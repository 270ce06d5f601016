import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';

const paths = { writable: () => undefined, readable: () => undefined };

/** What `specter -t` says of a block with THRESHOLD and these lines, which begin at line 4. */
function diagnose(...lines: readonly string[]): string {
  const block = ['1 {', '  plugin THRESHOLD', '  plugin OPRINT', ...lines.map(indented), '}', ''];
  const { document, diagnostics: syntax } = parseConfig(block.join('\n'), 't.conf');
  const { diagnostics } = resolveConfig(document, new PluginCatalogue(), { paths });
  return formatDiagnostics([...syntax, ...diagnostics], document.source);
}

const indented = (line: string): string => `  ${line}`;

describe('the options of THRESHOLD', () => {
  test('may be left out', () => {
    expect(diagnose('plugin BASE')).toBe('');
  });

  test('are checked for keys that nobody provides, each at its column', () => {
    expect(diagnose('plugin BASE', 'threshkey ip.saddr, tcp.dprot ip.sadr')).toBe(
      `t.conf:5:23: error: THRESHOLD needs key tcp.dprot, which no plugin of block 1 provides; did you mean "tcp.dport"?
  threshkey ip.saddr, tcp.dprot ip.sadr
                      ^~~~~~~~~
t.conf:5:33: error: THRESHOLD needs key ip.sadr, which no plugin of block 1 provides; did you mean "ip.saddr"?
  threshkey ip.saddr, tcp.dprot ip.sadr
                                ^~~~~~~
`,
    );
  });

  test('need the source address only for what is ignored by it', () => {
    expect(diagnose('threshkey oob.mark')).toBe('');
    expect(diagnose('threshkey oob.mark', 'threshignore 10.0.0.0/8')).toBe(
      `t.conf:5:16: error: THRESHOLD needs key ip.saddr, which no plugin of block 1 provides; add "plugin BASE"
  threshignore 10.0.0.0/8
               ^~~~~~~~~~
`,
    );
  });

  test('cannot ask for more memory than is sane', () => {
    expect(diagnose('plugin BASE', 'threshold 129')).toBe('');
    expect(diagnose('plugin BASE', 'threshold 130')).toBe(
      `t.conf:5:13: error: the hits of 65536 values (threshmax), 1032 bytes each, take more than 64M: with threshold 130, threshmax can be at most 65027
  threshold 130
            ^~~
`,
    );
    expect(diagnose('plugin BASE', 'threshmax 1000000', 'threshold 100')).toBe(
      `t.conf:5:13: error: the hits of 1000000 values (threshmax), 792 bytes each, take more than 64M: with threshold 100, threshmax can be at most 84733
  threshmax 1000000
            ^~~~~~~
`,
    );
    expect(diagnose('plugin BASE', 'threshmax 1000000', 'threshold 1')).toBe('');
  });

  test('have bounds', () => {
    const wrong = ['threshold 0', 'threshwindow 0', 'threshignore 10.0.0.0/33', 'threshmax 0'];
    for (const line of wrong) expect(diagnose('plugin BASE', line)).toContain('t.conf:5:');
  });
});
