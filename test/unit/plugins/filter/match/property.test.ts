import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { parseExpression } from '../../../../../src/plugins/filter/match/parse-expression.ts';
import { prefix } from '../threshold/prefix.ts';
import { Filter, type Row } from './rows.ts';

/** An expression as text, and by a naive interpreter of its own what it says of a row. */
interface Model {
  readonly text: string;
  readonly holds: (row: Row) => boolean;
}

/** A test that holds only for rows that have the key. */
function comparison(
  key: string,
  text: string,
  isFulfilled: (value: NonNullable<Row[string]>) => boolean,
): Model {
  const holds = (row: Row) => {
    const value = row[key];
    return value !== undefined && isFulfilled(value);
  };
  return { text: `${key} ${text}`, holds };
}

/** Numbers of a key, of which many are the same and many at the ends of its type. */
const numbersOf = (bits: bigint): fc.Arbitrary<bigint> => {
  const max = 2n ** bits - 1n;
  return fc.oneof(fc.bigInt(0n, 9n), fc.bigInt(max - 3n, max), fc.bigInt(0n, max));
};

const numberKeys = { 'ip.protocol': 8n, 'tcp.dport': 16n, 'oob.mark': 32n, 'ct.bytes': 64n };

const numberTest = (key: string, bits: bigint): fc.Arbitrary<Model> => {
  const number = numbersOf(bits);
  const max = 2n ** bits - 1n;
  const written = fc.boolean().map((isHex) => (value: bigint) => {
    return isHex ? `0x${value.toString(16)}` : String(value);
  });
  const range = fc
    .tuple(number, number)
    .map(([a, b]): [bigint, bigint] => (a < b ? [a, b] : [b, a]));
  const ordered = fc
    .tuple(number, fc.constantFrom('==', '!=', '<', '<=', '>', '>='), written)
    .filter(([value, sign]) => !(sign === '<' && value === 0n) && !(sign === '>' && value === max))
    .map(([value, sign, write]) =>
      comparison(key, `${sign} ${write(value)}`, (actual) => {
        const given = BigInt(actual.toString());
        if (sign === '==') return given === value;
        if (sign === '!=') return given !== value;
        if (sign.startsWith('<')) return sign === '<' ? given < value : given <= value;
        return sign === '>' ? given > value : given >= value;
      }),
    );
  const members = fc
    .tuple(fc.array(range, { minLength: 1, maxLength: 5 }), fc.boolean(), written)
    .map(([ranges, isNegated, write]) => {
      const items = ranges.map(([low, high]) =>
        low === high ? write(low) : `${write(low)}-${write(high)}`,
      );
      const word = isNegated ? 'not in' : 'in';
      return comparison(key, `${word} {${items.join(', ')}}`, (actual) => {
        const given = BigInt(actual.toString());
        return ranges.some(([low, high]) => low <= given && given <= high) !== isNegated;
      });
    });
  const masked = fc
    .tuple(number, number, fc.boolean())
    .filter(([mask]) => mask !== 0n)
    .map(([mask, bits, isNegated]) => {
      const wanted = bits & mask;
      return comparison(key, `& ${mask} ${isNegated ? '!=' : '=='} ${wanted}`, (actual) => {
        return ((BigInt(actual.toString()) & mask) === wanted) !== isNegated;
      });
    });
  return fc.oneof(ordered, members, masked);
};

const addresses = ['10.0.0.1', '10.0.0.2', '10.128.0.1', '192.0.2.1', '::1', '2001:db8::1', '::'];
const prefixes = ['10.0.0.0/8', '10.128.0.0/9', '0.0.0.0/0', '::/0', '2001:db8::/32', '10.0.0.1'];

const isIn = (address: string, text: string): boolean => {
  const { bytes, prefixLength } = prefix(text);
  const bits = (of: Uint8Array) =>
    Array.from(of, (byte) => byte.toString(2).padStart(8, '0')).join('');
  const given = prefix(address).bytes;
  const isSameFamily = given.length === bytes.length;
  return isSameFamily && bits(given).startsWith(bits(bytes).slice(0, prefixLength));
};

const addressTest = fc.oneof(
  fc.tuple(fc.constantFrom(...addresses), fc.boolean()).map(([address, isNegated]) =>
    comparison('ip.saddr', `${isNegated ? '!=' : '=='} ${address}`, (actual) => {
      return (actual === address) !== isNegated;
    }),
  ),
  fc
    .tuple(fc.subarray([...prefixes, ...addresses], { minLength: 1 }), fc.boolean())
    .map(([members, isNegated]) =>
      comparison(
        'ip.saddr',
        `${isNegated ? 'not in' : 'in'} {${members.join(', ')}}`,
        (actual) => members.some((member) => isIn(String(actual), member)) !== isNegated,
      ),
    ),
);

/** Few different characters, among them those that have to be escaped; latin1 stands for bytes. */
const texts = fc.string({ unit: fc.constantFrom('a', 'b', '"', "'", '\\', '\n', '\xff') });

