import {
  closeSync,
  constants,
  fchownSync,
  lstatSync,
  openSync,
  readlinkSync,
  type Stats,
} from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { withRightsOf } from '../libc/identity.ts';
import type { TargetUser } from './privileges.ts';

/** rw-r-----: logs tell who talks to whom, which is not for everybody. */
const LOG_MODE = 0o640;

// O_NONBLOCK keeps the daemon from hanging on a named pipe that nobody reads (it is ENXIO then);
// regular files do not know it.
const APPEND = constants.O_WRONLY | constants.O_APPEND | constants.O_NOCTTY | constants.O_NONBLOCK;

/** As the kernel's own limit for one path (path_resolution(7)). */
const MAX_LINKS = 40;

/** A file that the user whom specter becomes may not have, with what would let it. */
export class FileRightsError extends Error {
  override readonly name = 'FileRightsError';
  /** `EACCES` or `EPERM`. */
  readonly code: string;
  readonly path: string;

  constructor(denial: OpenDenial, path: string, user: TargetUser, advice: string) {
    super(`${denial.code}: user ${user.name} may not append to '${path}'; ${advice}`, {
      cause: denial,
    });
    this.code = denial.code;
    this.path = path;
  }
}

/**
 * Opens a file for appending, created with mode 0640 less the umask if need be. Pipes and character
 * devices do as well; a descriptor of those does not block.
 *
 * Root opens a file for the user whom it becomes with the rights of that user: in a folder that the
 * user can write to, any name may be a link to a file that is not the user's to have. Only where the
 * user has no say in what the path leads to, as in /var/log, root's own rights help: a file made
 * there is given to the user, who has to open it again on SIGHUP. A file that exists never changes
 * its owner.
 *
 * @param forUser whom root is about to become; without effect once specter is not root any more
 * @returns a descriptor, close-on-exec
 * @throws FileRightsError, or Error of Node's fs; both with `code` and `path`
 * @throws SyscallError when the system does not let root act for the user
 */
export function openAppend(path: string, forUser?: TargetUser): number {
  const open = (): number => openSync(path, APPEND | constants.O_CREAT, LOG_MODE);
  if (!forUser || process.geteuid?.() !== 0) return open();
  try {
    return withRightsOf(forUser, open);
  } catch (error) {
    if (!isDenial(error)) throw error;
    return openAsRoot(path, forUser, error);
  }
}

function openAsRoot(path: string, user: TargetUser, denial: OpenDenial): number {
  const place = followTrusted(resolve(path), user);
  if (place === undefined) throw new FileRightsError(denial, path, user, adviceFor(path, user));
  if (isOwnDescriptor(place)) return openSync(place, APPEND);
  const stat = lstatSync(place, { throwIfNoEntry: false });
  if (!stat) return createFor(user, place);
  if (isForeign(stat, user)) {
    throw new FileRightsError(denial, place, user, `chown ${user.name} ${place}`);
  }
  if (stat.isFile() || stat.isCharacterDevice() || stat.isFIFO()) {
    return openSync(place, APPEND | constants.O_NOFOLLOW);
  }
  throw denial;
}

/** For a path that the user has a say in: nothing that would act on what a link points to. */
function adviceFor(path: string, user: TargetUser): string {
  const stat = lstatSync(path, { throwIfNoEntry: false });
  return stat && isForeign(stat, user)
    ? `delete it, or chown -h ${user.name} ${path}`
    : 'its folder has to be that of the user, or of root alone';
}

const isForeign = (stat: Stats, user: TargetUser): boolean =>
  stat.isFile() && stat.uid !== user.uid;

function createFor(user: TargetUser, path: string): number {
  const { O_CREAT, O_EXCL, O_NOFOLLOW } = constants;
  const fd = openSync(path, APPEND | O_CREAT | O_EXCL | O_NOFOLLOW, LOG_MODE);
  try {
    fchownSync(fd, user.uid, user.gid);
  } catch (error) {
    closeSync(fd);
    throw error;
  }
  return fd;
}

/**
 * Follows a path and all links on it as long as they are root's and the user cannot change them.
 *
 * @param path absolute
 * @returns where it leads, a path without links that need not exist, but for a link to a descriptor
 *   of this process; undefined when the user has a say in it
 */
function followTrusted(path: string, user: TargetUser): string | undefined {
  const rest = namesOf(path);
  let links = 0;
  let at = '/';
  for (;;) {
    const folder = lstatSync(at);
    if (folder.uid !== 0) return undefined;
    const name = rest.shift();
    if (name === undefined) return at;
    if (name === '..') {
      at = dirname(at);
      continue;
    }
    const next = join(at, name);
    const stat = lstatSync(next, { throwIfNoEntry: false });
    if (isWritableBy(user, folder)) {
      // As /tmp: nobody can move away root's folders there, but anything else may be the user's.
      const isKept = (folder.mode & STICKY) !== 0 && stat?.uid === 0 && stat.isDirectory();
      if (!isKept) return undefined;
    }
    if (stat?.isSymbolicLink()) {
      if (stat.uid !== 0 || ++links > MAX_LINKS) return undefined;
      if (isOwnDescriptor(next)) return rest.length === 0 ? next : undefined;
      const target = readlinkSync(next);
      if (target.startsWith('/')) at = '/';
      rest.unshift(...namesOf(target));
    } else if (stat?.isDirectory()) {
      at = next;
    } else {
      // What is missing, or no folder, on the way is left to open(2) to complain about.
      return [next, ...rest].join('/');
    }
  }
}

const STICKY = 0o1000;

/** Whether the mode of a folder of root's lets the user change what is in it. */
function isWritableBy(user: TargetUser, { mode, gid }: Stats): boolean {
  if ((mode & constants.S_IWOTH) !== 0) return true;
  return (mode & constants.S_IWGRP) !== 0 && (gid === user.gid || user.groups.includes(gid));
}

/** What /dev/stdout leads to: its target, such as `pipe:[123]`, is not a path. */
const isOwnDescriptor = (path: string): boolean => dirname(path) === `/proc/${process.pid}/fd`;

const namesOf = (path: string): string[] =>
  path.split('/').filter((name) => name !== '' && name !== '.');

interface OpenDenial extends Error {
  readonly code: 'EACCES' | 'EPERM';
}

const isDenial = (error: unknown): error is OpenDenial =>
  error instanceof Error &&
  'syscall' in error &&
  error.syscall === 'open' &&
  'code' in error &&
  (error.code === 'EACCES' || error.code === 'EPERM');
