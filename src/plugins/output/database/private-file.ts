import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** Everything that the group and others may do. */
const OTHERS = 0o077;

/** A file that may hold a password. */
export interface PrivateFile {
  readonly text: string;
  /** Its mode, as chmod takes it, if somebody else than the owner has access. */
  readonly openMode: string | undefined;
}

/**
 * Reads a file that may hold a password, and who has access to what was read.
 *
 * @returns undefined if it is no plain file
 * @throws Error if it cannot be read
 */
export function readPrivateFile(path: string): PrivateFile | undefined {
  const descriptor = openSync(path, 'r');
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) return undefined;
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    const openMode = (stat.mode & OTHERS) === 0 ? undefined : mode;
    return { text: readFileSync(descriptor, 'utf8'), openMode };
  } finally {
    closeSync(descriptor);
  }
}
