import { constants } from 'node:os';
import { lastErrno, libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

/** `LOCK_EX | LOCK_NB` of <sys/file.h>. */
const EXCLUSIVE_NON_BLOCKING = 2 | 4;

const flock = libc.func('int flock(int fd, int operation)');

/**
 * Takes the exclusive advisory lock of an open file without waiting (flock(2)).
 *
 * The lock belongs to the open file description: the kernel drops it when the last descriptor is
 * closed, so a killed process never leaves one behind.
 *
 * @returns false when another open file description holds the lock
 * @throws SyscallError for anything else, such as ENOLCK on a file system without locks
 */
export function tryLockExclusive(fd: number): boolean {
  if (flock(fd, EXCLUSIVE_NON_BLOCKING) === 0) return true;
  const errno = lastErrno();
  if (errno === constants.errno.EWOULDBLOCK) return false;
  throw new SyscallError('flock', errno);
}
