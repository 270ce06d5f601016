import { BytesColumn, NumberColumn, WideColumn } from '../../../records/column.ts';
import type { ColumnSet } from '../../../records/column-set.ts';
import { PrefixSet } from '../prefix-set.ts';
import { bindTest } from './bind-test.ts';
import { bytesSet, InBytesSet } from './conditions/bytes.ts';
import { All, Any, type Condition, Not, Presence } from './conditions/condition.ts';
import { numberCondition } from './conditions/numbers.ts';
import { WideInRanges } from './conditions/wide-numbers.ts';
import type { NumberRange } from './predicate.ts';
import type { Expression, Test } from './syntax-tree.ts';

/**
 * Makes a condition over a block's columns of an expression.
 *
 * @throws Error when a key is missing or of a type that does not suit, which the check of the config
 *   reports before, with its place
 */
export function compile(expression: Expression, columns: ColumnSet): Condition {
  switch (expression.kind) {
    case 'test':
      return compileTest(expression, columns);
    case 'not':
      return new Not(compile(expression.operand, columns), columns.capacity);
    case 'all':
      return new All(expression.operands.map((operand) => compile(operand, columns)));
    case 'any': {
      const conditions = expression.operands.map((operand) => compile(operand, columns));
      return new Any(conditions, columns.capacity);
    }
  }
}

function compileTest(test: Test, columns: ColumnSet): Condition {
  const found = columns.find(test.key.text);
  if (!found) throw new Error(`no plugin of the block provides key ${test.key.text}`);
  const { column, key } = found;
  const { predicate, problems } = bindTest(test, key.type);
  const error = problems.find(({ severity }) => severity !== 'warning');
  if (error) throw new Error(error.message);
  const isWanted = !test.isNegated;
  if (predicate.kind === 'present') return new Presence(column, isWanted);
  if (predicate.kind === 'numbers') {
    const { mask } = predicate;
    const ranges = merged(predicate.ranges);
    if (column instanceof NumberColumn) return numberCondition(column, mask, ranges, isWanted);
    if (column instanceof WideColumn) return new WideInRanges(column, mask, ranges, isWanted);
  } else if (column instanceof BytesColumn) {
    const set =
      predicate.kind === 'addresses'
        ? new PrefixSet(predicate.prefixes)
        : bytesSet(predicate.operator, predicate.values);
    return new InBytesSet(column, set, isWanted);
  }
  throw new Error(`key ${key.name} is not stored as its type ${key.type} says`);
}

/** The same numbers in ranges that ascend, with gaps between them. */
function merged(ranges: readonly NumberRange[]): NumberRange[] {
  const sorted = ranges.toSorted((a, b) => (a.low < b.low ? -1 : Number(a.low > b.low)));
  const result: NumberRange[] = [];
  for (const { low, high } of sorted) {
    const last = result.at(-1);
    if (last === undefined || low > last.high + 1n) result.push({ low, high });
    else if (high > last.high) result[result.length - 1] = { low: last.low, high };
  }
  return result;
}
