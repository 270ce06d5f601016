import type { IToken } from 'chevrotain';
import { shown } from '../../../config-grammar/index.ts';
import { ExpressionText, type Span } from './expression-text.ts';
import { parseTokens, type Reader, wordOf } from './parser.ts';
import { readQuoted } from './quoted-text.ts';
import type { Expression, Test, Value } from './syntax-tree.ts';
import {
  CloseParenthesis,
  LoneBar,
  LoneEquals,
  OpenParenthesis,
  Regex,
  Text,
  tokenize,
  UnclosedText,
  Unknown,
} from './tokens.ts';

/** UTF-16 code units of an expression as written; what is longer belongs into a set of the firewall. */
export const MAX_LENGTH = 65_536;
/** Parentheses within each other: bounds the recursion of parser and compiler. */
export const MAX_DEPTH = 100;

/** Something wrong with a part of an expression. */
export interface Problem extends Span {
  readonly message: string;
  readonly severity?: 'error' | 'warning';
  readonly suggestion?: string | undefined;
}

export interface ParsedExpression {
  /** Undefined when there is a syntax error. */
  readonly expression: Expression | undefined;
  /** All tests up to a syntax error. */
  readonly tests: readonly Test[];
  /** Places are those in the rest of the line; so are those of {@link locate}. */
  readonly problems: readonly Problem[];
  /** Where a part of the expression stands in the rest of the line. */
  locate(span: Span): Span;
}

/** Reads an expression as an option has it. Types of keys are not looked at: see bind-test.ts. */
export function parseExpression(rest: string): ParsedExpression {
  const { length } = rest;
  if (length > MAX_LENGTH) {
    const message = `an expression has at most ${MAX_LENGTH} characters`;
    return { ...nothing, problems: [{ offset: 0, length, message }] };
  }
  const text = new ExpressionText(rest);
  const parse = new Parse(text.text);
  const problems = parse.problems.map((problem) => ({ ...problem, ...text.locate(problem) }));
  return { ...parse, problems, locate: (span) => text.locate(span) };
}

const nothing: Pick<ParsedExpression, 'expression' | 'tests' | 'locate'> = {
  expression: undefined,
  tests: [],
  locate: (span) => span,
};

const keyPattern = /^[a-z_][\w.-]*$/i;

class Parse implements Reader {
  readonly problems: Problem[] = [];
  readonly tests: Test[] = [];
  readonly expression: Expression | undefined;

  constructor(text: string) {
    const tokens = tokenize(text);
    for (const token of tokens) this.#checkToken(token);
    const tooDeep = firstTooDeep(tokens);
    if (tooDeep !== undefined) {
      this.#report(tooDeep, `parentheses stand in each other more than ${MAX_DEPTH} deep`);
      return;
    }
    const { expression, fault } = parseTokens(tokens, this);
    this.expression = expression;
    if (fault === undefined) return;
    const { token, message } = fault;
    this.#forgetOperator(tokens, token);
    if (token === undefined) this.problems.push({ offset: text.length, length: 0, message });
    else if (!isRefused(token)) this.#report(token, message);
  }

  value(token: IToken): Value {
    const { image, tokenType } = token;
    if (tokenType === Text) return { ...wordOf(token), bytes: readQuoted(image).bytes };
    // Refused as such, whatever is in it.
    if (tokenType === UnclosedText) return { ...wordOf(token), bytes: Buffer.from(image) };
    return { ...wordOf(token), bytes: undefined };
  }

  test(test: Test): void {
    const { key } = test;
    if (keyPattern.test(key.text)) {
      this.tests.push(test);
      return;
    }
    const message = `a test begins with a key, such as tcp.dport, not ${shown(key.text)}`;
    this.problems.push({ offset: key.offset, length: key.length, message });
  }

  /** A key right before a syntax error is not a bare one: what it is to be asked is unknown. */
  #forgetOperator(tokens: readonly IToken[], fault: IToken | undefined): void {
    const last = this.tests.at(-1);
    const before = fault && tokens[tokens.indexOf(fault) - 1];
    if (last?.operator !== 'is' || before === undefined) return;
    const end = last.mask ?? last.key;
    if (end.offset !== before.startOffset) return;
    this.tests[this.tests.length - 1] = { ...last, mask: undefined, operator: 'exists' };
  }

  #checkToken(token: IToken): void {
    switch (token.tokenType) {
      case Text:
        this.#checkEscapes(token);
        break;
      case UnclosedText:
        this.#report(token, unclosed(token.image));
        break;
      case LoneEquals:
        this.#report(token, '"=" is no operator', '==');
        break;
      case LoneBar:
        this.#report(token, '"|" is no operator', '||');
        break;
      case Regex:
        this.#report(
          token,
          'there are no regular expressions, which packets could make slow; use contains, startswith or endswith',
        );
        break;
      case Unknown:
        this.#report(token, `${shown(token.image)} means nothing here`);
        break;
    }
  }

  #checkEscapes({ image, startOffset }: IToken): void {
    for (const { offset, length } of readQuoted(image).unknownEscapes) {
      const written = image.slice(offset, offset + length);
      const message = `${shown(written)} is no escape; there are \\n, \\r, \\t, \\\\, \\", \\' and \\xNN, a byte in hexadecimal`;
      this.problems.push({ offset: startOffset + offset, length, message });
    }
  }

  #report({ startOffset: offset, image }: IToken, message: string, suggestion?: string): void {
    this.problems.push({ offset, length: image.length, message, suggestion });
  }
}

const unclosed = (image: string): string =>
  image.startsWith('"')
    ? 'this text has no " at its end'
    : "this text has no ' at its end (a # begins a comment even in such quotes; write \\x23)";

/** Whether the lexer's findings already tell what is wrong with a token. */
const isRefused = ({ tokenType }: IToken): boolean =>
  tokenType === Unknown || tokenType === UnclosedText;

function firstTooDeep(tokens: readonly IToken[]): IToken | undefined {
  let depth = 0;
  for (const token of tokens) {
    if (token.tokenType === OpenParenthesis) depth++;
    if (token.tokenType === CloseParenthesis) depth--;
    if (depth > MAX_DEPTH) return token;
  }
  return undefined;
}
