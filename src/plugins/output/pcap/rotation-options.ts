import type { ValueProblem } from '../../api.ts';
import type { RotationLimits } from './rotation.ts';

/** Powers of 1024. */
const sizeUnits = new Map([
  ['K', 2 ** 10],
  ['M', 2 ** 20],
  ['G', 2 ** 30],
]);
const timeUnits = new Map([
  ['s', 1000],
  ['min', 60_000],
  ['h', 3_600_000],
  ['d', 86_400_000],
]);

const SMALLEST = 64 * 1024;
const pattern = /^(\d+(?:\.\d+)?)([a-z]*)$/i;

type Limit =
  | { readonly kind: 'size' | 'age'; readonly value: number }
  | { readonly kind: 'wrong'; readonly message: string };

/** What `pcaprotate` says: a size, an age, or one of each. */
export function rotationLimits(words: readonly string[] | undefined): RotationLimits {
  const limits = (words ?? []).map(readLimit);
  const valueFor = (kind: Limit['kind']): number | undefined => {
    const limit = limits.find((each) => each.kind === kind);
    return limit && limit.kind !== 'wrong' ? limit.value : undefined;
  };
  return { size: valueFor('size'), age: valueFor('age') };
}

/** What is wrong with the words of `pcaprotate`. */
export function checkRotation(words: readonly string[] | undefined): readonly ValueProblem[] {
  const option = 'pcaprotate';
  const limits = (words ?? []).map(readLimit);
  const problems = limits.flatMap((limit, item) =>
    limit.kind === 'wrong' ? [{ option, item, message: limit.message }] : [],
  );
  if (problems.length > 0) return problems;
  const [first, second] = limits;
  if (first === undefined || first.kind !== second?.kind) return [];
  return [{ option, item: 1, message: `pcaprotate takes one ${first.kind}, not two` }];
}

/**
 * `m` alone could be either: elsewhere 5m is five minutes and 100m, in any case, a size.
 */
function readLimit(text: string): Limit {
  const [, number = '', unit = ''] = pattern.exec(text) ?? [];
  if (unit === 'm' && number !== '') {
    return wrong(text, `write ${number}M for mebibytes or ${number}min for minutes`);
  }
  const size = sizeUnits.get(unit.replace(/i?B$/, '').toUpperCase());
  if (size !== undefined) {
    const bytes = Number(number) * size;
    return bytes >= SMALLEST
      ? { kind: 'size', value: bytes }
      : wrong(text, 'the smallest size is 64K');
  }
  const time = timeUnits.get(unit);
  if (time === undefined)
    return wrong(text, 'write a size as 100M, a time as 30s, 15min, 1h or 7d');
  const age = Number(number) * time;
  return age >= 1000 ? { kind: 'age', value: age } : wrong(text, 'the shortest time is 1s');
}

const wrong = (text: string, advice: string): Limit => ({
  kind: 'wrong',
  message: `pcaprotate takes a size or a time, not "${text}": ${advice}`,
});
