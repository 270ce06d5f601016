import { EmbeddedActionsParser, type IToken } from 'chevrotain';
import { syntaxMessages } from './syntax-messages.ts';
import type {
  Expression,
  Operator,
  Relation,
  Test,
  Value,
  Word as WordNode,
} from './syntax-tree.ts';
import {
  Absent,
  And,
  CloseParenthesis,
  CloseSet,
  Comma,
  Comparison,
  Exists,
  In,
  Mask,
  meaningOf,
  Not,
  OpenParenthesis,
  OpenSet,
  Or,
  Text,
  TextComparison,
  tokenTypes,
  Word,
} from './tokens.ts';

/** What the rules hand over as they recognise it. */
export interface Reader {
  /** Makes a value of a token. */
  value(token: IToken): Value;
  /** Takes note of a test, even if the expression goes wrong behind it. */
  test(test: Test): void;
}

/**
 *     expression = conjunction { Or conjunction } .
 *     conjunction = condition { And condition } .
 *     condition  = { Not } ( "(" expression ")" | test ) .
 *     test       = Word [ "&" Word ] [ relation ] .
 *     relation   = Comparison value | Absent | [ Not ] ( Exists | "in" set | TextComparison value ) .
 *     set        = value | "{" value { "," value } "}" .
 *     value      = Word | Text .
 */
class ExpressionParser extends EmbeddedActionsParser {
  /** Set before each parse. */
  reader: Reader | undefined;

  readonly expression = this.RULE('expression', (): Expression => {
    const operands: Expression[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: Or,
      DEF: () => operands.push(this.SUBRULE(this.#conjunction)),
    });
    return this.ACTION(() => combined('any', operands));
  });

  readonly #conjunction = this.RULE('conjunction', (): Expression => {
    const operands: Expression[] = [];
    this.AT_LEAST_ONE_SEP({
      SEP: And,
      DEF: () => operands.push(this.SUBRULE(this.#condition)),
    });
    return this.ACTION(() => combined('all', operands));
  });

  readonly #condition = this.RULE('condition', (): Expression => {
    let isNegated = false;
    // A loop and not a rule that calls itself: a chain of any length needs no stack.
    this.MANY(() => {
      this.CONSUME(Not);
      isNegated = !isNegated;
    });
    const operand = this.OR([
      { ALT: () => this.SUBRULE(this.#parenthesized) },
      { ALT: () => this.SUBRULE(this.#test) },
    ]);
    return isNegated ? { kind: 'not', operand } : operand;
  });

  readonly #parenthesized = this.RULE('parenthesized', (): Expression => {
    this.CONSUME(OpenParenthesis);
    const expression = this.SUBRULE(this.expression);
    this.CONSUME(CloseParenthesis);
    return expression;
  });

  readonly #test = this.RULE('test', (): Expression => {
    const key = this.CONSUME(Word);
    let mask: IToken | undefined;
    this.OPTION(() => {
      this.CONSUME(Mask);
      mask = this.CONSUME1(Word);
    });
    let relation: Relation | undefined;
    this.OPTION1(() => {
      relation = this.SUBRULE(this.#relation);
    });
    return this.ACTION(() => {
      const bare: Relation = { operator: 'is', isNegated: false, place: wordOf(key), values: [] };
      const test: Test = {
        kind: 'test',
        key: wordOf(key),
        mask: mask && wordOf(mask),
        ...(relation ?? bare),
      };
      this.reader?.test(test);
      return test;
    });
  });

