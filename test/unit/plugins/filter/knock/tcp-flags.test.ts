import { describe, expect, test } from 'vitest';
import {
  contradiction,
  type FlagWord,
  flagMatch,
} from '../../../../../src/plugins/filter/knock/tcp-flags.ts';

const SYN = 0x02;
const ACK = 0x10;

const matches = (words: readonly FlagWord[], flags: number): boolean => {
  const { mask, value } = flagMatch(words);
  return (flags & mask) === value;
};

describe('flags', () => {
  test.each<[FlagWord[], number, boolean]>([
    [['syn'], SYN, true],
    [['syn'], SYN | ACK, true],
    [['syn'], ACK, false],
    [['syn', '!ack'], SYN, true],
    [['syn', '!ack'], SYN | ACK, false],
    [['syn', '!ack'], 0xc0 | SYN, true],
    [['fin', 'rst', 'psh', 'urg'], 0x2d, true],
    [['fin', 'rst', 'psh', 'urg'], 0x2c, false],
    [['!syn'], 0, true],
    [['!syn'], SYN, false],
    [['any'], 0, true],
    [['any'], 0xff, true],
  ])('%j and the byte %i: %s', (words, flags, expected) => {
    expect(matches(words, flags)).toBe(expected);
  });

  test.each<[FlagWord[], number]>([
    [['syn'], -1],
    [['syn', 'syn'], -1],
    [['syn', '!ack', 'fin'], -1],
    [['syn', '!ack', '!syn'], 2],
    [['any', 'syn'], 1],
    [['syn', 'any'], 1],
    [[], -1],
  ])('%j contradict at %i', (words, expected) => {
    expect(contradiction(words)).toBe(expected);
  });
});
