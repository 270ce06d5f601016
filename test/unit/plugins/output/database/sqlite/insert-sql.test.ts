import { expect, test } from 'vitest';
import { Spread } from '../../../../../../src/plugins/output/database/sqlite/cell-values.ts';
import { insertSql } from '../../../../../../src/plugins/output/database/sqlite/insert-sql.ts';

const columns = ['a', 'b', 'say "x"', 'd'].map((name) => ({
  name,
  type: { kind: 'any' as const },
  sqlType: '',
  hasDefault: false,
}));

test('shared parameters come first, and columns without values have none', () => {
  const spreads = [Spread.DIFFER, Spread.SAME, Spread.DIFFER, Spread.NULL];
  expect(insertSql('t', { columns, spreads, rows: 2, indexes: [['a'], ['a', 'b']] })).toEqual({
    sql:
      'INSERT INTO "t" ("b", "a", "say ""x""", "d") VALUES (?1, ?, ?, NULL), (?1, ?, ?, NULL)' +
      ' ON CONFLICT ("a") DO NOTHING ON CONFLICT ("a", "b") DO NOTHING',
    parameters: 5,
  });
});
