import { isUtf8 } from 'node:buffer';

/** A stretch of source text in UTF-16 code units, as chevrotain counts. */
export interface Range {
  readonly offset: number;
  readonly length: number;
}

/** A range with its position for people: 1-based, columns in code points, a tab is one column. */
export interface Span extends Range {
  readonly line: number;
  readonly column: number;
}

/** The range from the start of `first` to the end of `last`. */
export function rangeThrough(first: Range, last: Range): Range {
  return { offset: first.offset, length: last.offset + last.length - first.offset };
}

/**
 * The text of one config file and the way from offsets to lines and columns.
 *
 * Positions are computed on demand: a valid file needs next to none of them. A cursor remembers
 * the last column, so asking in ascending order stays linear even in a single huge line.
 */
export class SourceText {
  readonly file: string;
  readonly text: string;
  /** Where invalid UTF-8 was replaced by U+FFFD for the first time. */
  readonly firstInvalid: Range | undefined;
  #lineStarts: number[] | undefined;
  #cursor = { lineStart: -1, offset: 0, column: 1 };

  /** `input`: text, or bytes to be read as UTF-8. A byte order mark is skipped in both. */
  constructor(input: string | Uint8Array, file: string) {
    this.file = file;
    if (typeof input === 'string') {
      this.text = input.startsWith('\uFEFF') ? input.slice(1) : input;
    } else {
      this.text = new TextDecoder('utf-8').decode(input);
      if (!isUtf8(input)) this.firstInvalid = this.#findReplacement(input);
    }
  }

  span(range: Range): Span {
    const { offset, length } = range;
    const starts = this.#starts();
    const index = lastAtMost(starts, offset);
    const lineStart = starts[index] ?? 0;
    return { offset, length, line: index + 1, column: this.#columnOf(lineStart, offset) };
  }

  slice(range: Range): string {
    return this.text.slice(range.offset, range.offset + range.length);
  }

  #starts(): number[] {
    if (this.#lineStarts) return this.#lineStarts;
    const starts = [0];
    for (let at = this.text.indexOf('\n'); at !== -1; at = this.text.indexOf('\n', at + 1)) {
      starts.push(at + 1);
    }
    this.#lineStarts = starts;
    return starts;
  }

  #columnOf(lineStart: number, offset: number): number {
    const cursor = this.#cursor;
    if (cursor.lineStart !== lineStart || cursor.offset > offset) {
      cursor.lineStart = lineStart;
      cursor.offset = lineStart;
      cursor.column = 1;
    }
    for (; cursor.offset < offset; cursor.offset++) {
      const unit = this.text.charCodeAt(cursor.offset);
      // The second half of a surrogate pair belongs to the column of the first.
      if (unit < 0xdc00 || unit > 0xdfff) cursor.column++;
    }
    return cursor.column;
  }

  /** The first replacement character in the first line whose bytes are not UTF-8. */
  #findReplacement(bytes: Uint8Array): Range {
    const starts = this.#starts();
    let byteStart = 0;
    for (const start of starts) {
      const newline = bytes.indexOf(0x0a, byteStart);
      const byteEnd = newline === -1 ? bytes.length : newline + 1;
      if (!isUtf8(bytes.subarray(byteStart, byteEnd))) {
        return { offset: Math.max(this.text.indexOf('\uFFFD', start), start), length: 1 };
      }
      byteStart = byteEnd;
    }
    return { offset: 0, length: 0 };
  }
}

/** Index of the last element that is not above `value`; `sorted` ascends and starts at 0. */
function lastAtMost(sorted: readonly number[], value: number): number {
  let low = 0;
  let high = sorted.length - 1;
  while (low < high) {
    const middle = (low + high + 1) >>> 1;
    if ((sorted[middle] ?? 0) <= value) low = middle;
    else high = middle - 1;
  }
  return low;
}
