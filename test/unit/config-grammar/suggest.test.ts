import { describe, expect, it } from 'vitest';
import { editDistance, Suggester } from '../../../src/config-grammar/suggest.ts';

describe('editDistance', () => {
  it.each([
    ['', '', 0],
    ['', 'abc', 3],
    ['abc', 'abc', 0],
    ['abc', 'abd', 1],
    ['abc', 'ab', 1],
    ['abc', 'acb', 1],
    ['kitten', 'sitting', 3],
    ['ca', 'abc', 3],
  ])('from %j to %j is %i', (a, b, distance) => {
    expect(editDistance(a, b)).toBe(distance);
    expect(editDistance(b, a)).toBe(distance);
  });
});

describe('nearest', () => {
  const words = ['group', 'snaplen', 'label', 'logfile', 'loglevel'];

  it.each([
    ['gruop', 'group'],
    ['SNAPLEN', 'snaplen'],
    ['logfil', 'logfile'],
    ['loglevl', 'loglevel'],
    ['labels', 'label'],
    ['lable', 'label'],
    ['gr', undefined],
    ['xyzzy', undefined],
    ['g', undefined],
    ['x'.repeat(65), undefined],
  ])('to %j is %j', (word, expected) => {
    expect(new Suggester().nearest(word, words)).toBe(expected);
  });

  it('prefers the nearest of several, the first of equals', () => {
    expect(new Suggester().nearest('logfils', ['logfiles', 'logfile', 'logfill'])).toBe('logfiles');
    expect(new Suggester().nearest('barn', ['bark', 'bars', 'bard'])).toBe('bark');
  });

  it('gives up after a number of comparisons, however many words are asked for', () => {
    const suggester = new Suggester();
    const many = Array.from({ length: 50_001 }, (_, i) => `x${i}`.padEnd(8, '-'));
    suggester.nearest('abcdefgh', many);
    suggester.nearest('abcdefgh', many);
    expect(suggester.nearest('abcdefgh', ['abcdefgx'])).toBeUndefined();
  });
});
