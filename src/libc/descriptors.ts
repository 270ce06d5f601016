import { readdirSync } from 'node:fs';
import { checked, libc } from './library.ts';

const fcntl = libc.func('int fcntl(int fd, int command, ...)');

/** fcntl.h */
const F_GETFD = 1;
const F_SETFD = 2;
const FD_CLOEXEC = 1;
const LAST_STANDARD = 2;

/**
 * Says whether programs that this process becomes or starts get a descriptor.
 *
 * @throws SyscallError EBADF when it is not open
 */
export function setInherited(fd: number, inherited: boolean): void {
  checked(`fcntl ${fd}`, fcntl(fd, F_SETFD, 'int', inherited ? 0 : FD_CLOEXEC));
}

/**
 * Keeps from programs what was open beyond standard error when this process was started, such as
 * what a careless parent left. What it opened itself is close-on-exec anyway.
 */
export function keepDescriptors(): void {
  for (const fd of readdirSync('/proc/self/fd').map(Number)) {
    // The listing's own descriptor is closed by now.
    if (fd > LAST_STANDARD && fcntl(fd, F_GETFD) === 0) setInherited(fd, false);
  }
}
