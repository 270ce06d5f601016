import { describe, expect, test } from 'vitest';
import { options, parsedMatch, readsOf } from '../../../../../src/plugins/filter/match/options.ts';
import { diagnose } from './diagnose.ts';

/** Where errors are, and what of each is underlined. */
function places(rest: string): string[] {
  const lines = diagnose(rest).split('\n');
  return lines.flatMap((line, index) => {
    const place = /^t\.conf:(\d+:\d+): error/.exec(line)?.[1];
    if (place === undefined) return [];
    const written = lines[index + 1] ?? '';
    const marks = lines[index + 2] ?? '';
    const start = Array.from(marks).indexOf('^');
    const underlined = Array.from(written).slice(start, start + marks.trimStart().length);
    return [`${place} ${underlined.join('')}`];
  });
}

describe('errors in an expression are told at their place', () => {
  test.each([
    ['behind tabs', '\ttcp.dport\t==\t70000\t&& tcp.sport == 70001', ['4:21 70000', '4:43 70001']],
    [
      'behind characters of several bytes',
      "oob.prefix == 'äöü€' and tcp.dport == 70000",
      ['4:45 70000'],
    ],
    [
      'on continued lines',
      'tcp.dport in { \\\n 22, \\\n 70000 \\\n} and tcp.sport == 70001',
      ['6:2 70000', '7:20 70001'],
    ],
    [
      'in quotes on continued lines',
      '"tcp.dport == 70000 and \\\n oob.prefix == \\"\\\\z\\" or \\\n\ttcp.sport = 70001"',
      ['4:21 70000', '5:18 \\\\z', '6:12 =', '6:14 70001'],
    ],
    [
      'behind a text in quotes that goes on',
      'oob.in == "a\\\n b" and tcp.dport == \'x\'',
      ["5:22 'x'"],
    ],
    ['at the end of continued lines', 'tcp.syn \\\n and', ['5:5 ']],
  ])('%s', (_, rest, expected) => {
    expect(places(rest)).toEqual(expected);
  });

  test('however many warnings there are', () => {
    const prefixes = Array.from({ length: 30 }, (_, index) => `10.0.${index}.1/16`).join(', ');
    expect(diagnose(`ip.saddr in {${prefixes}}`).match(/warning/g)).toHaveLength(20);
    expect(places(`ip.saddr in {${prefixes}} and tcp.dport == 'x'`)).toHaveLength(1);
    expect(places(`ip.saddr in {${prefixes}, 10.0.0.0/33}`)).toHaveLength(1);
  });

  test('but no more than 20', () => {
    const tests = Array.from({ length: 30 }, () => "tcp.dport in {'x', 'y'}").join(' and ');
    expect(places(tests)).toHaveLength(20);
  });

  test('in few words, whatever is written', () => {
    const long = 'a'.repeat(50_000);
    const zeros = '0'.repeat(30_000);
    const expressions = [
      `oob.in == ${long}`,
      `ip.protocol == ${long}`,
      `ip.saddr == ${long}`,
      `tcp.dport == ${zeros}-${zeros}`,
      `tcp.dport in 1${zeros}-${zeros}`,
      `tcp.dport in ${'0'.repeat(38)}2-${'0'.repeat(38)}1`,
      `oob.mark & ${zeros} == 1`,
      `oob.mark & ${long}`,
      `raw.mac.saddr == ${'00-'.repeat(10_000)}00`,
      `oob.in ${long}`,
      `${long} == 1`,
    ];
    for (const expression of expressions) {
      const [message = ''] = diagnose(expression).split('\n');
      expect(message).toMatch(/^t\.conf:4:\d+: error: .{10,260}$/);
    }
  });
});

test('an expression is parsed once', () => {
  const values = { match: 'tcp.syn' };
  expect(Object.keys(options)).toEqual(Object.keys(values));
  expect(parsedMatch(values)).toBe(parsedMatch(values));
  expect(parsedMatch({ match: 'tcp.ack' })).not.toBe(parsedMatch(values));
  expect(readsOf({ match: 'tcp.ack' })).toMatchObject([{ key: 'tcp.ack' }]);
});
