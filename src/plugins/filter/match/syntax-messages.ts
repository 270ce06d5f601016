import { EOF, type IParserErrorMessageProvider, type IToken, tokenLabel } from 'chevrotain';
import { shown } from '../../../config-grammar/index.ts';
import { CloseParenthesis, CloseSet, OpenSet, Text, Word } from './tokens.ts';

/** What the rules that can begin in several ways begin with. */
const beginnings: Readonly<Record<string, string>> = {
  expression: 'a key, "not" or "("',
  conjunction: 'a key, "not" or "("',
  condition: 'a key, "not" or "("',
  negatable: '"in", "exists", "contains", "startswith" or "endswith"',
  membership: 'a value or "{"',
  set: 'a value',
  value: 'a value',
};

/** Says in the words of the language what is missing, where chevrotain would name its rules. */
export const syntaxMessages: IParserErrorMessageProvider = {
  buildMismatchTokenMessage: ({ expected, actual }) => {
    if (expected === Word) return isMissing('a number', actual);
    if (expected === CloseSet) return behindTest(actual, ['","', '"}"']);
    const isClosing = expected === CloseParenthesis;
    return isClosing ? behindTest(actual, ['")"']) : isMissing(tokenLabel(expected), actual);
  },
  buildNotAllInputParsedMessage: ({ firstRedundant: actual }) =>
    actual.tokenType === CloseParenthesis ? 'this ")" closes nothing' : behindTest(actual, []),
  buildNoViableAltMessage: ({ ruleName, actual: [actual] }) => atBeginning(ruleName, actual),
  buildEarlyExitMessage: ({ ruleName, actual: [actual] }) => atBeginning(ruleName, actual),
};

function atBeginning(rule: string, actual: IToken | undefined): string {
  if (rule === 'set' && actual?.tokenType === CloseSet) return 'a set needs at least one value';
  if (rule === 'value' && actual?.tokenType === OpenSet) {
    return 'a set can stand behind "in" only';
  }
  if (actual?.tokenType === Text && (beginnings[rule] ?? '').startsWith('a key')) {
    return 'a text cannot stand before its key; quotes around an expression enclose all of it';
  }
  return isMissing(beginnings[rule] ?? 'something else', actual);
}

/** `others`: what may come there besides the connectives of tests. */
function behindTest(actual: IToken, others: readonly string[]): string {
  if (actual.image.startsWith('-')) return 'a range has no blanks around its "-"';
  if (others.length > 1) return isMissing(others.join(' or '), actual);
  // A word where a test could end is most likely a value whose operator is missing.
  const isWord = actual.tokenType === Word || actual.tokenType === Text;
  const operator = isWord ? ['an operator such as =='] : [];
  const expected = [...operator, '"and"', '"or"', ...others];
  if (actual.tokenType === EOF) return isMissing(others.join(''), actual);
  return isMissing(`${expected.slice(0, -1).join(', ')} or ${expected.at(-1)}`, actual);
}

function isMissing(expected: string, actual: IToken | undefined): string {
  const isAtEnd = actual === undefined || actual.tokenType === EOF;
  return isAtEnd
    ? `${expected} is missing at the end`
    : `expected ${expected}, not ${shown(actual.image)}`;
}
