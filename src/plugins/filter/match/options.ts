import {
  defineOptions,
  type KeyRequirement,
  type OptionValues,
  type ValueProblem,
} from '../../api.ts';
import { bindTest } from './bind-test.ts';
import type { Span } from './expression-text.ts';
import { type ParsedExpression, type Problem, parseExpression } from './parse-expression.ts';
import type { Test } from './syntax-tree.ts';

export const options = defineOptions({
  match: {
    type: 'string',
    rest: true,
    required: true,
    help: `what packets have to be, as in ip.protocol == tcp and tcp.dport in {22, 1024-65535} and not (ip.saddr in 10.0.0.0/8 or oob.in startswith 'vpn'); operators: == != < <= > >=, in, not in, contains, startswith, endswith, exists, absent, & for a mask; a bool stands alone; a comparison of a key that a packet lacks is false`,
  },
});

export type MatchOptions = OptionValues<typeof options>;

/** A block is asked five times about its options until it is open; parsing is what takes time. */
const parsedBefore = new WeakMap<MatchOptions, ParsedExpression>();

/** The expression that these options have; parsed once, as options do not change. */
export function parsedMatch(values: MatchOptions): ParsedExpression {
  const known = parsedBefore.get(values);
  if (known) return known;
  const parsed = parseExpression(values.match);
  parsedBefore.set(values, parsed);
  return parsed;
}

/** What is wrong with the expression whatever the types of its keys are. */
export const check = (values: MatchOptions): ValueProblem[] =>
  parsedMatch(values).problems.map((problem) => valueProblem(problem, problem));

/** The keys that the expression compares. */
export function readsOf(values: MatchOptions): KeyRequirement[] {
  const parsed = parsedMatch(values);
  return parsed.tests.map((test) => requirementOf(test, parsed));
}

function requirementOf(test: Test, { locate }: ParsedExpression): KeyRequirement {
  const { key } = test;
  return {
    key: key.text,
    option: 'match',
    ...locate(key),
    checkType: (type) =>
      bindTest(test, type).problems.map((problem) => valueProblem(problem, locate(problem))),
  };
}

function valueProblem(
  { message, severity = 'error', suggestion }: Problem,
  { offset, length }: Span,
): ValueProblem {
  const problem = { option: 'match', offset, length, message, severity };
  return suggestion === undefined ? problem : { ...problem, suggestion };
}
