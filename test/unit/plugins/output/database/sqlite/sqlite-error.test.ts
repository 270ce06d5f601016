import { describe, expect, test } from 'vitest';
import { RefusedRows } from '../../../../../../src/plugins/output/database/database.ts';
import {
  outage,
  storeFailure,
} from '../../../../../../src/plugins/output/database/sqlite/sqlite-error.ts';

const failure = (errcode: number, message: string, systemErrno?: number): Error =>
  Object.assign(new Error(message), { errcode, ...(systemErrno ? { systemErrno } : {}) });

describe('errors of SQLite', () => {
  test.each([
    [1299, 'NOT NULL constraint failed: t.a'],
    [18, 'string or blob too big'],
    [20, 'datatype mismatch'],
  ])('%i is about the rows', (code, message) => {
    const error = storeFailure('/x/db', failure(code, message));
    expect(error).toBeInstanceOf(RefusedRows);
    expect(error.message).toBe(message);
  });

  test('the extended code of a busy file is an outage that says who to look for', () => {
    const error = storeFailure('/x/db', failure(517, 'database is locked'));
    expect(error).not.toBeInstanceOf(RefusedRows);
    expect(error.message).toBe(
      'cannot store rows in /x/db: database is locked (SQLITE_BUSY); another program writes to it: see who has it open with: fuser -v /x/db',
    );
  });

  test('the errno is told', () => {
    expect(outage('open', '/x/db', failure(14, 'unable to open database file', 13)).message).toBe(
      'cannot open /x/db: unable to open database file (SQLITE_CANTOPEN EACCES); its folder has to be there, and the user that specter runs as has to be allowed to make files in it: ls -ld /x',
    );
  });

  test('other errors keep their words', () => {
    expect(storeFailure('/x/db', new Error('the file was moved or deleted')).message).toBe(
      'cannot store rows in /x/db: the file was moved or deleted',
    );
  });
});
