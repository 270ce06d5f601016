import { constants } from 'node:os';
import koffi from 'koffi';
import { libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

/** What this program needs of `struct passwd` (<pwd.h>). */
export interface Account {
  readonly name: string;
  readonly uid: number;
  /** The user's primary group. */
  readonly gid: number;
}

const passwd = koffi.struct({
  pw_name: 'const char *',
  pw_passwd: 'const char *',
  pw_uid: 'uint32_t',
  pw_gid: 'uint32_t',
  pw_gecos: 'const char *',
  pw_dir: 'const char *',
  pw_shell: 'const char *',
});
const lookupParameters = [
  koffi.out(koffi.pointer(passwd)),
  'void *',
  'size_t',
  koffi.out('void **'),
] as const;
const getpwnam_r = libc.func('getpwnam_r', 'int', ['const char *', ...lookupParameters]);
const getpwuid_r = libc.func('getpwuid_r', 'int', ['uint32_t', ...lookupParameters]);
const getgrouplist = libc.func(
  'int getgrouplist(const char *user, uint32_t group, void *groups, _Inout_ int *count)',
);

/** First guess for the strings of one entry; doubled while libc says ERANGE. */
const INITIAL_STRINGS_SIZE = 1024;
const MAX_STRINGS_SIZE = 1 << 20;
/** Linux's NGROUPS_MAX: a user cannot be in more. */
const MAX_GROUPS = 65_536;

/**
 * Finds a user through the system's name service (files, LDAP, systemd …), as login does.
 *
 * @returns undefined when there is no such user
 * @throws SyscallError when the name service itself failed
 */
export function accountByName(name: string): Account | undefined {
  return lookUp(`getpwnam ${name}`, (...rest) => getpwnam_r(name, ...rest));
}

/** As {@link accountByName}, by number. */
export function accountByUid(uid: number): Account | undefined {
  return lookUp(`getpwuid ${uid}`, (...rest) => getpwuid_r(uid, ...rest));
}

/** All groups of a user: the primary one and each that lists the user as a member. */
export function groupsOf(account: Account): number[] {
  for (let capacity = 64; capacity <= MAX_GROUPS; capacity *= 2) {
    const groups = new Uint32Array(capacity);
    const count = [capacity];
    if (getgrouplist(account.name, account.gid, groups, count) !== -1) {
      return [...groups.subarray(0, count[0])];
    }
  }
  throw new SyscallError(`getgrouplist ${account.name}`, constants.errno.ERANGE);
}

type Lookup = (
  entry: Partial<RawPasswd>,
  strings: Buffer,
  stringsSize: number,
  found: unknown[],
) => number;

interface RawPasswd {
  pw_name: string;
  pw_uid: number;
  pw_gid: number;
}

function lookUp(operation: string, call: Lookup): Account | undefined {
  for (let size = INITIAL_STRINGS_SIZE; size <= MAX_STRINGS_SIZE; size *= 2) {
    const entry: Partial<RawPasswd> = {};
    const found: unknown[] = [null];
    // These two return the error instead of setting errno.
    const errno = call(entry, Buffer.alloc(size), size, found);
    if (errno === constants.errno.ERANGE) continue;
    if (isNoSuchUser(errno)) return undefined;
    if (errno !== 0) throw new SyscallError(operation, errno);
    const { pw_name: name, pw_uid: uid, pw_gid: gid } = entry;
    if (found[0] === null || name === undefined || uid === undefined || gid === undefined) {
      return undefined;
    }
    return { name, uid, gid };
  }
  throw new SyscallError(operation, constants.errno.ERANGE);
}

/** getpwnam(3) lists these as what systems return for a name they do not have. */
function isNoSuchUser(errno: number): boolean {
  const { ENOENT, ESRCH } = constants.errno;
  return errno === ENOENT || errno === ESRCH;
}
