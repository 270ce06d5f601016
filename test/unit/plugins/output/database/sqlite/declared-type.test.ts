import { describe, expect, test } from 'vitest';
import { columnType } from '../../../../../../src/plugins/output/database/sqlite/declared-type.ts';

const integer = { kind: 'integer', max: 2n ** 63n - 1n };
const real = { kind: 'integer', max: 2n ** 53n };

describe('the type that a column is declared with', () => {
  test.each([
    ['INT UNSIGNED', integer],
    ['TINYINT UNSIGNED', integer],
    ['integer', integer],
    // As SQLite has it: the letters INT come first, wherever they stand.
    ['FLOATING POINT', integer],
    ['VARCHAR(64)', { kind: 'text' }],
    ['clob', { kind: 'text' }],
    ['BLOB', { kind: 'binary' }],
    ['BINARY(16)', { kind: 'binary' }],
    ['DOUBLE', real],
    ['REAL', real],
    ['BOOLEAN', { kind: 'boolean' }],
    ['DATETIME', { kind: 'time' }],
    ['TIMESTAMP', { kind: 'time' }],
    ['UUID', { kind: 'uuid' }],
    ['NUMERIC', integer],
    ['DECIMAL(10,5)', integer],
    ['INET', { kind: 'other' }],
    ['MACADDR', { kind: 'other' }],
    ['', { kind: 'any' }],
    ['ANY', { kind: 'other' }],
  ])('%s', (declared, type) => {
    expect(columnType(declared, false)).toEqual(type);
  });

  test('ANY of a STRICT table', () => {
    expect(columnType('ANY', true)).toEqual({ kind: 'any' });
  });
});
