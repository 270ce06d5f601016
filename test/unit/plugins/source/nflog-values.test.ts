import { expect, test } from 'vitest';
import { checkLabel, numericLabel } from '../../../../src/plugins/source/nflog/values.ts';
import { defaultOptions } from './fake-group.ts';

const problem = (label: string) => checkLabel({ ...defaultOptions, label })[0]?.message;

test('a label is a word, or a number that has room in raw.label', () => {
  expect(['0', '255', 'dmz', '-1', 'x'.repeat(64)].map(problem)).toEqual(Array(5).fill(undefined));
  expect(problem('256')).toBe('a label that is a number goes from 0 to 255');
  expect(problem('é'.repeat(33))).toBe('a label has at most 64 bytes');
});

test('only a number is raw.label', () => {
  expect(['0', '007', '255', 'dmz', '-1', ''].map(numericLabel)).toEqual([0, 7, 255, -1, -1, -1]);
});
