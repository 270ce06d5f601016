import { dirname } from 'node:path';
import { getSystemErrorName } from 'node:util';
import { RefusedRows } from '../database.ts';

/** Primary result codes: https://www.sqlite.org/rescode.html. */
const names: Readonly<Record<number, string>> = {
  1: 'SQLITE_ERROR',
  2: 'SQLITE_INTERNAL',
  3: 'SQLITE_PERM',
  4: 'SQLITE_ABORT',
  5: 'SQLITE_BUSY',
  6: 'SQLITE_LOCKED',
  7: 'SQLITE_NOMEM',
  8: 'SQLITE_READONLY',
  9: 'SQLITE_INTERRUPT',
  10: 'SQLITE_IOERR',
  11: 'SQLITE_CORRUPT',
  12: 'SQLITE_NOTFOUND',
  13: 'SQLITE_FULL',
  14: 'SQLITE_CANTOPEN',
  15: 'SQLITE_PROTOCOL',
  17: 'SQLITE_SCHEMA',
  18: 'SQLITE_TOOBIG',
  19: 'SQLITE_CONSTRAINT',
  20: 'SQLITE_MISMATCH',
  21: 'SQLITE_MISUSE',
  22: 'SQLITE_NOLFS',
  23: 'SQLITE_AUTH',
  25: 'SQLITE_RANGE',
  26: 'SQLITE_NOTADB',
};

/** A statement that is wrong, or fails on a value. */
export const SQLITE_ERROR = 1;
/** What rows can be to blame for, and nothing else. */
const rowCodes: ReadonlySet<string> = new Set([
  'SQLITE_TOOBIG',
  'SQLITE_CONSTRAINT',
  'SQLITE_MISMATCH',
]);

/** What the user can do. */
function remedy(code: string, path: string, errno = ''): string {
  const room = `make room on the disk of ${dirname(path)}, or delete old rows`;
  if (errno.endsWith('ENOSPC')) return room;
  switch (code) {
    case 'SQLITE_BUSY':
    case 'SQLITE_LOCKED':
      return `another program writes to it: see who has it open with: fuser -v ${path}`;
    case 'SQLITE_FULL':
      return room;
    case 'SQLITE_READONLY':
    case 'SQLITE_PERM':
      return `the user that specter runs as has to be allowed to write to it and to its folder: ls -ld ${dirname(path)} ${path}`;
    case 'SQLITE_CANTOPEN':
      return `its folder has to be there, and the user that specter runs as has to be allowed to make files in it: ls -ld ${dirname(path)}`;
    case 'SQLITE_CORRUPT':
      return `move it away, and save what is left with: sqlite3 ${path} .recover`;
    case 'SQLITE_NOTADB':
      return 'it is something else than an SQLite database: move it away, or name another file';
    case 'SQLITE_IOERR':
      return 'look into the log of the kernel: dmesg';
    case 'SQLITE_ERROR':
    case 'SQLITE_SCHEMA':
      return `see what is there with: sqlite3 ${path} .schema`;
    default:
      return `try it with: sqlite3 ${path}`;
  }
}

/** What SQLite tells about an error, as far as it is one of SQLite's. */
interface Failure {
  /** Primary result code; 0: it is no error of SQLite. */
  readonly result: number;
  readonly message: string;
  /** Name of the errno that caused it, if any: ` ENOSPC`. */
  readonly errno: string;
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Error)) return { result: 0, message: String(error), errno: '' };
  const message = error.message.replace(/^Failed to open database: /, '');
  const result = 'errcode' in error && typeof error.errcode === 'number' ? error.errcode & 0xff : 0;
  const errno =
    'systemErrno' in error && typeof error.systemErrno === 'number'
      ? ` ${getSystemErrorName(-error.systemErrno)}`
      : '';
  return { result, message, errno };
}

/** The primary result code of an error; 0 where it is none of SQLite. */
export const resultOf = (error: unknown): number => failureOf(error).result;

/** Extended result codes: SQLITE_CONSTRAINT_PRIMARYKEY, _UNIQUE, _ROWID. */
const duplicates: readonly unknown[] = [1555, 2067, 2579];

/** Whether a value is there already that may be there only once. */
export const isDuplicate = (error: unknown): boolean =>
  error instanceof Error && 'errcode' in error && duplicates.includes(error.errcode);

/**
 * An error that says what was tried with which file, what went wrong, and what can be done.
 *
 * @param operation such as `open`, as in `cannot open /var/lib/specter/packets.db`
 */
export function outage(operation: string, path: string, error: unknown): Error {
  const { result, message, errno } = failureOf(error);
  if (result === 0) {
    const help = isOfFolder(error) ? `; ${remedy('SQLITE_CANTOPEN', path)}` : '';
    return new Error(`cannot ${operation} ${path}: ${message}${help}`, { cause: error });
  }
  const code = names[result] ?? `result ${result}`;
  return new Error(
    `cannot ${operation} ${path}: ${message} (${code}${errno}); ${remedy(code, path, errno)}`,
    { cause: error },
  );
}

/** What open(2) says where a missing file is to be made, and cannot be. */
const folderErrors: readonly unknown[] = ['EACCES', 'ENOENT', 'EPERM', 'EROFS'];

const isOfFolder = (error: unknown): boolean =>
  error instanceof Error && 'code' in error && folderErrors.includes(error.code);

/** What an error while rows are stored means: that they are refused, or that there is an outage. */
export function storeFailure(path: string, error: unknown): Error {
  const { result, message } = failureOf(error);
  if (rowCodes.has(names[result] ?? '')) return new RefusedRows(message, { cause: error });
  return outage('store rows in', path, error);
}
