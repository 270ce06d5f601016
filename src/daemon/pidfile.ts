import {
  closeSync,
  constants,
  fchmodSync,
  fstatSync,
  ftruncateSync,
  lstatSync,
  openSync,
  readSync,
  type Stats,
  unlinkSync,
  writeSync,
} from 'node:fs';
import { resolve } from 'node:path';
import { tryLockExclusive } from '../libc/flock.ts';

/** The pidfile cannot be had: another instance has it, or the system says no. */
export class PidfileError extends Error {
  override readonly name = 'PidfileError';
  readonly path: string;

  constructor(path: string, reason: string, options?: ErrorOptions) {
    super(`${path}: ${reason}`, options);
    this.path = path;
  }
}

/**
 * A file with the daemon's pid, held under an exclusive lock for the daemon's life.
 *
 * The lock alone says whether an instance runs, not the number in the file: a killed daemon leaves
 * the number behind but not the lock, and its number may belong to anyone by now. Readers that
 * only look at the number (init scripts) get a file that is removed, or emptied, at the end.
 */
export class Pidfile {
  readonly #path: string;
  readonly #fd: number;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Creates the file (mode 0644) or takes over one that nobody holds, and writes our pid. Before
   * privileges are dropped, as /run is root's.
   *
   * @throws PidfileError
   */
  static acquire(path: string): Pidfile {
    const absolute = resolve(path);
    for (;;) {
      const fd = lockedFile(absolute);
      // The instance before us may have removed the file between our open and our lock: then
      // the lock is on a file without a name, which the next instance would not find.
      if (isSameFile(fstatSync(fd), lstatIfThere(absolute))) {
        writePid(absolute, fd);
        return new Pidfile(absolute, fd);
      }
      closeSync(fd);
    }
  }

  /**
   * Removes the file, or empties it where the user that the daemon runs as may not remove it, and
   * gives up the lock. Leaves a file alone that is no longer ours. Never throws.
   */
  release(): void {
    try {
      if (isSameFile(fstatSync(this.#fd), lstatIfThere(this.#path))) unlinkSync(this.#path);
    } catch {
      ftruncateSync(this.#fd, 0);
    } finally {
      closeSync(this.#fd);
    }
  }
}

function lockedFile(path: string): number {
  const fd = openRegular(path);
  try {
    if (tryLockExclusive(fd)) return fd;
    const pid = readPid(fd);
    const suffix = pid === undefined ? '' : ` (pid ${pid})`;
    throw new PidfileError(path, `specter is already running${suffix}`);
  } catch (error) {
    closeSync(fd);
    if (error instanceof PidfileError) throw error;
    throw failure(path, error);
  }
}

function openRegular(path: string): number {
  // O_NOFOLLOW: in a folder that others may write to, a link must not choose what root overwrites.
  const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK, O_NOCTTY } = constants;
  let fd: number;
  try {
    fd = openSync(path, O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK | O_NOCTTY, 0o644);
  } catch (error) {
    throw failure(path, error);
  }
  const stat = fstatSync(fd);
  if (stat.isFile() && stat.nlink <= 1) return fd;
  closeSync(fd);
  throw new PidfileError(path, 'is not a regular file of one name; choose another pidfile');
}

function writePid(path: string, fd: number): void {
  try {
    ftruncateSync(fd, 0);
    fchmodSync(fd, 0o644); // whatever the umask: anyone may know the pid
    writeSync(fd, `${process.pid}\n`, 0);
  } catch (error) {
    closeSync(fd);
    throw failure(path, error);
  }
}

function readPid(fd: number): number | undefined {
  const bytes = Buffer.alloc(32);
  const text = bytes.toString('latin1', 0, readSync(fd, bytes, 0, bytes.length, 0));
  const digits = /^\s*(\d+)\s*$/.exec(text)?.[1];
  return digits === undefined ? undefined : Number(digits);
}

function isSameFile(a: Stats, b: Stats | undefined): boolean {
  return b !== undefined && a.ino === b.ino && a.dev === b.dev;
}

const lstatIfThere = (path: string): Stats | undefined =>
  lstatSync(path, { throwIfNoEntry: false });

function failure(path: string, cause: unknown): PidfileError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  const reasons: Readonly<Record<string, string>> = {
    EACCES: 'permission denied (EACCES); start as root or choose another pidfile',
    EPERM: 'not permitted (EPERM); start as root or choose another pidfile',
    ENOENT: 'its folder does not exist (ENOENT); create it or choose another pidfile',
    ELOOP: 'is a symbolic link (ELOOP); remove it',
  };
  const known = typeof code === 'string' ? reasons[code] : undefined;
  return new PidfileError(path, known ?? String(cause), { cause });
}
