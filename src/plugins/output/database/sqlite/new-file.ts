import { closeSync, existsSync, linkSync, openSync, unlinkSync } from 'node:fs';
import { outage } from './sqlite-error.ts';

/** SQLite gives the files beside it (`-wal`, `-shm`) the same mode and owner. */
const MODE = 0o640;
/** Files that SQLite takes for a part of the database, by their names. */
const companions = ['-wal', '-shm', '-journal'];

/**
 * Makes an empty file for a database, unless it is there. It appears under its name when it is closed
 * already: to close a file takes away all locks that this process has on it (fcntl(2)), and so those
 * of an SQLite in another thread.
 *
 * @throws Error where there is the log of a database that was there before: SQLite would play it into
 *   the new one
 */
export function makeFile(path: string): void {
  if (existsSync(path)) return;
  const leftOver = companions.map((suffix) => path + suffix).find(existsSync);
  if (leftOver !== undefined) {
    const reason = `${leftOver} is still there, of a database that is not`;
    throw new Error(
      `cannot make ${path}: ${reason}; end the programs that use it, or delete it: fuser -v ${leftOver}`,
    );
  }
  const draft = `${path}.new${process.pid}`;
  try {
    closeSync(openSync(draft, 'wx', MODE));
    try {
      linkSync(draft, path);
    } finally {
      unlinkSync(draft);
    }
  } catch (error) {
    // Another thread was faster.
    if (!existsSync(path)) throw outage('make', path, error);
  }
}
