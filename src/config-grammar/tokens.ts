import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import {
  isCloseBracket,
  isLineRestEmpty,
  isOpenBracket,
  opensBlock,
  scanQuoted,
  skipContinuation,
  skipEmptyLines,
  skipToBracket,
  skipWord,
} from './scan.ts';

/**
 * The lexer is total: every text becomes tokens, and what is wrong with them is said by the parser.
 * Brackets, section marks and block names are told from ordinary values by where they stand in
 * their line, which keeps `execstr /bin/x >%S` and `%{ip.saddr}` plain values.
 */

type Match = [string] | null;
type Matcher = (text: string, offset: number, matched: IToken[]) => Match;

/** All code units that a bare word may start with: chevrotain asks for them to pick candidates. */
const wordStart = Array.from({ length: 0x10000 }, (_, unit) => unit).filter(
  (unit) => unit > 0x20 && unit !== 0x22 && unit !== 0x23 && unit !== 0x7f,
);

/** Any value: bare, quoted, or quoted without an end. */
export const ValueToken = createToken({ name: 'Value', pattern: Lexer.NA });

/** One token for any number of line ends: a file of empty lines is no work for the parser. */
export const Newline = positional('Newline', ['\n', '\r'], matchTo(skipEmptyLines));

const Blank = createToken({ name: 'Blank', pattern: /[ \t]+/, group: Lexer.SKIPPED });

const Comment = createToken({ name: 'Comment', pattern: /#[^\n]*/, group: Lexer.SKIPPED });

const Continuation = positional('Continuation', ['\\'], matchTo(skipContinuation), {
  group: Lexer.SKIPPED,
});

/** Control characters outside quotes and comments; kept apart from the token stream. */
const Control = createToken({
  name: 'Control',
  pattern: /(?:[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]|\r(?!\n))+/,
  group: 'control',
});

export const Quoted = positional(
  'Quoted',
  ['"'],
  (text, offset) => {
    const { end, closed } = scanQuoted(text, offset);
    return closed ? [text.slice(offset, end)] : null;
  },
  { categories: [ValueToken] },
);

export const UnclosedQuote = positional(
  'UnclosedQuote',
  ['"'],
  matchTo((text, offset) => scanQuoted(text, offset).end),
  { categories: [ValueToken] },
);

/** `}` or `>` that starts a line, or stands right after the opening bracket. */
export const Close = positional('Close', ['}', '>'], (text, offset, matched) => {
  const last = matched.at(-1);
  if (!startsLine(last) && last?.tokenType !== Open) return null;
  const next = text[offset + 1];
  const standsAlone = next === ' ' || next === '\t' || isLineRestEmpty(text, offset + 1);
  return isCloseBracket(text[offset]) && standsAlone ? [text.slice(offset, offset + 1)] : null;
});

/** `{` or `<` after a block's name, or alone in its line. */
export const Open: TokenType = positional('Open', ['{', '<'], (text, offset, matched) => {
  const last = matched.at(-1);
  const structural =
    last?.tokenType === BlockName || (startsLine(last) && opensBlock(text, offset));
  return structural && isOpenBracket(text[offset]) ? [text.slice(offset, offset + 1)] : null;
});

/** `:NAME` at the start of a line. */
export const SectionName = positional('SectionName', [':'], (text, offset, matched) =>
  startsLine(matched.at(-1)) ? [text.slice(offset, skipWord(text, offset))] : null,
);

/** A word at the start of a line with nothing but an opening bracket after it. */
export const BlockName: TokenType = positional('BlockName', wordStart, (text, offset, matched) => {
  if (!startsLine(matched.at(-1))) return null;
  const end = skipWord(text, offset);
  if (opensBlock(text, skipToBracket(text, end))) return [text.slice(offset, end)];
  // `name{` and `name{}`: the brackets are the last one or two characters of the word.
  const cut = [2, 1].find((length) => end - length > offset && opensBlock(text, end - length));
  return cut === undefined ? null : [text.slice(offset, end - cut)];
});

export const Word = positional('Word', wordStart, matchTo(skipWord), { categories: [ValueToken] });

/** Most specific first: chevrotain takes the first that matches. */
export const tokenTypes: TokenType[] = [
  Blank,
  Newline,
  Comment,
  Continuation,
  Quoted,
  UnclosedQuote,
  Close,
  Open,
  SectionName,
  BlockName,
  Word,
  Control,
  ValueToken,
];

/** Offsets are enough: lines and columns are computed for the few places that are shown. */
const lexer = new Lexer(tokenTypes, { positionTracking: 'onlyOffset', ensureOptimizations: true });

/** Tokens of a text, and apart from them the control characters, which are errors. */
export function tokenize(text: string): { tokens: IToken[]; control: IToken[] } {
  const { tokens, groups } = lexer.tokenize(text);
  return { tokens, control: groups.control ?? [] };
}

function startsLine(last: IToken | undefined): boolean {
  return last === undefined || last.tokenType === Newline;
}

/** A matcher from a scanner: nothing matched when the scanner does not move. */
function matchTo(scan: (text: string, offset: number) => number): Matcher {
  return (text, offset) => {
    const end = scan(text, offset);
    return end > offset ? [text.slice(offset, end)] : null;
  };
}

function positional(
  name: string,
  startChars: (string | number)[],
  exec: Matcher,
  options: { group?: string; categories?: TokenType[] } = {},
): TokenType {
  // chevrotain compiles positions itself from offsets; no custom token reports lines.
  return createToken({
    name,
    pattern: { exec },
    start_chars_hint: startChars,
    line_breaks: true,
    ...options,
  });
}