  readonly #relation = this.RULE(
    'relation',
    (): Relation =>
      this.OR([
        { ALT: () => this.SUBRULE(this.#comparison) },
        { ALT: () => this.SUBRULE(this.#absence) },
        { ALT: () => this.SUBRULE(this.#negatable) },
      ]),
  );

  readonly #comparison = this.RULE('comparison', (): Relation => {
    const sign = this.CONSUME(Comparison);
    const value = this.SUBRULE(this.#value);
    return this.ACTION(() => {
      return { ...meaningOf(sign.image), place: wordOf(sign), values: [value] };
    });
  });

  readonly #absence = this.RULE('absence', (): Relation => {
    const word = this.CONSUME(Absent);
    return { operator: 'exists', isNegated: true, place: wordOf(word), values: [] };
  });

  readonly #negatable = this.RULE('negatable', (): Relation => {
    let isNegated = false;
    this.OPTION(() => {
      this.CONSUME(Not);
      isNegated = true;
    });
    const relation = this.OR([
      { ALT: () => this.SUBRULE(this.#existence) },
      { ALT: () => this.SUBRULE(this.#membership) },
      { ALT: () => this.SUBRULE(this.#textComparison) },
    ]);
    return { ...relation, isNegated };
  });

  readonly #existence = this.RULE('existence', (): Relation => {
    const word = this.CONSUME(Exists);
    return { operator: 'exists', isNegated: false, place: wordOf(word), values: [] };
  });

  readonly #membership = this.RULE('membership', (): Relation => {
    const word = this.CONSUME(In);
    const values = this.OR([
      { ALT: () => this.SUBRULE(this.#set) },
      { ALT: () => [this.SUBRULE(this.#value)] },
    ]);
    return { operator: 'in', isNegated: false, place: wordOf(word), values };
  });

  readonly #textComparison = this.RULE('textComparison', (): Relation => {
    const word = this.CONSUME(TextComparison);
    const value = this.SUBRULE(this.#value);
    return this.ACTION(() => {
      // Sound because these are the images that the token's pattern has, in any case.
      const operator = word.image.toLowerCase() as Operator;
      return { operator, isNegated: false, place: wordOf(word), values: [value] };
    });
  });

  readonly #set = this.RULE('set', (): readonly Value[] => {
    const values: Value[] = [];
    this.CONSUME(OpenSet);
    this.AT_LEAST_ONE_SEP({
      SEP: Comma,
      DEF: () => values.push(this.SUBRULE(this.#value)),
    });
    this.CONSUME(CloseSet);
    return values;
  });

  readonly #value = this.RULE('value', (): Value => {
    const token = this.OR([{ ALT: () => this.CONSUME(Word) }, { ALT: () => this.CONSUME(Text) }]);
    return this.ACTION(() => this.reader?.value(token) ?? { ...wordOf(token), bytes: undefined });
  });

  constructor() {
    super(tokenTypes, { maxLookahead: 1, errorMessageProvider: syntaxMessages });
    this.performSelfAnalysis();
  }
}

export const wordOf = ({ image, startOffset }: IToken): WordNode => ({
  text: image,
  offset: startOffset,
  length: image.length,
});

function combined(kind: 'all' | 'any', operands: readonly Expression[]): Expression {
  const [only] = operands;
  return only !== undefined && operands.length === 1 ? only : { kind, operands };
}

/** Where an expression stops making sense. */
export interface SyntaxFault {
  readonly message: string;
  /** Undefined: at the end. */
  readonly token: IToken | undefined;
}

/** Made for the first expression: chevrotain analyses the grammar in the constructor. */
let parser: ExpressionParser | undefined;

/** Runs the grammar over `tokens`. The tests before a syntax error have been read by then. */
export function parseTokens(
  tokens: IToken[],
  reader: Reader,
): { readonly expression: Expression | undefined; readonly fault: SyntaxFault | undefined } {
  parser ??= new ExpressionParser();
  parser.input = tokens;
  parser.reader = reader;
  const expression = parser.expression();
  const [failure] = parser.errors;
  // The parser lives on; the tokens need not.
  parser.input = [];
  parser.reader = undefined;
  if (failure === undefined) return { expression, fault: undefined };
  const isAtEnd = Number.isNaN(failure.token.startOffset);
  const token = isAtEnd ? undefined : failure.token;
  return { expression: undefined, fault: { message: failure.message, token } };
}
