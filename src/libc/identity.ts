import { access } from 'node:fs';
import { checked, libc } from './library.ts';

// glibc and musl apply these calls to every thread of the process (nptl(7)); the bare system calls
// would change the calling thread alone.
const libcSetgroups = libc.func('int setgroups(size_t count, const void *groups)');
const libcSetresgid = libc.func('int setresgid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetresuid = libc.func('int setresuid(uint32_t real, uint32_t effective, uint32_t saved)');
const libcSetuid = libc.func('int setuid(uint32_t uid)');
const libcSeteuid = libc.func('int seteuid(uint32_t uid)');
// The bare system calls behind them, which concern the calling thread alone.
const libcSyscall = libc.func('long syscall(long number, long first, long second, long third)');
/** Their numbers in asm-generic/unistd.h, which architectures younger than it share. */
const generic = { setresuid: 147, setresgid: 149 };
/** By Node's names of architectures; x64 has its own (asm/unistd_64.h). */
const systemCalls: Readonly<Record<string, typeof generic>> = {
  x64: { setresuid: 117, setresgid: 119 },
  arm64: generic,
  riscv64: generic,
  loong64: generic,
};

/** Leaves a user or group as it is. */
const UNCHANGED = 0xffff_ffff;

/** Whose rights to act with: {@link withRightsOf}. */
export interface ActingUser {
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
 * Lets root act as somebody else would: what is created belongs to that user, the capabilities that
 * override permissions are of no effect, and whoever a socket is connected to is told that user
 * (SO_PEERCRED, unix(7)).
 *
 * The effective user and group change for the calling thread only, so that file operations under way
 * in libuv's pool go on as root. The supplementary groups are those of the whole process meanwhile.
 *
 * @param action synchronous; everything is as before when it returns or throws
 * @returns what the action does
 * @throws SyscallError when root may not act as that user; the action was not begun
 * @throws Error on an architecture whose system calls are not known here
 */
export function withRightsOf<Result>(user: ActingUser, action: () => Result): Result {
  const calls = systemCalls[process.arch];
  if (!calls) throw new Error(`acting as another user is not possible on ${process.arch} yet`);
  startThreadPool();
  const groups = process.getgroups?.() ?? [];
  const uid = process.geteuid?.() ?? 0;
  const gid = process.getegid?.() ?? 0;
  try {
    setGroups(user.groups);
    setEffective(calls, 'setresgid', user.gid);
    // Last: it takes away the right to do the others.
    setEffective(calls, 'setresuid', user.uid);
    return action();
  } finally {
    setEffective(calls, 'setresuid', uid);
    setEffective(calls, 'setresgid', gid);
    if (groups.join() !== (process.getgroups?.() ?? []).join()) setGroups(groups);
  }
}

let isPoolStarted = false;

/**
 * Makes libuv start its pool of threads, unless it has. A thread begins with the rights of the one
 * that starts it: if an action were the first to need the pool, by looking up a host's name say, the
 * pool would keep the user's for good, and glibc, whose setgroups(2) and the like have to succeed in
 * every thread or in none, would abort the process.
 */
function startThreadPool(): void {
  if (isPoolStarted) return;
  isPoolStarted = true;
  // libuv starts all threads before the first work is queued. Unlike stat, access never goes past
  // them through io_uring.
  access('/', () => {});
}

/** Sets the effective user or group of the calling thread, and with it the one for files. */
function setEffective(calls: typeof generic, operation: keyof typeof generic, id: number): void {
  checked(
    `${operation} ${id}`,
    libcSyscall(calls[operation], UNCHANGED, id, UNCHANGED),
    'the user has to be mapped into this user namespace',
  );
}
