import type { Diagnostic } from './diagnostics.ts';
import type { SourceText, Span } from './source-text.ts';

/** How diagnostics are written out. */
export interface FormatOptions {
  /** ANSI colours; for terminals only. Default false. */
  readonly color?: boolean;
  /** Diagnostics written before the rest is summed up as “and N more”. Default 100. */
  readonly limit?: number;
  /** Diagnostics already left out by the phases that found them; added to N. Default 0. */
  readonly suppressed?: number;
  /** Names of options, in lower case, whose values are shown as asterisks. Default: none. */
  readonly secrets?: ReadonlySet<string>;
}

/** Source characters shown before and after the start of an error in a very long line. */
const contextBefore = 80;
const contextAfter = 120;

const colors = { error: '\x1b[1;31m', warning: '\x1b[1;35m', note: '\x1b[1;36m' } as const;
const bold = '\x1b[1m';
const reset = '\x1b[0m';

/**
 * One diagnostic as text without a final line feed:
 * `file:line:column: error: message`, the source line, a caret line, and a note for a related place.
 */
export function formatDiagnostic(
  diagnostic: Diagnostic,
  source: SourceText,
  options: FormatOptions = {},
): string {
  const { severity, message, suggestion, span, related } = diagnostic;
  const hint = suggestion === undefined ? '' : `; did you mean "${suggestion}"?`;
  const text = entry(severity, `${message}${hint}`, span, source, options);
  if (!related) return text;
  return `${text}\n${entry('note', related.message, related.span, source, options)}`;
}

/** All diagnostics as text, in the order of the file; empty when there are none. */
export function formatDiagnostics(
  diagnostics: readonly Diagnostic[],
  source: SourceText,
  options: FormatOptions = {},
): string {
  const { limit = 100, suppressed = 0 } = options;
  const shown = diagnostics
    .toSorted((a, b) => a.span.offset - b.span.offset)
    .slice(0, limit)
    .map((diagnostic) => formatDiagnostic(diagnostic, source, options));
  const more = diagnostics.length - shown.length + suppressed;
  if (more > 0) shown.push(`${printable(source.file)}: and ${more} more`);
  return shown.map((text) => `${text}\n`).join('');
}

function entry(
  kind: keyof typeof colors,
  message: string,
  span: Span,
  source: SourceText,
  { color = false, secrets }: FormatOptions,
): string {
  const place = `${printable(source.file)}:${span.line}:${span.column}:`;
  const text = printable(message);
  const head = color
    ? `${bold}${place}${reset} ${colors[kind]}${kind}:${reset} ${bold}${text}${reset}`
    : `${place} ${kind}: ${text}`;
  const { line, caret } = excerpt(maskSecrets(source.text, span, secrets), span);
  return `${head}\n${line}\n${color ? `${colors[kind]}${caret}${reset}` : caret}`;
}

/** The source line around a span, and under it `^~~~` at the same columns. */
function excerpt(text: string, span: Span): { line: string; caret: string } {
  const lineStart = span.offset === 0 ? 0 : text.lastIndexOf('\n', span.offset - 1) + 1;
  const newline = text.indexOf('\n', span.offset);
  const lineEnd = newline === -1 ? text.length : newline;
  const start = Math.max(lineStart, span.offset - contextBefore);
  const end = Math.min(lineEnd, span.offset + contextAfter);
  const before = printable(text.slice(start, span.offset), '\t');
  const marked = printable(text.slice(span.offset, Math.min(span.offset + span.length, end)));
  const line = `${start > lineStart ? '…' : ''}${printable(text.slice(start, end).replace(/\r$/, ''), '\t')}${end < lineEnd ? '…' : ''}`;
  // Tabs stay tabs, so that the caret lands below its character whatever the terminal's tab stops.
  const indent = Array.from(before, (c) => (c === '\t' ? '\t' : ' ')).join('');
  const tail = '~'.repeat(Math.max(0, Array.from(marked).length - 1));
  return { line, caret: `${start > lineStart ? ' ' : ''}${indent}^${tail}` };
}

/** The text with asterisks in place of a secret value, where the span's line has one. */
function maskSecrets(text: string, span: Span, secrets: FormatOptions['secrets']): string {
  const lineStart = span.offset === 0 ? 0 : text.lastIndexOf('\n', span.offset - 1) + 1;
  const line = /^[^\n]*/.exec(text.slice(lineStart))?.[0] ?? '';
  const [name = '', option = ''] = /^[\s{:;]*([\w.-]+)[\s=]*/.exec(line) ?? [];
  if (!secrets?.has(option.toLowerCase())) return text;
  const masked = name + line.slice(name.length).replace(/[^\r]/g, '*');
  return text.slice(0, lineStart) + masked + text.slice(lineStart + line.length);
}

/** Makes text safe for a terminal: control characters become U+FFFD, one column each. */
function printable(text: string, keep = ''): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => (keep.includes(c) ? c : '\uFFFD'));
}
