import type { DiagnosticList, Range, SourceText } from '../../config-grammar/index.ts';

/** `key = value`, or a key alone in its line. */
export interface Directive {
  /** In lower case: knockd ignores the case of keys. */
  readonly key: string;
  readonly keyRange: Range;
  /** Without the blanks around it; undefined where the line has no `=`. */
  readonly value: string | undefined;
  readonly valueRange: Range;
}

/** `[name]` and the lines below it. */
export interface Section {
  /** As written: knockd minds the case of names. */
  readonly name: string;
  readonly nameRange: Range;
  readonly directives: Directive[];
  /** Comments in and right above the section, without their `#`. */
  readonly comments: string[];
}

/** knockd reads lines into a buffer of PATH_MAX bytes, and takes the rest for another line. */
const longestLine = 4094;

/**
 * Reads the lines of a knockd.conf: sections, `key = value`, and comments, which are lines that
 * start with `#`. What is behind a `#` elsewhere belongs to the value.
 */
export function readSections(source: SourceText, diagnostics: DiagnosticList): Section[] {
  const sections: Section[] = [];
  let comments: string[] = [];
  let offset = 0;
  for (const line of source.text.split('\n')) {
    const text = line.trim();
    const range = { offset: offset + line.indexOf(text), length: text.length };
    offset += line.length + 1;
    if (text === '') continue;
    if (text.startsWith('#')) {
      comments.push(printable(text.slice(1)));
      continue;
    }
    if (!isReadable(text, range, diagnostics)) continue;
    if (text.startsWith('[') && text.endsWith(']')) {
      const nameRange = { offset: range.offset + 1, length: text.length - 2 };
      if (text.length === 2) diagnostics.error(range, 'a section needs a name');
      sections.push({ name: text.slice(1, -1), nameRange, directives: [], comments });
      comments = [];
      continue;
    }
    const section = sections.at(-1);
    if (!section) {
      diagnostics.error(range, 'this line stands before the first [section]');
      continue;
    }
    section.directives.push(directiveOf(text, range));
    for (const comment of comments) section.comments.push(comment);
    comments = [];
  }
  const last = sections.at(-1);
  for (const comment of comments) last?.comments.push(comment);
  return sections;
}

function directiveOf(text: string, { offset }: Range): Directive {
  const equals = text.indexOf('=');
  const key = (equals === -1 ? text : text.slice(0, equals)).trim();
  const value = equals === -1 ? undefined : text.slice(equals + 1).trim();
  const length = value?.length ?? 0;
  return {
    key: key.toLowerCase(),
    keyRange: { offset, length: key.length },
    value,
    valueRange: { offset: offset + text.length - length, length },
  };
}

function isReadable(text: string, range: Range, diagnostics: DiagnosticList): boolean {
  const control = text.search(/[\x00-\x08\x0b-\x1f\x7f\ufffd]/);
  if (control !== -1) {
    const message = 'a control character, or a byte that is not UTF-8';
    diagnostics.error({ offset: range.offset + control, length: 1 }, message);
    return false;
  }
  if (Buffer.byteLength(text) > longestLine) {
    diagnostics.error(range, `knockd reads lines of up to ${longestLine} bytes`);
    return false;
  }
  return true;
}

const printable = (text: string): string => text.replace(/[\x00-\x1f\x7f-\x9f\ufffd]/g, ' ').trim();
