import { describe, expect, test } from 'vitest';
import {
  MAX_DEPTH,
  MAX_LENGTH,
  parseExpression,
} from '../../../../../src/plugins/filter/match/parse-expression.ts';
import { passing } from './rows.ts';

const nested = (depth: number): string => `${'('.repeat(depth)}tcp.syn${')'.repeat(depth)}`;

describe('an expression', () => {
  test(`can have parentheses ${MAX_DEPTH} deep`, () => {
    expect(passing(nested(MAX_DEPTH), [{ 'tcp.syn': 1 }, {}])).toEqual([0]);
    const { expression, problems } = parseExpression(nested(MAX_DEPTH + 1));
    expect(expression).toBeUndefined();
    expect(problems).toEqual([
      { offset: 100, length: 1, message: 'parentheses stand in each other more than 100 deep' },
    ]);
  });

  test('may negate any number of times', () => {
    expect(passing(`${'not '.repeat(10_001)}tcp.syn`, [{ 'tcp.syn': 1 }, {}])).toEqual([1]);
  });

  test('can have thousands of tests, and of values', () => {
    const ports = Array.from({ length: 9000 }, (_, index) => 2 * index).join(',');
    const tests = Array.from({ length: 500 }, (_, index) => `tcp.dport == ${index}`).join(' or ');
    const rows = [5, 6, 17_998, 18_000].map((port) => ({ 'tcp.dport': port }));
    expect(passing(`tcp.dport in {${ports}}`, rows)).toEqual([1, 2]);
    expect(passing(tests, rows)).toEqual([0, 1]);
  });

  test(`has at most ${MAX_LENGTH} characters`, () => {
    const longest = `tcp.syn${' '.repeat(MAX_LENGTH - 'tcp.syn'.length)}`;
    expect(parseExpression(longest).problems).toEqual([]);
    for (const longer of [`${longest} `, `"${longest}"`, 'a'.repeat(2 ** 20)]) {
      expect(parseExpression(longer).problems).toMatchObject([
        { message: 'an expression has at most 65536 characters' },
      ]);
    }
  });

  test.each([
    ['parentheses', '('.repeat(20_000)],
    ['quotes and backslashes', '"\\'.repeat(30_000)],
    ['brackets', '{'.repeat(60_000)],
    ['backslashes', '\\x'.repeat(30_000)],
  ])('of nothing but %s is refused', (_, text) => {
    const { expression, problems } = parseExpression(text);
    expect(expression).toBeUndefined();
    expect(problems.length).toBeGreaterThan(0);
  });
});
