import { closeSync, constants, fstatSync, openSync, readFileSync } from 'node:fs';

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
  // Without waiting for somebody who writes to it, where it is a FIFO.
  const descriptor = openSync(path, constants.O_RDONLY | constants.O_NONBLOCK);
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

/** What the user can do about a file that cannot be read. */
export const fileHint = (error: unknown): string =>
  error instanceof Error && 'code' in error && error.code === 'ENOENT'
    ? 'make the file, or correct the path'
    : 'the user that specter runs as has to be able to read it';
