import { checked, libc } from './library.ts';

// glibc and musl apply these calls to every thread of the process (nptl(7)); the bare system calls
// would change the calling thread alone.
const libcSetgroups = libc.func('int setgroups(size_t count, const void *groups)');
const libcSetresgid = libc.func('int setresgid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetresuid = libc.func('int setresuid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetuid = libc.func('int setuid(uint32_t uid)');
const libcSeteuid = libc.func('int seteuid(uint32_t uid)');

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
