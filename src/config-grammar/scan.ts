/**
 * Character scanners below the lexer. They are loops and not regular expressions because a regular
 * expression with a repeated group keeps a backtrack entry for each character, which overflows on
 * input of a few megabytes. Each returns an end offset; each looks at a character a bounded number
 * of times over the whole file.
 */

const tab = 0x09;
const lineFeed = 0x0a;
const carriageReturn = 0x0d;
const space = 0x20;
const quote = 0x22;
const hash = 0x23;
const backslash = 0x5c;
const del = 0x7f;

export const isBlank = (unit: number): boolean => unit === space || unit === tab;
export const isOpenBracket = (char: string | undefined): boolean => char === '{' || char === '<';
export const isCloseBracket = (char: string | undefined): boolean => char === '}' || char === '>';

/** Past spaces and tabs. */
export function skipBlanks(text: string, offset: number): number {
  let at = offset;
  while (isBlank(text.charCodeAt(at))) at++;
  return at;
}

/** Past `\n` or `\r\n`, or `offset` itself when no line ends here. */
export function skipLineEnd(text: string, offset: number): number {
  const unit = text.charCodeAt(offset);
  if (unit === lineFeed) return offset + 1;
  if (unit === carriageReturn && text.charCodeAt(offset + 1) === lineFeed) return offset + 2;
  return offset;
}

/** To the end of the line, without it. */
function skipComment(text: string, offset: number): number {
  const end = text.indexOf('\n', offset);
  return end === -1 ? text.length : end;
}

/**
 * Past a line continuation: `\`, blanks, perhaps a comment, the end of the line or file. Returns
 * `offset` when the backslash there is an ordinary character. Inside quotes `#` is no comment.
 */
export function skipContinuation(text: string, offset: number, quoted = false): number {
  if (text.charCodeAt(offset) !== backslash) return offset;
  let at = skipBlanks(text, offset + 1);
  if (!quoted && text.charCodeAt(at) === hash) at = skipComment(text, at);
  const next = skipLineEnd(text, at);
  if (next > at) return next;
  return at >= text.length && !quoted ? at : offset;
}

/** Past a bare word: up to a blank, quote, `#`, control character, or a continuing backslash. */
export function skipWord(text: string, offset: number): number {
  let at = offset;
  for (; at < text.length; at++) {
    const unit = text.charCodeAt(at);
    if (unit <= space || unit === quote || unit === hash || unit === del) break;
    if (unit === backslash && skipContinuation(text, at) > at) break;
  }
  return at;
}

/** A quoted value from its opening quote on; not closed when the line ends first. */
export function scanQuoted(text: string, offset: number): { end: number; closed: boolean } {
  let at = offset + 1;
  while (at < text.length) {
    const unit = text.charCodeAt(at);
    if (unit === quote) return { end: at + 1, closed: true };
    if (unit === backslash) {
      const continued = skipContinuation(text, at, true);
      const next = text.charCodeAt(at + 1);
      if (continued > at) at = continued;
      else at += next === quote || next === backslash ? 2 : 1;
    } else if (skipLineEnd(text, at) > at) {
      break;
    } else {
      at++;
    }
  }
  return { end: Math.min(at, text.length), closed: false };
}

/**
 * Past the end of a line and all lines after it that hold nothing but blanks and comments, up to
 * the next thing that counts; `offset` itself when no line ends there.
 */
export function skipEmptyLines(text: string, offset: number): number {
  let at = offset;
  for (let next = skipLineEnd(text, at); next > at; next = skipLineEnd(text, at)) {
    at = skipBlanks(text, next);
    if (text.charCodeAt(at) === hash) at = skipComment(text, at);
  }
  return at;
}

/** True when nothing but blanks and a comment is left in the line. */
export function isLineRestEmpty(text: string, offset: number): boolean {
  let at = skipBlanks(text, offset);
  for (let next = skipContinuation(text, at); next > at; next = skipContinuation(text, at)) {
    at = skipBlanks(text, next);
  }
  return at >= text.length || text.charCodeAt(at) === hash || skipLineEnd(text, at) > at;
}

/** True when a bracket at `offset` can open a block: the line ends after it, or after `{ }`. */
export function opensBlock(text: string, offset: number): boolean {
  if (!isOpenBracket(text[offset])) return false;
  if (isLineRestEmpty(text, offset + 1)) return true;
  const next = skipBlanks(text, offset + 1);
  return isCloseBracket(text[next]) && isLineRestEmpty(text, next + 1);
}

/** Past everything that may stand between a block's name and its bracket, line ends included. */
export function skipToBracket(text: string, offset: number): number {
  let at = offset;
  for (;;) {
    const from = at;
    at = skipBlanks(text, at);
    at = skipContinuation(text, at);
    if (text.charCodeAt(at) === hash) at = skipComment(text, at);
    at = skipLineEnd(text, at);
    if (at === from) return at;
  }
}
