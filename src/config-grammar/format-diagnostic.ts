import type { Diagnostic } from './diagnostics.ts';
import type { SourceText, Span } from './source-text.ts';
import { editDistance } from './suggest.ts';

/** How diagnostics are written out. */
export interface FormatOptions {
  /** ANSI colours; for terminals only. Default false. */
  readonly color?: boolean;
  /** Diagnostics written before the rest is summed up as “and N more”. Default 100. */
  readonly limit?: number;
  /** Diagnostics already left out by the phases that found them; added to N. Default 0. */
  readonly suppressed?: number;
  /** What the options are called. Default: nothing is hidden. */
  readonly names?: OptionNames;
}

/** Names of options, in lower case. */
export interface OptionNames {
  /**
   * Of those whose values are shown as asterisks; also where a name has a typing mistake, and where
   * a word that is no name looks as if it were that of a password.
   */
  readonly secret: ReadonlySet<string>;
  /** Of all others. */
  readonly open: ReadonlySet<string>;
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
  { color = false, names }: FormatOptions,
): string {
  const place = `${printable(source.file)}:${span.line}:${span.column}:`;
  const shown = maskSecrets(source.text, span, names);
  const text = printable(hide(message, shown.hidden));
  const head = color
    ? `${bold}${place}${reset} ${colors[kind]}${kind}:${reset} ${bold}${text}${reset}`
    : `${place} ${kind}: ${text}`;
  const { line, caret } = excerpt(shown.text, span);
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

/** Where a name of an option may stand: between blanks or signs, the right ones or not. */
const word = /[^\s\x00-,:-@[-^`{-\x9f]+/g;
/** What people call options for passwords, and for what contains them. */
const telling = /(?:pas{1,2}(?:w(?:or)?d?)?|pwd?|secret|conn(?:str)?|ur[il]|dsn)$/;
/** Words that are compared with names of secrets; of a line with more the rest is hidden. */
const mostWords = 1000;
/** Shorter words of a hidden value may be words of a message, or parts of these. */
const shortestWord = 3;

interface MaskedText {
  /** The text, as long as before. */
  readonly text: string;
  /** What is hidden: what of the span, and the words of the line. */
  readonly hidden: readonly string[];
}

/** The text with asterisks in place of a secret value on the span's line. */
function maskSecrets(
  text: string,
  { offset, length }: Span,
  names: OptionNames | undefined,
): MaskedText {
  const lineStart = offset === 0 ? 0 : text.lastIndexOf('\n', offset - 1) + 1;
  const newline = text.indexOf('\n', offset);
  const lineEnd = newline === -1 ? text.length : newline;
  if (!names) return { text, hidden: [] };
  const first = firstLine(text, lineStart);
  const start = Math.max(lineStart, first + openLength(text.slice(first, lineEnd), names));
  if (start === lineEnd) return { text, hidden: [] };
  const masked = text.slice(start, lineEnd).replace(/[^\r]/g, '*');
  const end = offset + length;
  const marked = text.slice(Math.max(offset, start), end).replace(/^"|"$/g, '');
  // Also of the lines that the value goes on in.
  const words = text.slice(start, Math.max(lineEnd, end)).split(/[\s"{}<>;\\]+/);
  return {
    text: text.slice(0, start) + masked + text.slice(lineEnd),
    hidden: [marked, ...words.filter(isTelling)].filter((value) => value !== ''),
  };
}

const isTelling = (value: string): boolean => value.length >= shortestWord;

/** Where the line begins that the line at `start` continues, if it does. */
function firstLine(text: string, start: number): number {
  let first = start;
  while (first > 0) {
    const before = text.lastIndexOf('\n', first - 2) + 1;
    if (!/\\[ \t]*(?:#.*)?\r?$/.test(text.slice(before, first - 1))) break;
    first = before;
  }
  return first;
}

/**
 * Up to where a line may be shown: through the first word that is a secret's name, and what sets it
 * apart from its value. Such a word need not be a name where it stands, but a line with mistakes does
 * not tell.
 */
function openLength(line: string, names: OptionNames): number {
  let words = 0;
  for (const { 0: found, index } of line.matchAll(word)) {
    const end = index + found.length;
    if (isSecret(found, names)) return end + (/^[\s=]*/.exec(line.slice(end))?.[0].length ?? 0);
    if (++words === mostWords) return end;
  }
  return line.length;
}

/** Whether a word is the name of a secret, or that with typing mistakes, or like one. */
function isSecret(found: string, { secret, open }: OptionNames): boolean {
  const lower = found.toLowerCase();
  if (secret.has(lower)) return true;
  if (open.has(lower)) return false;
  if (telling.test(lower)) return true;
  const limit = found.length <= 6 ? 1 : 2;
  return [...secret].some(
    (name) => Math.abs(name.length - lower.length) <= limit && editDistance(lower, name) <= limit,
  );
}

/** A message with asterisks in place of what the line under it hides. */
function hide(message: string, hidden: readonly string[]): string {
  return hidden
    .toSorted((a, b) => b.length - a.length)
    .reduce(
      (text, secret) => text.replaceAll(placesOf(secret), '*'.repeat(secret.length)),
      message,
    );
}

/** What to look for: a short value only as a word, not within words of the message's own. */
function placesOf(secret: string): string | RegExp {
  if (isTelling(secret)) return secret;
  return new RegExp(`(?<!\\w)${secret.replace(/\W/g, '\\$&')}(?!\\w)`, 'g');
}

/** Makes text safe for a terminal: control characters become U+FFFD, one column each. */
function printable(text: string, keep = ''): string {
  return text.replace(/[\x00-\x1f\x7f-\x9f]/g, (c) => (keep.includes(c) ? c : '\uFFFD'));
}
