import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  BytesCells,
  type Cells,
  IntegerCells,
} from '../../../../../../src/plugins/output/database/cells.ts';
import type { ColumnType } from '../../../../../../src/plugins/output/database/layout.ts';
import { FieldRows } from '../../../../../../src/plugins/output/database/mysql/field-rows.ts';
import { LiteralRows } from '../../../../../../src/plugins/output/database/mysql/literal-rows.ts';
import {
  quoteName,
  textLiteral,
} from '../../../../../../src/plugins/output/database/mysql/sql-text.ts';
import { TimeText } from '../../../../../../src/plugins/output/database/mysql/time-text.ts';

const text: ColumnType = { kind: 'text' };

function bytesCells(
  wire: BytesCells['wire'],
  type: ColumnType,
  values: readonly (Uint8Array | undefined)[],
): BytesCells {
  const cells = new BytesCells({ name: 'c', type, sqlType: '', hasDefault: false }, wire);
  cells.resize(values.length);
  cells.data = Buffer.concat(values.flatMap((value) => value ?? []));
  let at = 0;
  for (const [row, value] of values.entries()) {
    cells.present[row] = value ? 1 : 0;
    cells.offsets[row] = at;
    cells.lengths[row] = value?.length ?? 0;
    at += value?.length ?? 0;
  }
  return cells;
}

function numbers(values: readonly (bigint | undefined)[], sqlType?: string): IntegerCells {
  const type: ColumnType = sqlType ? { kind: 'time' } : { kind: 'integer', max: 2n ** 64n - 1n };
  const column = { name: 'c', type, sqlType: sqlType ?? '', hasDefault: false };
  const cells = new IntegerCells(column, sqlType ? 'time' : 'integer');
  cells.resize(values.length);
  for (const [row, value] of values.entries()) {
    cells.present[row] = value === undefined ? 0 : 1;
    cells.high[row] = Number((value ?? 0n) >> 32n);
    cells.low[row] = Number((value ?? 0n) & 0xffff_ffffn);
  }
  return cells;
}

function literals(cells: readonly Cells[], rows: number): string {
  const writer = new LiteralRows();
  writer.use(cells);
  expect(writer.write(cells, 0, rows, Number.POSITIVE_INFINITY)).toBe(rows);
  return writer.text;
}

function fields(cells: readonly Cells[], rows: number): string {
  const writer = new FieldRows();
  writer.use(cells);
  expect(writer.write(cells, 0, rows)).toBe(rows);
  return writer.bytes.toString('latin1');
}

const of = (value: string) => Buffer.from(value);

