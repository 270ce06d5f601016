import { type Rejection, rejectionOf } from './rejection.ts';
import type { MysqlSession } from './session.ts';

/**
 * Does something in one transaction: all of it is stored, or nothing.
 *
 * @returns why nothing is, if it is because of what the rows hold
 * @throws MysqlError if the database does not work: nobody knows then what is stored
 */
export async function inTransaction(
  session: MysqlSession,
  work: () => Promise<void>,
): Promise<Rejection | undefined> {
  await session.run('begin a transaction', 'START TRANSACTION');
  try {
    await work();
  } catch (error) {
    const rejection = rejectionOf(error);
    if (rejection === undefined) throw error;
    await session.run('roll back a transaction', 'ROLLBACK');
    return rejection;
  }
  await session.run('commit a transaction', 'COMMIT');
  return undefined;
}