const quoted = (text: string): string => {
  const bytes = Array.from(text, (character) => {
    if (character === '\\' || character === '"') return `\\${character}`;
    if (character === '\n') return '\\n';
    return character === '\xff' ? '\\xFf' : character;
  });
  return `"${bytes.join('')}"`;
};

const textTest = fc.oneof(
  fc
    .tuple(fc.array(texts, { minLength: 1, maxLength: 4 }), fc.boolean())
    .map(([set, isNegated]) =>
      comparison(
        'oob.prefix',
        `${isNegated ? 'not in' : 'in'} {${set.map(quoted).join(',')}}`,
        (actual) => set.includes(String(actual)) !== isNegated,
      ),
    ),
  fc
    .tuple(
      texts.filter((text) => text !== ''),
      fc.constantFrom('contains', 'startswith', 'endswith'),
      fc.boolean(),
    )
    .map(([text, word, isNegated]) =>
      comparison('oob.prefix', `${isNegated ? '!' : ''}${word} ${quoted(text)}`, (actual) => {
        const given = String(actual);
        if (word === 'contains') return given.includes(text) !== isNegated;
        const has = word === 'startswith' ? given.startsWith(text) : given.endsWith(text);
        return has !== isNegated;
      }),
    ),
);

const keys = [...Object.keys(numberKeys), 'tcp.syn', 'ip.saddr', 'oob.prefix'];

const presence = fc.tuple(fc.constantFrom(...keys), fc.boolean()).map(
  ([key, isNegated]): Model => ({
    text: `${key} ${isNegated ? 'absent' : 'exists'}`,
    holds: (row) => (row[key] !== undefined) !== isNegated,
  }),
);

const bare = fc.constant<Model>({ text: 'tcp.syn', holds: (row) => row['tcp.syn'] === 1 });

const expressions = fc.letrec<{ any: Model; test: Model; not: Model; list: Model }>((tie) => ({
  test: fc.oneof(
    ...Object.entries(numberKeys).map(([key, bits]) => numberTest(key, bits)),
    addressTest,
    textTest,
    presence,
    bare,
  ),
  not: tie('any').map(({ text, holds }) => ({
    text: `not (${text})`,
    holds: (row) => !holds(row),
  })),
  list: fc
    .tuple(fc.array(tie('any'), { minLength: 2, maxLength: 4 }), fc.boolean())
    .map(([parts, isAll]) => ({
      text: parts.map(({ text }) => `(${text})`).join(isAll ? ' and ' : ' or '),
      holds: (row) =>
        isAll ? parts.every(({ holds }) => holds(row)) : parts.some(({ holds }) => holds(row)),
    })),
  any: fc.oneof({ depthSize: 'small' }, tie('test'), tie('not'), tie('list')),
}));

/** Each key is sometimes absent. */
const rows: fc.Arbitrary<Row> = fc.record(
  {
    'ip.protocol': numbersOf(8n),
    'tcp.dport': numbersOf(16n),
    'oob.mark': numbersOf(32n),
    'ct.bytes': numbersOf(64n),
    'tcp.syn': fc.constantFrom(0, 1),
    'ip.saddr': fc.constantFrom(...addresses),
    'oob.prefix': texts,
  },
  { requiredKeys: [] },
);

describe('MATCH', () => {
  test('lets pass what a naive interpreter does, batch by batch', () => {
    const batches = fc.array(fc.array(fc.tuple(rows, fc.boolean()), { maxLength: 20 }), {
      minLength: 1,
      maxLength: 4,
    });
    fc.assert(
      fc.property(expressions.any, batches, ({ text, holds }, all) => {
        const filter = new Filter(text, 20);
        for (const batch of all) {
          const selected = batch.map(([, isSelected]) => isSelected);
          const expected = batch.flatMap(([row, isSelected], index) =>
            isSelected && holds(row) ? [index] : [],
          );
          const given = batch.map(([row]) => row);
          expect(filter.pass(given, (index) => selected[index] === true)).toEqual(expected);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test('makes an expression or problems of any text', () => {
    const words = fc.constantFrom(
      ...['tcp.syn', 'and', 'or', 'not', 'in', '(', ')', '{', '}', ',', '==', '!=', '&', '"', "'"],
      ...['22', '1-2', '10.0.0.0/8', 'exists', 'absent', 'contains', '\\', '"x"', '=~', '|', '%'],
    );
    const nonsense = fc.oneof(
      fc.string(),
      fc.array(words).map((list) => list.join(' ')),
    );
    fc.assert(
      fc.property(nonsense, (text) => {
        const { expression, problems } = parseExpression(text);
        expect(expression !== undefined || problems.length > 0).toBe(true);
        for (const { offset, length } of problems) {
          expect(offset).toBeGreaterThanOrEqual(0);
          expect(length).toBeGreaterThanOrEqual(0);
          expect(offset + length).toBeLessThanOrEqual(text.length);
        }
      }),
      { numRuns: 1000 },
    );
  });
});