describe('rows in SQL, and in a file', () => {
  const id = Buffer.from('0123456789abcdef0123456789abcdef', 'hex');

  test.each<[string, Cells, string, string]>([
    ['a number', numbers([0n]), '0', '0'],
    [
      'the greatest number',
      numbers([2n ** 64n - 1n]),
      '18446744073709551615',
      '18446744073709551615',
    ],
    ['plain text', bytesCells('text', text, [of('a b-"`%')]), `'a b-"\`%'`, 'a b-"`%'],
    ['no text', bytesCells('text', text, [of('')]), "''", ''],
    ['a quote', bytesCells('text', text, [of("it's")]), "_utf8mb4 x'69742773'", "it's"],
    ['a backslash', bytesCells('text', text, [of('\\N')]), "_utf8mb4 x'5c4e'", '\\\\N'],
    ['a tab', bytesCells('text', text, [of('a\tb\n')]), "_utf8mb4 x'6109620a'", 'a\\\tb\\\n'],
    ['beyond ASCII', bytesCells('text', text, [of('ä')]), "_utf8mb4 x'c3a4'", '\xc3\xa4'],
    ['DEL', bytesCells('text', text, [of('\x7f')]), "_utf8mb4 x'7f'", '\x7f'],
    [
      'bytes',
      bytesCells('binary', { kind: 'binary' }, [Buffer.from([0, 92, 255])]),
      "x'005cff'",
      '\\0\\\\\xff',
    ],
    ['no bytes', bytesCells('binary', { kind: 'binary' }, [Buffer.alloc(0)]), "x''", ''],
    [
      'IPv4 as INET6',
      bytesCells('address', { kind: 'address' }, [Buffer.from([10, 0, 0, 1])]),
      "x'00000000000000000000ffff0a000001'",
      `${'\\0'.repeat(10)}\xff\xff\\\n\\0\\0\x01`,
    ],
    [
      'an id as bytes',
      bytesCells('uuid', { kind: 'binary', length: 16 }, [id]),
      `x'${id.toString('hex')}'`,
      id.toString('latin1'),
    ],
    [
      'an id as text',
      bytesCells('uuid', text, [id]),
      `'${id.toString('hex')}'`,
      id.toString('hex'),
    ],
    ['NULL', numbers([undefined]), 'NULL', '\\N'],
    ['NULL of text', bytesCells('text', text, [undefined]), 'NULL', '\\N'],
    [
      'a time',
      numbers([1_767_323_045_678_901n], 'datetime(6)'),
      "'2026-01-02 03:04:05.678901'",
      '2026-01-02 03:04:05.678901',
    ],
    [
      'a time in part',
      numbers([1_767_323_045_678_999n], 'timestamp(2)'),
      "'2026-01-02 03:04:05.67'",
      '2026-01-02 03:04:05.67',
    ],
    [
      'seconds',
      numbers([1_767_323_045_999_999n], 'datetime'),
      "'2026-01-02 03:04:05'",
      '2026-01-02 03:04:05',
    ],
    ['a date', numbers([1_767_323_045_999_999n], 'date'), "'2026-01-02'", '2026-01-02'],
  ])('%s', (_, cells, literal, field) => {
    expect(literals([cells], 1)).toBe(`(${literal})`);
    expect(fields([cells], 1)).toBe(`${field}\n`);
  });

  test('several rows of several columns', () => {
    const cells = [numbers([1n, undefined]), bytesCells('text', text, [undefined, of('b')])];
    expect(literals(cells, 2)).toBe("(1,NULL),(NULL,'b')");
    expect(fields(cells, 2)).toBe('1\t\\N\n\\N\tb\n');
  });

  test('what stands around a row', () => {
    const cells = [numbers([1n, 2n])];
    const writer = new LiteralRows('`ä`.f', ' r');
    writer.use(cells);
    expect(writer.write(cells, 0, 2, 1000)).toBe(2);
    expect(writer.text).toBe('`ä`.f(1) r,`ä`.f(2) r');
  });

  test('a text says what it means, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.string({ unit: 'binary' })), (values) => {
        const cells = bytesCells('text', text, values.map(of));
        const sql = literals([cells], values.length);
        // Nothing but quotes around plain characters, and hexadecimal digits.
        expect(sql).toMatch(/^(?:\((?:'[ !"#-&(-[\]-~]*'|_utf8mb4 x'(?:[\da-f]{2})+')\),?)*$/);
        const read = sql.match(/'[^']*'/g)?.map((each) => each.slice(1, -1)) ?? [];
        const isHex = sql.match(/\((?:_utf8mb4 x)?'/g)?.map((each) => each.length > 2) ?? [];
        expect(
          read.map((each, i) => (isHex[i] ? Buffer.from(each, 'hex').toString() : each)),
        ).toEqual(values.map((each) => of(each).toString()));
      }),
    );
  });

  test('a field says what it means, whatever it is', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.uint8Array(), { nil: undefined })), (values) => {
        const cells = [
          bytesCells('binary', { kind: 'binary' }, values),
          numbers(values.map((_, i) => BigInt(i))),
        ];
        const read = fields(cells, values.length)
          .match(/(?:\\[\s\S]|[^\\\n])*\n/g)
          ?.map((line) => line.slice(0, -1).match(/(?:\\[\s\S]|[^\\\t])+|^(?=\t)/g) ?? []);
        const expected = values.map((value, i) => [value && Buffer.from(value), String(i)]);
        const unescaped = (field = ''): Buffer | undefined =>
          field === '\\N'
            ? undefined
            : Buffer.from(
                field.replace(/\\([\s\S])/g, (__, c: string) => (c === '0' ? '\0' : c)),
                'latin1',
              );
        expect((read ?? []).map(([one, two]) => [unescaped(one), two])).toEqual(expected);
      }),
    );
  });

  test('statements end where they are long enough, or would be too long', () => {
    const cells = [
      bytesCells('binary', { kind: 'binary' }, Array(10).fill(Buffer.alloc(20_000, 1))),
    ];
    const writer = new LiteralRows();
    writer.use(cells);
    expect(writer.write(cells, 0, 10, 1_000_000)).toBe(2);
    expect(writer.length).toBe(2 * 40_005 + 1);
    expect(writer.write(cells, 2, 10, 40_005)).toBe(3);
    expect(writer.text.length).toBe(40_005);
    expect(writer.write(cells, 3, 10, 40_004)).toBe(3);
    const pieces = new FieldRows();
    pieces.use(cells);
    expect(pieces.write(cells, 0, 10)).toBe(4);
    expect(pieces.write(cells, 9, 10)).toBe(10);
    expect(pieces.bytes.length).toBe(20_001);
  });

  test('a row longer than the memory', () => {
    const long = Buffer.alloc(400_000, "'");
    const cells = [numbers([7n]), bytesCells('text', text, [long]), numbers([8n])];
    expect(literals(cells, 1)).toBe(`(7,_utf8mb4 x'${'27'.repeat(400_000)}',8)`);
    expect(fields(cells, 1)).toBe(`7\t${long}\t8\n`);
  });
});

test('times are those of the calendar', () => {
  const writer = new TimeText();
  const out = Buffer.alloc(40, '.');
  const at = (microseconds: bigint) => {
    const end = writer.write(
      out,
      2,
      Number(microseconds >> 32n),
      Number(microseconds & 0xffff_ffffn),
      26,
    );
    return out.toString('latin1', 2, end);
  };
  const expected = (microseconds: bigint) =>
    `${new Date(Number(microseconds / 1000n)).toISOString().replace('T', ' ').slice(0, -4)}${String(microseconds % 1_000_000n).padStart(6, '0')}`.replace(
      /\.(\d{3})(\d{6})$/,
      '.$2',
    );
  expect(at(0n)).toBe('1970-01-01 00:00:00.000000');
  expect(at(951_782_400_000_001n)).toBe('2000-02-29 00:00:00.000001');
  fc.assert(
    fc.property(fc.bigInt(0n, 2n ** 53n - 1n), (microseconds) => {
      expect(at(microseconds)).toBe(expected(microseconds));
    }),
    { numRuns: 2000 },
  );
});

test('names and texts of SQL', () => {
  expect(quoteName('a`b``')).toBe('`a``b`````');
  expect(textLiteral("ä'")).toBe("_utf8mb4 x'c3a427'");
});
