import { closeSync, lstatSync, openSync, renameSync, unlinkSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Host } from '../../api.ts';
import { CaptureFileError } from './capture-file-error.ts';

/**
 * Makes room for a new file: `path` becomes `path.1`, `path.1` becomes `path.2` and so on. `keep` of
 * them stay; older ones, also of a time when more were kept, are deleted.
 *
 * Renames from the last one down, so that whatever fails nothing is lost.
 *
 * @throws Error of node:fs; `path` has its name then
 */
export function shiftNumberedFiles(path: string, keep: number): void {
  let last = 0;
  while (last < keep && exists(`${path}.${last + 1}`)) last++;
  for (let old = keep + 1; last === keep && removed(`${path}.${old}`); old++);
  for (let number = Math.min(last, keep - 1); number > 0; number--) {
    renameSync(`${path}.${number}`, `${path}.${number + 1}`);
  }
  renameIfThere(path, `${path}.1`);
}

/** Gives the newest of them its name back. */
export function unshiftNewest(path: string): void {
  renameIfThere(`${path}.1`, path);
}

/**
 * Makes sure that files can be made and renamed next to `path` by the user that specter becomes.
 *
 * @throws CaptureFileError
 */
export function checkFolder(path: string, host: Host): void {
  const probe = `${path}.${process.pid}`;
  try {
    host.asUser(() => {
      closeSync(openSync(probe, 'wx', 0o600));
      unlinkSync(probe);
    });
  } catch (error) {
    const folder = dirname(path);
    const reason = error instanceof Error ? error.message : String(error);
    throw new CaptureFileError(
      path,
      `cannot be rotated, because no files can be made next to it (${reason})`,
      `choose a pcapfile in a folder that belongs to user ${host.uid}, or: chown ${host.uid} ${folder}`,
    );
  }
}

const exists = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Deletes a file; false when there was none. */
function removed(path: string): boolean {
  if (!exists(path)) return false;
  unlinkSync(path);
  return true;
}

/** Somebody may have moved it away. */
function renameIfThere(from: string, to: string): void {
  if (exists(from)) renameSync(from, to);
}
