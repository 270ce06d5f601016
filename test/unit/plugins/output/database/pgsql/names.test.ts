import { expect, test } from 'vitest';
import {
  parseName,
  quoteName,
  quotePath,
  spellings,
} from '../../../../../../src/plugins/output/database/pgsql/names.ts';
import { isInsert } from '../../../../../../src/plugins/output/database/pgsql/procedure.ts';

test('quoting', () => {
  expect(quoteName('a"b\'; --')).toBe('"a""b\'; --"');
  expect(quotePath('S', 't')).toBe('"S"."t"');
  expect(spellings('Ulog')).toEqual(['Ulog', 'ulog']);
  expect(spellings('ulog')).toEqual(['ulog']);
});

test.each([
  ['INSERT_CT', undefined, ['INSERT_CT', 'insert_ct']],
  [' f ', undefined, ['f']],
  ['Fw.f', ['Fw', 'fw'], ['f']],
  ['"F""w"."x.y"', ['F"w'], ['x.y']],
  ['"Only"', undefined, ['Only']],
])('%s', (text, schema, name) => {
  expect(parseName(text)).toEqual({ schema, name });
});

test.each(['', 'a.b.c', '"a', 'a.', '.a', 'a"b'])('no name: %j', (text) => {
  expect(() => parseName(text)).toThrow(/is no name of a function$/);
});

test('INSERT', () => {
  expect(['INSERT', 'insert', ' Insert  INTO '].map(isInsert)).toEqual([true, true, true]);
  expect(['INSERT_CT', 'insertinto', 'INSERT INTO x'].map(isInsert)).toEqual([false, false, false]);
});
