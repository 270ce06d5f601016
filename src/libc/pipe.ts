import { checked, libc } from './library.ts';

/** fcntl.h */
const O_CLOEXEC = 0o2000000;

const pipe2 = libc.func('int pipe2(void *ends, int flags)');

/** The descriptors of a pipe: what is written to one is read from the other. */
export interface Pipe {
  readonly readEnd: number;
  readonly writeEnd: number;
}

/**
 * Opens a pipe, both ends close-on-exec.
 *
 * @throws SyscallError EMFILE, ENFILE
 */
export function openPipe(): Pipe {
  const ends = new Int32Array(2);
  checked('pipe2', pipe2(ends, O_CLOEXEC));
  const [readEnd = -1, writeEnd = -1] = ends;
  return { readEnd, writeEnd };
}
