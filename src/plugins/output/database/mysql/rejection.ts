import { RefusedRows } from '../database.ts';
import { type Failure, failureOf, isDuplicate, isRowError, MysqlError } from './mysql-error.ts';

/** What a server said about rows that it does not take; `undefined` for all other errors. */
export interface Rejection {
  /** Some value is there already that may be there only once. */
  readonly isDuplicate: boolean;
  readonly error: RefusedRows;
}

export function rejectionOf(error: unknown): Rejection | undefined {
  if (error instanceof RefusedRows) return { isDuplicate: false, error };
  const failure = failureOf(error instanceof MysqlError ? error.cause : error);
  if (!isRowError(failure)) return undefined;
  return {
    isDuplicate: isDuplicate(failure),
    error: new RefusedRows(reasonOf(failure), { cause: error }),
  };
}

/**
 * What the server said without the value and the number of the row: what packets bring shall not
 * make reasons that are all different.
 */
export function reasonOf({ code, text }: Failure): string {
  const general = text.replace(/ at row \d+$/, '').replace(/(value:?|entry) '.*' for /s, '$1 for ');
  return `${general} (${code})`;
}
