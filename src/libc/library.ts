import koffi from 'koffi';
import { SyscallError } from './syscall-error.ts';

/** The C library that this process is linked with, whichever its file is called (glibc or musl). */
export const libc = koffi.load(null);

/**
 * Returns the result of a libc call, or throws when it is −1.
 *
 * errno belongs to the thread and any later call may overwrite it: pass the call's result
 * straight in, as in `checked('bind', bind(fd, address, length))`.
 */
export function checked(operation: string, result: number, hint?: string): number {
  if (result !== -1) return result;
  throw new SyscallError(operation, koffi.errno(), hint);
}

/** errno of the libc call made just before; only right when nothing ran in between. */
export const lastErrno = (): number => koffi.errno();
