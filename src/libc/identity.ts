import { constants } from 'node:os';
import { checked, libc } from './library.ts';
import { SyscallError } from './syscall-error.ts';

// glibc and musl apply these calls to every thread of the process (nptl(7)); the bare system calls
// would change the calling thread alone.
const libcSetgroups = libc.func('int setgroups(size_t count, const void *groups)');
const libcSetresgid = libc.func('int setresgid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetresuid = libc.func('int setresuid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetuid = libc.func('int setuid(uint32_t uid)');
const libcSeteuid = libc.func('int seteuid(uint32_t uid)');
// These two concern the calling thread alone in every libc. They return what was set before.
const libcSetfsuid = libc.func('uint32_t setfsuid(uint32_t uid)');
const libcSetfsgid = libc.func('uint32_t setfsgid(uint32_t gid)');

/** An ID that no user has: setfsuid(2) then changes nothing and tells the one in use. */
const NO_ID = 0xffff_ffff;

/** Whose rights to act with: {@link withFileRightsOf}. */
export interface FileUser {
  readonly uid: number;
  readonly gid: number;
  /** Supplementary groups. */
  readonly groups: readonly number[];
}

/** Replaces the supplementary groups of every thread (setgroups(2)). */
export function setGroups(groups: readonly number[]): void {
  checked(
    'setgroups',
    libcSetgroups(groups.length, Uint32Array.from(groups)),
    'in a user namespace it needs /proc/self/setgroups to say "allow"',
  );
}

/** Sets the real, effective and saved group of every thread. */
export function setGid(gid: number): void {
  checked(`setresgid ${gid}`, libcSetresgid(gid, gid, gid));
}

/** Sets the real, effective and saved user of every thread. */
export function setUid(uid: number): void {
  checked(
    `setresuid ${uid}`,
    libcSetresuid(uid, uid, uid),
    'the user has to be mapped into this user namespace',
  );
}

/** Whether any call gave this process the user root again; it then has root's rights. */
export function canBecomeRoot(): boolean {
  return libcSetuid(0) === 0 || libcSeteuid(0) === 0;
}

/**
 * Lets root access files as somebody else would, without the capabilities that override file
 * permissions; what is created belongs to that user (setfsuid(2), credentials(7)).
 *
 * User and group change for the calling thread only, so that file operations under way in libuv's
 * pool go on as root. The supplementary groups are those of the whole process meanwhile.
 *
 * @param action synchronous; everything is as before when it returns or throws
 * @returns what the action does
 * @throws SyscallError when root may not act as that user; the action was not begun
 */
export function withFileRightsOf<Result>(user: FileUser, action: () => Result): Result {
  const groups = process.getgroups?.() ?? [];
  const uid = libcSetfsuid(NO_ID);
  const gid = libcSetfsgid(NO_ID);
  try {
    setGroups(user.groups);
    setFileId('setfsgid', libcSetfsgid, user.gid);
    // Last: it takes away the capabilities that have to do with files.
    setFileId('setfsuid', libcSetfsuid, user.uid);
    return action();
  } finally {
    libcSetfsuid(uid);
    libcSetfsgid(gid);
    if (groups.join() !== (process.getgroups?.() ?? []).join()) setGroups(groups);
  }
}

/** These calls do not report errors: only asking tells. */
function setFileId(operation: string, call: (id: number) => number, id: number): void {
  call(id);
  if (call(NO_ID) === id) return;
  const hint = 'the user has to be mapped into this user namespace';
  throw new SyscallError(`${operation} ${id}`, constants.errno.EPERM, hint);
}
