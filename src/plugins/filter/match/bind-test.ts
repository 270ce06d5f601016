import { shown } from '../../../config-grammar/index.ts';
import { bindAddresses } from './bind-addresses.ts';
import { bindBytes } from './bind-bytes.ts';
import { bindNumbers, numberTypes } from './bind-numbers.ts';
import type { Problem } from './parse-expression.ts';
import type { Predicate, Report } from './predicate.ts';
import type { Operator, Test } from './syntax-tree.ts';

/** A test with the type of its key; the predicate means something only without an error. */
export interface BoundTest {
  readonly predicate: Predicate;
  readonly problems: readonly Problem[];
}

const inequalities: readonly Operator[] = ['<', '<=', '>', '>='];
const textOperators: readonly Operator[] = ['contains', 'startswith', 'endswith'];

/** What a test asks of values of a type; problems are at places in the expression. */
export function bindTest(test: Test, type: string): BoundTest {
  const problems: Problem[] = [];
  const report: Report = ({ offset, length }, message, details) => {
    problems.push({ offset, length, message, ...details });
  };
  const predicate = checkOperator(test, type, report) ? bind(test, type, report) : present;
  return { predicate, problems };
}

const present: Predicate = { kind: 'present' };

function bind(test: Test, type: string, report: Report): Predicate {
  if (test.operator === 'exists') return present;
  if (type === 'ip') return bindAddresses(test, report);
  const numbers = numberTypes.get(type);
  return numbers ? bindNumbers(test, numbers, report) : bindBytes(test, type, report);
}

/** Whether values of the type can be asked this at all. */
function checkOperator(test: Test, type: string, report: Report): boolean {
  const { key, mask, operator, place } = test;
  const isNumber = numberTypes.has(type);
  const title = `${shown(key.text)} is ${describe(type)}`;
  if (operator === 'exists' && mask) {
    report(mask, 'a mask has no part in whether a key is there');
    return false;
  }
  if (mask && !isNumber) {
    report(mask, `"&" is for numbers, but ${title}`);
    return false;
  }
  if (operator === 'is' && (type !== 'bool' || mask)) {
    report(key, `${title}, which has to be compared, as in ${comparison(test, type)}`);
    return false;
  }
  if (inequalities.includes(operator) && !isNumber) {
    const all = type === 'ip' ? '==, != and in' : '==, !=, in, contains, startswith and endswith';
    report(place, `"${operator}" is for numbers, but ${title}: there are ${all}`);
    return false;
  }
  if (textOperators.includes(operator) && (isNumber || type === 'ip')) {
    report(place, `"${operator}" is for texts, but ${title}`);
    return false;
  }
  return true;
}

const descriptions: Readonly<Record<string, string>> = {
  bool: 'a bool',
  ip: 'an address',
  mac: 'a link-layer address',
  string: 'a text',
  bytes: 'raw data',
};

const describe = (type: string): string => descriptions[type] ?? 'a number';

const samples: Readonly<Record<string, string>> = {
  bool: '== 1',
  ip: 'in 192.0.2.0/24',
  mac: '== 02:00:00:00:00:01',
  string: "== 'text'",
  bytes: "contains '\\x00'",
};

function comparison({ key, mask }: Test, type: string): string {
  const subject = mask
    ? `${key.text} & ${mask.text} != 0`
    : `${key.text} ${samples[type] ?? '== 1'}`;
  return shown(subject);
}
