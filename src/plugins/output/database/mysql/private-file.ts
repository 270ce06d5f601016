import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';

/** Everything that the group and others may do. */
const OTHERS = 0o077;

export interface PrivateFile {
  readonly text: string;
  /** @throws Error if somebody else than the owner has access */
  requirePrivate(): void;
}

/**
 * Reads a file that may hold a password.
 *
 * @throws Error if it cannot be read, or is no plain file
 */
export function readPrivateFile(path: string): PrivateFile {
  const descriptor = openSync(path, 'r');
  try {
    const stat = fstatSync(descriptor);
    if (!stat.isFile()) throw new Error(`${path} is no plain file`);
    const mode = (stat.mode & 0o777).toString(8).padStart(4, '0');
    return {
      text: readFileSync(descriptor, 'utf8'),
      requirePrivate: () => {
        if ((stat.mode & OTHERS) === 0) return;
        throw new Error(
          `${path} holds a password, and others have access (mode ${mode}); chmod 0600 ${path}`,
        );
      },
    };
  } finally {
    closeSync(descriptor);
  }
}
