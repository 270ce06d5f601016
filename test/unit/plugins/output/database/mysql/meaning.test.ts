import { describe, expect, test } from 'vitest';
import {
  columnTypeOf,
  narrower,
  timeLength,
} from '../../../../../../src/plugins/output/database/mysql/column-type.ts';
import {
  failureOf,
  isRowError,
  MysqlError,
  mysqlError,
} from '../../../../../../src/plugins/output/database/mysql/mysql-error.ts';
import { reasonOf } from '../../../../../../src/plugins/output/database/mysql/rejection.ts';
import { routineNameOf } from '../../../../../../src/plugins/output/database/mysql/routine.ts';
import {
  endpointOf,
  type MysqlSettings,
  nameOf,
} from '../../../../../../src/plugins/output/database/mysql/settings.ts';

const settings: MysqlSettings = { db: 'ulog', user: 'u', password: 'secret', table: 't' };

describe('settings', () => {
  test.each<[Partial<MysqlSettings>, unknown, string]>([
    [{}, { path: '/run/mysqld/mysqld.sock' }, 'mysql://u@localhost/ulog'],
    [
      { host: 'localhost', port: 3307 },
      { path: '/run/mysqld/mysqld.sock' },
      'mysql://u@localhost/ulog',
    ],
    [{ host: '/tmp/s' }, { path: '/tmp/s' }, 'mysql://u@localhost/ulog?socket=/tmp/s'],
    [{ host: 'db', socket: '/s' }, { path: '/s' }, 'mysql://u@localhost/ulog?socket=/s'],
    [{ host: '127.0.0.1' }, { host: '127.0.0.1', port: 3306 }, 'mysql://u@127.0.0.1:3306/ulog'],
    [{ host: '::1', port: 1 }, { host: '::1', port: 1 }, 'mysql://u@[::1]:1/ulog'],
    [
      { host: 'db', user: 'a@b/c', db: 'x y' },
      { host: 'db', port: 3306 },
      'mysql://a%40b%2Fc@db:3306/x%20y',
    ],
  ])('%j', (more, endpoint, name) => {
    expect(endpointOf({ ...settings, ...more })).toEqual(endpoint);
    expect(nameOf({ ...settings, ...more })).toBe(name);
  });
});

describe('routineNameOf', () => {
  test.each<[string | undefined, unknown]>([
    [undefined, undefined],
    ['', undefined],
    [' insert ', undefined],
    ['F', { schema: 'ulog', name: 'F', type: undefined }],
    ['INSERT_CT', { schema: 'ulog', name: 'INSERT_CT', type: undefined }],
    ['CALL p', { schema: 'ulog', name: 'p', type: 'PROCEDURE' }],
    ['call\tother.p', { schema: 'other', name: 'p', type: 'PROCEDURE' }],
    ['SELECT `a`.`f`', { schema: 'a', name: 'f', type: 'FUNCTION' }],
    ['CALLER', { schema: 'ulog', name: 'CALLER', type: undefined }],
    ['p(); DROP TABLE t', { schema: 'ulog', name: 'p(); DROP TABLE t', type: undefined }],
  ])('%j', (procedure, name) => {
    expect(routineNameOf({ ...settings, procedure })).toEqual(name);
  });
});

