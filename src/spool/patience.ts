import { constants } from 'node:os';
import { isSystemError } from './spool-error.ts';

/** How long a file that cannot be read is tried again, in ms: some errors of disks pass. */
const PATIENCE_MS = 5000;

/** "Structure needs cleaning", which Node has no name for: a file system that finds itself damaged. */
const EUCLEAN = 117;
const { EIO, ENODATA, EBADMSG } = constants.errno;
const unreadable: ReadonlySet<number> = new Set([EIO, ENODATA, EBADMSG, EUCLEAN]);

/** Whether an error means that the bytes are lost, and not that the system lacks something. */
export const isUnreadable = (error: unknown): boolean =>
  isSystemError(error) && error.errno !== undefined && unreadable.has(-error.errno);

/** Knows how long files have been unreadable, and when not to wait for them any longer. */
export class Patience {
  /** When a file failed first, by its path. */
  readonly #since = new Map<string, number>();

  /** Notes that a file cannot be read; returns whether that has gone on for too long. */
  isOver(path: string): boolean {
    const now = performance.now();
    const since = this.#since.get(path) ?? now;
    this.#since.set(path, since);
    return now - since >= PATIENCE_MS;
  }

  forget(path: string): void {
    this.#since.delete(path);
  }
}
