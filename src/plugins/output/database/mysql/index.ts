import type { Database, TableConnection } from '../database.ts';
import { MysqlError } from './mysql-error.ts';
import { MysqlRoutine } from './mysql-routine.ts';
import { MysqlTable } from './mysql-table.ts';
import { findRoutine, readArguments, routineNameOf } from './routine.ts';
import { readServer } from './server-facts.ts';
import { MysqlSession } from './session.ts';
import { clientCommand, DEFAULT_CONNECT_TIMEOUT, type MysqlSettings, nameOf } from './settings.ts';
import { readTable } from './table-facts.ts';

export { type OptionFile, readOptionFile } from './option-file.ts';
export { readPasswordFile } from './password-file.ts';
export type { MysqlSettings } from './settings.ts';

/** A table, or a stored routine, of a MySQL or MariaDB server. */
export function createMysqlDatabase(settings: MysqlSettings): Database {
  return { name: nameOf(settings), connect: (lost) => connect(settings, lost) };
}

/** Begins to connect before it returns: see MysqlSession.open. */
async function connect(
  settings: MysqlSettings,
  lost: (error: Error) => void,
): Promise<TableConnection> {
  const limit = settings.connectTimeout ?? DEFAULT_CONNECT_TIMEOUT;
  const signal = AbortSignal.timeout(limit);
  try {
    return await open(settings, signal, lost);
  } catch (error) {
    throw signal.aborted ? timedOut(settings, limit) : error;
  }
}

async function open(
  settings: MysqlSettings,
  signal: AbortSignal,
  lost: (error: Error) => void,
): Promise<TableConnection> {
  // Until the caller knows the connection, it is told by an error.
  let tell: ((error: Error) => void) | undefined;
  const session = await MysqlSession.open(settings, signal, (error) => tell?.(error));
  const giveUp = () => session.destroy();
  signal.addEventListener('abort', giveUp);
  try {
    const connection = await openTable(session, settings);
    tell = lost;
    return connection;
  } catch (error) {
    session.destroy();
    throw error;
  } finally {
    signal.removeEventListener('abort', giveUp);
  }
}

async function openTable(session: MysqlSession, settings: MysqlSettings): Promise<TableConnection> {
  const server = await readServer(session);
  const facts = await readTable(session, settings);
  const name = routineNameOf(settings);
  if (!name) return new MysqlTable(session, settings.table, facts, server);
  const routine = await findRoutine(session, name, settings);
  const columns = await readArguments(session, name, routine, facts.columns, settings);
  return new MysqlRoutine(session, settings.table, columns, routine, server);
}

const timedOut = (settings: MysqlSettings, limit: number): MysqlError =>
  new MysqlError(
    `connect to ${nameOf(settings)}`,
    'ETIMEDOUT',
    `no answer within ${limit} ms`,
    `to try: ${clientCommand(settings)}`,
  );
