import { mkdirSync, type Stats, statSync } from 'node:fs';
import { isSystemError, SpoolError } from './spool-error.ts';

/**
 * Makes sure of a folder (mode 0700 if it has to be created) that nobody but its owner can change:
 * otherwise somebody else could choose what is sent, or what files are written to.
 *
 * @param uid who has to own it
 * @throws SpoolError
 */
export function ensureFolder(path: string, uid: number): void {
  const advice = `give specter one: install -d -m 700 -o ${uid} ${path}`;
  let stat: Stats;
  try {
    stat = statIfThere(path) ?? createFolder(path);
  } catch (error) {
    throw SpoolError.from(path, error, advice);
  }
  if (!stat.isDirectory()) throw new SpoolError(path, 'is no folder');
  if (stat.uid !== uid) {
    throw new SpoolError(path, `belongs to user ${stat.uid}, not to ${uid}`, advice);
  }
  if ((stat.mode & 0o022) !== 0) {
    throw new SpoolError(path, 'others may write to it', `chmod 700 ${path}`);
  }
}

function statIfThere(path: string): Stats | undefined {
  return statSync(path, { throwIfNoEntry: false });
}

function createFolder(path: string): Stats {
  try {
    mkdirSync(path, { mode: 0o700 });
  } catch (error) {
    if (!isSystemError(error) || error.code !== 'EEXIST') throw error;
  }
  return statSync(path);
}
