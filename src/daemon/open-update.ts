import { constants, openSync } from 'node:fs';
import { withRightsOf } from '../libc/identity.ts';
import type { TargetUser } from './privileges.ts';

// O_NONBLOCK: opening a device may otherwise take for ever. Regular files do not know it.
const UPDATE = constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK;

/** A file that the user whom specter becomes may not have for reading and writing. */
export class UpdateRightsError extends Error {
  override readonly name = 'UpdateRightsError';
  readonly code = 'EACCES';
  readonly path: string;

  constructor(path: string, { name }: TargetUser, cause: Error) {
    const why = 'which SIGHUP and a reload open again';
    const advice = `chown -h ${name} ${path}, and let ${name} enter the folders above it`;
    super(`EACCES: user ${name} may not read and write '${path}', ${why}; ${advice}`, { cause });
    this.path = path;
  }
}

/**
 * Opens a file that is there for reading and writing.
 *
 * Root opens it with the rights of the user whom it becomes: otherwise that user, where it has a say
 * in the path, could have specter read and change any file of root's through a link.
 *
 * @param forUser whom root is about to become; without effect once specter is not root any more
 * @returns a descriptor, close-on-exec
 * @throws UpdateRightsError, or Error of Node's fs; both with `code` and `path`
 * @throws SyscallError when the system does not let root act for the user
 */
export function openUpdate(path: string, forUser?: TargetUser): number {
  const open = (): number => openSync(path, UPDATE);
  if (!forUser || process.geteuid?.() !== 0) return open();
  try {
    return withRightsOf(forUser, open);
  } catch (error) {
    if (!(error instanceof Error && 'code' in error && error.code === 'EACCES')) throw error;
    throw new UpdateRightsError(path, forUser, error);
  }
}
