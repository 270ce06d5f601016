import { constants } from 'node:os';

/** The numbers of errno(3) on this machine, by which system calls and netlink say what failed. */
export const {
  EAGAIN,
  EBADF,
  EBUSY,
  EEXIST,
  EINTR,
  EINVAL,
  EIO,
  ENFILE,
  ENOBUFS,
  ENODEV,
  ENOENT,
  ENOSPC,
  EOPNOTSUPP,
  EPERM,
  EPROTONOSUPPORT,
  ESTALE,
  ETIMEDOUT,
} = constants.errno;

/**
 * linux/errno.h: what an nf_tables transaction gets whose generation of the ruleset is not the
 * current one. libuv has no name for it.
 */
export const ERESTART = 85;