describe('types', () => {
  const type = (name: string, more = {}) =>
    columnTypeOf({
      ...{ name, full: name, length: null, precision: null, scale: null, charset: null },
      ...more,
    });

  test.each([
    ['mediumint', { full: 'mediumint(8) unsigned' }, { kind: 'integer', max: 16_777_215n }],
    ['bigint', { full: 'bigint' }, { kind: 'integer', max: 2n ** 63n - 1n }],
    ['decimal', { precision: '65', scale: '0' }, { kind: 'integer', max: 2n ** 64n - 1n }],
    ['decimal', { precision: '5', scale: '5' }, { kind: 'integer', max: 0n }],
    ['bit', { precision: '64' }, { kind: 'integer', max: 2n ** 64n - 1n }],
    ['varchar', { length: '9', charset: 'utf16' }, { kind: 'text', maxLength: 9 }],
    [
      'longtext',
      { length: '4294967295', charset: 'latin1' },
      { kind: 'text', maxLength: 4_294_967_295, asciiOnly: true },
    ],
    ['timestamp', {}, { kind: 'time', range: { first: 1, last: 2_147_483_647 } }],
    ['json', {}, { kind: 'other' }],
    ['year', {}, { kind: 'other' }],
    ['point', {}, { kind: 'other' }],
  ])('%s %j', (name, more, expected) => {
    expect(type(name, more)).toEqual(expected);
  });

  test('the narrower one', () => {
    const small = { kind: 'integer', max: 9n } as const;
    const large = { kind: 'integer', max: 99n } as const;
    expect([narrower(small, large), narrower(large, small)]).toEqual([small, small]);
    const some = { kind: 'text', maxLength: 3 } as const;
    const ascii = { kind: 'text', asciiOnly: true } as const;
    expect(narrower(some, ascii)).toEqual({ kind: 'text', maxLength: 3, asciiOnly: true });
    expect(narrower(ascii, some)).toEqual({ kind: 'text', maxLength: 3, asciiOnly: true });
    const exact = { kind: 'binary', length: 16 } as const;
    const short = { kind: 'binary', maxLength: 4 } as const;
    expect(narrower(short, exact)).toEqual(exact);
    expect(narrower({ kind: 'binary', maxLength: 9 }, short)).toEqual(short);
    expect(narrower({ kind: 'time' }, some)).toEqual(some);
    const range = { first: 1, last: 9 };
    for (const other of [{ kind: 'time', range } as const, { kind: 'time' } as const]) {
      expect(narrower({ kind: 'time', range }, other)).toEqual({ kind: 'time', range });
      expect(narrower(other, { kind: 'time', range })).toEqual({ kind: 'time', range });
    }
  });

  test.each([
    ['date', 10],
    ['datetime', 19],
    ['timestamp', 19],
    ['datetime(1)', 21],
    ['TIMESTAMP(6)', 26],
  ])('%s takes %i characters', (name, length) => {
    expect(timeLength(name)).toBe(length);
  });
});

describe('errors', () => {
  const error = (errno: number, sqlState: string, code: string, message = 'text.') =>
    Object.assign(new Error(message), {
      errno,
      sqlState,
      code,
      sqlMessage: message,
      sql: 'INSERT secret',
    });

  test.each([
    [1062, '23000', 'ER_DUP_ENTRY', true],
    [1406, '22001', 'ER_DATA_TOO_LONG', true],
    [1366, 'HY000', 'ER_TRUNCATED_WRONG_VALUE_FOR_FIELD', true],
    [1644, '99999', 'ER_SIGNAL_EXCEPTION', true],
    [3819, 'HY000', 'ER_CHECK_CONSTRAINT_VIOLATED', true],
    [1136, '21S01', 'ER_WRONG_VALUE_COUNT_ON_ROW', false],
    [1054, '42S22', 'ER_BAD_FIELD_ERROR', false],
    [1114, 'HY000', 'ER_RECORD_FILE_FULL', false],
    [1205, 'HY000', 'ER_LOCK_WAIT_TIMEOUT', false],
    [1213, '40001', 'ER_LOCK_DEADLOCK', false],
    [1290, 'HY000', 'ER_OPTION_PREVENTS_STATEMENT', false],
    [1053, '08S01', 'ER_SERVER_SHUTDOWN', false],
  ])('%i %s %s', (errno, state, code, isAboutRows) => {
    expect(isRowError(failureOf(error(errno, state, code)))).toBe(isAboutRows);
  });

  test('errors of the system are not about rows', () => {
    const reset = Object.assign(new Error('read ECONNRESET'), { errno: -104, code: 'ECONNRESET' });
    expect(isRowError(failureOf(reset))).toBe(false);
    expect(failureOf(reset)).toEqual({
      code: 'ECONNRESET',
      number: 0,
      state: '',
      text: 'read ECONNRESET',
    });
    expect(failureOf('what')).toEqual({ code: 'UNKNOWN', number: 0, state: '', text: 'what' });
  });

  test('say what was tried and what can be done, without statement or password', () => {
    const made = mysqlError(
      'insert into t',
      error(1114, 'HY000', 'ER_RECORD_FILE_FULL', 'The table is full.'),
      settings,
    );
    expect(made).toBeInstanceOf(MysqlError);
    expect(made.message).toBe(
      'insert into t: The table is full (ER_RECORD_FILE_FULL); make room on the disk of the server',
    );
  });

  test.each([
    ["Duplicate entry 'a' for key 'b' for key 'k'", "Duplicate entry for key 'k'"],
    [
      "Incorrect integer value: 'x' for column `d`.`t`.`c` at row 17",
      'Incorrect integer value: for column `d`.`t`.`c`',
    ],
    [
      "Incorrect string value: '\\xF0\n' for column 'c' at row 1",
      "Incorrect string value: for column 'c'",
    ],
    ["Data too long for column 'c' at row 500", "Data too long for column 'c'"],
    ['anything', 'anything'],
  ])('%j without what packets bring', (text, reason) => {
    expect(reasonOf({ code: 'X', number: 1, state: '', text })).toBe(`${reason} (X)`);
  });
});
