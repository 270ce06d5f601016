import { expect, test } from 'vitest';
import { type Lines, sendLines } from '../../../../../src/plugins/output/syslog/send-lines.ts';

/** Memory that holds these lines, and more behind them. */
function linesOf(...texts: string[]): Lines {
  const bytes = new Uint8Array(256);
  const ends = new Uint32Array(16);
  let at = 0;
  for (const [index, text] of texts.entries()) {
    const line = Buffer.from(text);
    bytes.set(line, at);
    at += line.length;
    ends[index] = at;
  }
  return { bytes, ends, rows: texts.length, next: 0 };
}

test('says each line as it is', () => {
  const lines = linesOf('IN=lo 100%s ', '', 'zürich ✓');
  const said: string[] = [];
  const answer = sendLines(lines, (line) => said.push(line));
  expect(said).toEqual(['IN=lo 100%s ', '', 'zürich ✓']);
  expect(answer).toEqual({ ...lines, next: 3, failure: undefined });
  expect([answer.bytes, answer.ends]).toEqual([lines.bytes, lines.ends]);
});

test('stops at the line that is not taken, and goes on with it', () => {
  const lines = linesOf('one', 'two', 'three');
  const said: string[] = [];
  const refuse = (line: string) => {
    if (line === 'two') throw Object.assign(new Error('no'), { code: 'ENOENT' });
    said.push(line);
  };
  const answer = sendLines(lines, refuse);
  expect(answer).toEqual({ ...lines, next: 1, failure: { code: 'ENOENT', message: 'no' } });
  expect(sendLines(answer, (line) => said.push(line))).toMatchObject({ next: 3 });
  expect(said).toEqual(['one', 'two', 'three']);
});

test('describes what is no system error', () => {
  const fail = (error: unknown) => () => {
    throw error;
  };
  const failure = (error: unknown) => sendLines(linesOf('x'), fail(error)).failure;
  expect(failure(new TypeError('no'))).toEqual({ code: '', message: 'no' });
  expect(failure('text')).toEqual({ code: '', message: 'text' });
});

test('answers after a tenth of a second, but never before it has tried a line', () => {
  const lines = linesOf('one', 'two', 'three', 'four');
  let now = 0;
  const slow = () => {
    now += 60;
  };
  const first = sendLines(lines, slow, () => now);
  expect(first).toEqual({ ...lines, next: 2, failure: undefined });
  const verySlow = () => {
    now += 1000;
  };
  expect(sendLines(first, verySlow, () => now)).toMatchObject({ next: 3 });
});
