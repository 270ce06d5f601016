import type { Damage } from './queue-reader.ts';
import type { SpoolError } from './spool-error.ts';

export interface SpoolOptions {
  /** Absolute path; created if its parent is there. One instance alone uses it. */
  readonly folder: string;
  /** Most bytes on disk, those of frames' headers included. */
  readonly maxBytes: number;
  /** For messages, and for who may wait for whom: `block 5 JSON`. */
  readonly owner: string;
  /** The user that the folder has to belong to. */
  readonly uid: number;
  /** Does something with that user's rights to files. */
  asUser<Result>(action: () => Result): Result;
  /** As flock(2) with LOCK_EX | LOCK_NB: false if another open file has the lock. */
  tryLock(fd: number): boolean;
  /** Told of bytes that are no whole frame. */
  damaged(damage: Damage): void;
  /** Told of errors that nobody waits for: a sync, a file that cannot be removed. */
  failed(error: SpoolError): void;
}
