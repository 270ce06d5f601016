import { createToken, type IToken, Lexer, type TokenType } from 'chevrotain';
import type { Relation } from './syntax-tree.ts';

/**
 * The lexer is total: every text becomes tokens. What no expression can have is a token too, which
 * the parser finds in no rule, or takes for the operator that was meant.
 */

const token = (
  name: string,
  pattern: RegExp,
  label: string,
  options: { longer_alt?: TokenType; categories?: TokenType } = {},
): TokenType => createToken({ name, pattern, label, ...options });

const Blank = createToken({ name: 'Blank', pattern: /\s+/, group: Lexer.SKIPPED });

/** A key, a number, a range, an address, a prefix, a name: the key's type tells what it has to be. */
export const Word = token('Word', /[\w.:/%-]+/, 'a word');

export const Text = token(
  'Text',
  /"[^"\\]*(?:\\[\s\S][^"\\]*)*"|'[^'\\]*(?:\\[\s\S][^'\\]*)*'/,
  'a text',
);
export const UnclosedText = token('UnclosedText', /["'][\s\S]*/, 'a text', { categories: Text });

const keyword = (name: string, pattern: RegExp, label = `"${name.toLowerCase()}"`): TokenType =>
  token(name, pattern, label, { longer_alt: Word });

export const Or = keyword('Or', /or/i);
export const And = keyword('And', /and/i);
export const Not = keyword('Not', /not/i);
export const In = keyword('In', /in/i);
export const Exists = keyword('Exists', /exists/i);
export const Absent = keyword('Absent', /absent/i);

/** `==`, `!=`, `<` … and the words for parts of texts: what one value follows. */
export const Comparison = createToken({
  name: 'Comparison',
  pattern: Lexer.NA,
  label: 'an operator such as ==',
});

/** The same in words: `contains`, `startswith`, `endswith`; unlike signs they can be negated. */
export const TextComparison = createToken({
  name: 'TextComparison',
  pattern: /contains|startswith|endswith/i,
  label: '"contains", "startswith" or "endswith"',
  longer_alt: Word,
});
const Sign = token('Sign', /==|!=|<=|>=|<|>/, 'an operator such as ==', { categories: Comparison });

const OrSign = token('OrSign', /\|\|/, '"||"', { categories: Or });
const AndSign = token('AndSign', /&&/, '"&&"', { categories: And });
const NotSign = token('NotSign', /!/, '"!"', { categories: Not });
export const Mask = token('Mask', /&/, '"&"');
export const OpenParenthesis = token('OpenParenthesis', /\(/, '"("');
export const CloseParenthesis = token('CloseParenthesis', /\)/, '")"');
export const OpenSet = token('OpenSet', /\{/, '"{"');
export const CloseSet = token('CloseSet', /\}/, '"}"');
export const Comma = token('Comma', /,/, '","');

/** Signs of other languages, read as what they most likely mean, so that parsing can go on. */
export const LoneEquals = token('LoneEquals', /=(?!~)/, '"="', { categories: Comparison });
export const LoneBar = token('LoneBar', /\|/, '"|"', { categories: Or });

export const Regex = token('Regex', /[=!]~|~=?/, '"=~"', { categories: Comparison });

export const Unknown = token('Unknown', /[^\s\w.:/%\-"'()<>=!&|{},~]+/, 'an unknown sign');

/** Most specific first: chevrotain takes the first that matches. */
export const tokenTypes: TokenType[] = [
  Blank,
  Or,
  And,
  Not,
  In,
  Exists,
  Absent,
  TextComparison,
  Word,
  Text,
  UnclosedText,
  Regex,
  Sign,
  OrSign,
  AndSign,
  NotSign,
  Mask,
  OpenParenthesis,
  CloseParenthesis,
  OpenSet,
  CloseSet,
  Comma,
  LoneEquals,
  LoneBar,
  Unknown,
  Comparison,
];

/** Made for the first expression: most configs have none. */
let lexer: Lexer | undefined;

export function tokenize(text: string): IToken[] {
  lexer ??= new Lexer(tokenTypes, { positionTracking: 'onlyOffset' });
  return lexer.tokenize(text).tokens;
}

/** What a sign asks of a key and a value. */
type Meaning = Pick<Relation, 'operator' | 'isNegated'>;

const signs: Readonly<Record<string, Meaning>> = {
  '==': { operator: '==', isNegated: false },
  '!=': { operator: '==', isNegated: true },
  '<': { operator: '<', isNegated: false },
  '<=': { operator: '<=', isNegated: false },
  '>': { operator: '>', isNegated: false },
  '>=': { operator: '>=', isNegated: false },
  '=': { operator: '==', isNegated: false },
};

/** A sign that has been refused as such: what it asks of the key cannot be wrong as well. */
const unclear: Meaning = { operator: 'exists', isNegated: false };

/** The meaning of a token `Comparison`. */
export const meaningOf = (sign: string): Meaning => signs[sign] ?? unclear;
