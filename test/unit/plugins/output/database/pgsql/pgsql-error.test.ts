import { DatabaseError } from 'pg';
import { expect, test } from 'vitest';
import { RefusedRows } from '../../../../../../src/plugins/output/database/database.ts';
import {
  describeError,
  insertError,
  PgsqlError,
} from '../../../../../../src/plugins/output/database/pgsql/pgsql-error.ts';

const place = { name: 'postgresql://h/d', database: 'd', table: 'public.t', command: 'psql -h h' };

function fromServer(code: string, more: Partial<DatabaseError> = {}): DatabaseError {
  return Object.assign(new DatabaseError('said so', 0, 'error'), { code }, more);
}

test.each([
  '21000',
  '22001',
  '22003',
  '22P02',
  '22021',
  '23502',
  '23503',
  '23505',
  '23514',
  '44000',
  'P0001',
  '54000',
])('%s is about the rows', (code) => {
  const error = insertError(fromServer(code), place);
  expect(error).toBeInstanceOf(RefusedRows);
  expect(error.message).toBe(`said so (${code})`);
});

test.each([
  '08006',
  '25006',
  '28P01',
  '40001',
  '40P01',
  '42501',
  '42P01',
  '42703',
  '53100',
  '54001',
  '55P03',
  '57014',
  '57P01',
  'XX000',
])('%s is not', (code) => {
  const error = insertError(fromServer(code), place);
  expect(error).toMatchObject({ name: 'PgsqlError', code, operation: 'insert into public.t' });
  expect(error.message).toMatch(new RegExp(`^insert into public\\.t: said so \\(${code}\\); `));
});

test('a missing partition is not', () => {
  const error = insertError(fromServer('23514', { routine: 'ExecFindPartition' }), place);
  expect(error).toBeInstanceOf(PgsqlError);
  expect(error.message).toMatch(/create the partition/);
});

test('a row that a policy keeps out is', () => {
  const error = insertError(fromServer('42501', { routine: 'ExecWithCheckOptions' }), place);
  expect(error).toBeInstanceOf(RefusedRows);
  expect(error.message).toBe('said so (42501)');
});

test('several addresses, of which none answers', () => {
  const refused = Object.assign(new Error('connect ECONNREFUSED ::1:1'), { code: 'ECONNREFUSED' });
  const error = describeError('connect', new AggregateError([refused, refused]), place);
  expect(error.message).toBe(
    'connect: connect ECONNREFUSED ::1:1 (ECONNREFUSED); start the server, and let it listen there (listen_addresses, port)',
  );
  expect(error.code).toBe('ECONNREFUSED');
});

test('errors without a code', () => {
  expect(describeError('x', 'text', place).message).toBe('x: text; to try: psql -h h');
  const own = new PgsqlError('a', 'b', { hint: 'c' });
  expect(describeError('x', own, place)).toBe(own);
});

test('long values are not repeated', () => {
  const error = insertError(Object.assign(new Error('y'.repeat(10_000)), { code: '22P02' }), place);
  expect(error.message).toBe(`${'y'.repeat(300)}… (22P02)`);
});

test.each([
  ['ENOENT', 'make the file, or correct the path'],
  ['EACCES', 'the user that specter runs as has to be able to read it'],
])('%s of a file is not about the server', (code, hint) => {
  const failed = Object.assign(new Error(`${code}: no, open '/etc/pgpass'`), {
    code,
    syscall: 'open',
  });
  expect(describeError('connect', failed, place).message).toBe(
    `connect: ${code}: no, open '/etc/pgpass' (${code}); ${hint}`,
  );
});
