import { Worker } from 'node:worker_threads';
import { sqliteWorkerPath } from '../../../../sqlite-worker-path.ts';
import type { Session, SessionOpener } from '../session.ts';
import type { SqliteSettings } from './settings.ts';
import { SqliteSession } from './sqlite-session.ts';
import type { Thread } from './worker-messages.ts';

/**
 * Sessions with an SQLite file, each in a thread of its own: its transactions, and what SQLite moves
 * from the log to the file now and then, take longer than the receive loop could wait.
 *
 * A thread is never broken off within a transaction, and none of the same opener begins before the one
 * before has ended: what SQLite deletes when it closes a file, it deletes by name. Others, such as the
 * output before a reload, may have the file open all the same; new-file.ts makes none beside their log.
 */
export class SqliteThread implements SessionOpener {
  readonly name: string;
  readonly #start: () => Thread;
  /** The end of the last thread. */
  #ended: Promise<void> = Promise.resolve();

  constructor(settings: SqliteSettings, start: () => Thread = () => startThread(settings)) {
    this.name = settings.path;
    this.#start = start;
  }

  async open(lost: (error: Error) => void): Promise<Session> {
    await this.#ended;
    const thread = this.#start();
    this.#ended = new Promise((resolve) => thread.on('exit', resolve));
    return SqliteSession.open(thread, this.name, lost);
  }
}

function startThread(workerData: SqliteSettings): Thread {
  // Of the options that Node was started with, none is meant for this thread.
  return new Worker(sqliteWorkerPath, { workerData, execArgv: [] });
}
