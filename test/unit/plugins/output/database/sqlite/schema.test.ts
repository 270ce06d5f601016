import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { schema } from '../../../../../../src/plugins/output/database/sqlite/schema.ts';

test('contrib/sql/sqlite3.sql has the tables that specter makes itself', () => {
  expect(readFileSync('contrib/sql/sqlite3.sql', 'utf8')).toBe(schema);
});
