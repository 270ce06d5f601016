import type { Statement, Value } from './document.ts';
import { scanQuoted, skipContinuation } from './scan.ts';
import { type Range, rangeThrough, type SourceText } from './source-text.ts';

/**
 * Between text as written and text as meant. Inside quotes `\"` and `\\` are escapes, a backslash
 * at the end of a line joins it with the next, and every other backslash is itself.
 */

/** The text of a quoted value, given with its opening quote and, unless it is missing, its closing one. */
export function unquote(raw: string): string {
  const { end, closed } = scanQuoted(raw, 0);
  const stop = closed ? end - 1 : end;
  if (!raw.includes('\\')) return raw.slice(1, stop);
  const parts: string[] = [];
  let copied = 1;
  for (let at = 1; at < stop; ) {
    const next = nextUnit(raw, at);
    if (next.end - at > 1) {
      parts.push(raw.slice(copied, at));
      if (!next.joinsLines) parts.push(raw.slice(at + 1, next.end));
      copied = next.end;
    }
    at = next.end;
  }
  return parts.join('') + raw.slice(copied, stop);
}

/** All values as one text; see `Statement.rest`. */
export function restOf(source: SourceText, values: readonly Value[]): string {
  const first = values[0];
  const last = values.at(-1);
  if (!first || !last) return '';
  const written = source.slice(rangeThrough(first.range, last.range));
  if (!written.includes('\n')) return written;
  const parts: string[] = [];
  let end = first.range.offset;
  for (const { range, quoted } of values) {
    const gap = source.text.slice(end, range.offset);
    const raw = source.slice(range);
    parts.push(gap.includes('\n') ? ' ' : gap, quoted ? withoutLineJoins(raw) : raw);
    end = range.offset + range.length;
  }
  return parts.join('');
}

/** The source range of a part of `value.text`, for errors inside a value. */
export function rangeInValue(
  source: SourceText,
  value: Value,
  offset: number,
  length: number,
): Range {
  if (!value.quoted) return { offset: value.range.offset + offset, length };
  const start = afterUnits(source.text, value.range.offset + 1, offset);
  return { offset: start, length: afterUnits(source.text, start, length) - start };
}

/** The source range of a part of `statement.rest`. */
export function rangeInRest(
  source: SourceText,
  statement: Statement,
  offset: number,
  length: number,
): Range {
  const start = restPosition(source, statement.values, offset);
  const last = restPosition(source, statement.values, offset + Math.max(length, 1) - 1);
  return { offset: start, length: length === 0 ? 0 : last + 1 - start };
}

/** Source offset of the character at `offset` in the rest text of `values`. */
function restPosition(source: SourceText, values: readonly Value[], offset: number): number {
  let left = offset;
  let end = values[0]?.range.offset ?? 0;
  for (const { range, quoted } of values) {
    const gap = range.offset - end;
    const gapInRest = source.text.slice(end, range.offset).includes('\n') ? 1 : gap;
    if (left < gapInRest) return end + left;
    left -= gapInRest;
    end = range.offset + range.length;
    for (let at = range.offset; at < end; left--) {
      while (quoted && skipContinuation(source.text, at, true) > at) {
        at = skipContinuation(source.text, at, true);
      }
      if (left === 0) return at;
      at++;
    }
  }
  return end;
}

/** One character of quoted text with the escape or the line joins it is written with. */
function nextUnit(text: string, at: number): { end: number; joinsLines: boolean } {
  if (text[at] !== '\\') return { end: at + 1, joinsLines: false };
  const joined = skipContinuation(text, at, true);
  if (joined > at) return { end: joined, joinsLines: true };
  const next = text[at + 1];
  return { end: next === '"' || next === '\\' ? at + 2 : at + 1, joinsLines: false };
}

/** Past `count` characters of quoted text. */
function afterUnits(text: string, from: number, count: number): number {
  let at = from;
  for (let left = count; left > 0 && at < text.length; ) {
    const unit = nextUnit(text, at);
    at = unit.end;
    if (!unit.joinsLines) left--;
  }
  return at;
}

function withoutLineJoins(raw: string): string {
  let text = '';
  for (let at = 0; at < raw.length; ) {
    const unit = nextUnit(raw, at);
    if (!unit.joinsLines) text += raw.slice(at, unit.end);
    at = unit.end;
  }
  return text;
}
