import { type Account, accountByName, accountByUid, groupsOf } from '../libc/accounts.ts';
import {
  capabilityMask,
  capabilityNames,
  capabilityNumber,
  raiseAmbientCapability,
  setKeepCapabilities,
  setThreadCapabilities,
} from '../libc/capabilities.ts';
import { canBecomeRoot, setGid, setGroups, setUid } from '../libc/identity.ts';
import { readThreadStatuses, type ThreadStatus } from './thread-status.ts';
import { messageOf } from './to-error.ts';

/** A user that cannot be changed to, or a change that left more rights than it should have. */
export class PrivilegeError extends Error {
  override readonly name = 'PrivilegeError';
}

/** Where a privilege drop leads: checked against the system, nothing changed yet. */
export interface TargetUser extends Account {
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  /** Numbers of the capabilities that stay, ascending. */
  readonly capabilities: readonly number[];
}

/**
 * With any of these the user could make itself root again, so that keeping it is not dropping
 * anything (capabilities(7)).
 */
const WAYS_BACK = new Set(
  [
    // To be somebody else, or to hold more capabilities.
    ...['setuid', 'setgid', 'setpcap', 'setfcap'],
    // To read root's secrets, or change its files: those of /etc, or a whole disk's.
    ...['chown', 'dac_override', 'dac_read_search', 'fowner', 'mknod'],
    // To mount over them, or to command a process of root's.
    ...['sys_admin', 'sys_ptrace'],
    // To run code in the kernel or instead of it (kexec), or to reach memory; bpf does together
    // with perfmon, which alone does not.
    ...['sys_module', 'sys_boot', 'sys_rawio', 'bpf'],
  ].map(capabilityNumber),
);

/**
 * Checks the options `user` and `keepcaps` without changing anything, so that a bad value is a
 * configuration error.
 *
 * @param user a name, or a number that has an entry in the user database: without one its groups
 *   would be anyone's guess
 * @param keepcaps capability names such as `net_admin` or `CAP_NET_ADMIN`
 * @throws PrivilegeError
 */
export function resolveUser(user: string, keepcaps: readonly string[] = []): TargetUser {
  const account = findAccount(user);
  if (account.uid === 0) {
    throw new PrivilegeError(
      `user ${user} is root: name a user without privileges, or leave the option out`,
    );
  }
  const capabilities = keepcaps.map(resolveCapability);
  return {
    ...account,
    groups: ascending([...new Set(groupsOf(account))]),
    capabilities: ascending([...new Set(capabilities)]),
  };
}

/**
 * Gives up root for good: user, groups and all capabilities but `target.capabilities`, in every
 * thread. Then reads back from /proc what the kernel made of it.
 *
 * The capabilities that stay are held by the calling thread only, in its permitted, effective,
 * inheritable and ambient sets: it has to be the main thread, from which Node starts child
 * processes, and they reach those (capabilities(7)). Threads that exist before, such as libuv's pool,
 * keep none.
 *
 * - `no_new_privs` is deliberately not set: hooks may need sudo or another set-user-ID program.
 * - The kernel marks a process that changed its user as not dumpable (`PR_SET_DUMPABLE`), and that
 *   is left so: other processes of the user can neither trace it nor read its memory, and so not
 *   take over sockets and capabilities. It also writes no core dumps. Its files under /proc belong
 *   to root, which keeps nobody from reading `status`.
 *
 * Whoever is that user already has nothing to drop: the capabilities are those that the service
 * manager gave, and only have to include `target.capabilities`.
 *
 * @throws PrivilegeError when it could not be done, or not completely. The process is then in an
 *   undefined state between two users and has to exit.
 */
export function dropPrivileges(target: TargetUser): void {
  if (process.geteuid?.() !== 0) {
    requireToBe(target);
    return;
  }
  try {
    changeUser(target);
  } catch (error) {
    const reason = messageOf(error);
    throw new PrivilegeError(`cannot become user ${target.name}: ${reason}`, { cause: error });
  }
  if (canBecomeRoot()) {
    throw new PrivilegeError(`as user ${target.name}, the process could become root again`);
  }
  const problems = privilegeProblems(target, readThreadStatuses(), process.pid);
  if (problems.length > 0) {
    throw new PrivilegeError(`not all privileges were dropped: ${problems.join('; ')}`);
  }
}

/**
 * Compares the threads of a process with what they should be after {@link dropPrivileges}.
 *
 * Inheritable capabilities of threads other than the main one are not looked at: the kernel lets
 * no thread clear another's, and they mean nothing to a thread that starts no program.
 *
 * @param mainThread its number; that is the process's
 * @returns one text for each difference
 */
export function privilegeProblems(
  target: TargetUser,
  threads: readonly ThreadStatus[],
  mainThread: number,
): string[] {
  const kept = capabilityMask(target.capabilities);
  return threads.flatMap((thread) => {
    const isMain = thread.tid === mainThread;
    const wrong = [
      thread.uids.every((uid) => uid === target.uid) || `Uid ${thread.uids.join(' ')}`,
      thread.gids.every((gid) => gid === target.gid) || `Gid ${thread.gids.join(' ')}`,
      thread.groups.join() === target.groups.join() || `Groups ${thread.groups.join(' ')}`,
      capabilityProblem('CapPrm', thread.permitted, kept, isMain),
      capabilityProblem('CapEff', thread.effective, kept, isMain),
      capabilityProblem('CapAmb', thread.ambient, kept, isMain),
      !isMain || capabilityProblem('CapInh', thread.inheritable, kept, isMain),
    ];
    return wrong.filter((text) => text !== true).map((text) => `thread ${thread.tid}: ${text}`);
  });
}

function changeUser(target: TargetUser): void {
  const keeps = target.capabilities.length > 0;
  if (keeps) setKeepCapabilities(true);
  setGroups(target.groups);
  setGid(target.gid);
  setUid(target.uid);
  // Also when nothing is kept: the change of user leaves the inheritable set alone.
  setThreadCapabilities(capabilityMask(target.capabilities));
  for (const capability of target.capabilities) raiseAmbientCapability(capability);
  if (keeps) setKeepCapabilities(false);
}

function requireToBe(target: TargetUser): void {
  if (process.getuid?.() !== target.uid || process.geteuid?.() !== target.uid) {
    throw new PrivilegeError(`only root can become user ${target.name}: start as root`);
  }
  const main = readThreadStatuses().find((thread) => thread.tid === process.pid);
  const held = main?.permitted ?? 0n;
  const missing = target.capabilities.filter((number) => (held & (1n << BigInt(number))) === 0n);
  if (missing.length > 0) {
    const names = missing.map((number) => capabilityNames[number]).join(', ');
    throw new PrivilegeError(
      `keepcaps ${names}: the process does not hold it; start as root, or have the service manager grant it`,
    );
  }
}

function findAccount(user: string): Account {
  // As chown does: a name made of digits wins over the number.
  const account = accountByName(user) ?? (isUid(user) ? accountByUid(Number(user)) : undefined);
  if (account !== undefined) return account;
  throw new PrivilegeError(
    isUid(user)
      ? `no user has the number ${user}: its groups are unknown; create the user or give a name`
      : `there is no user ${user}`,
  );
}

/** (uid_t)-1 means "leave unchanged" to setresuid. */
const isUid = (text: string): boolean => /^\d{1,10}$/.test(text) && Number(text) < 0xffff_ffff;

/**
 * The number of a capability that may be kept.
 *
 * @throws PrivilegeError when there is none of that name, or when it is a way back to root
 */
export function resolveCapability(name: string): number {
  const number = capabilityNumber(name);
  if (number === undefined) throw new PrivilegeError(`keepcaps ${name}: no such capability`);
  if (WAYS_BACK.has(number)) {
    throw new PrivilegeError(`keepcaps ${name}: with it the user could become root again`);
  }
  return number;
}

function capabilityProblem(
  field: string,
  actual: bigint,
  kept: bigint,
  isMain: boolean,
): true | string {
  const expected = isMain ? kept : 0n;
  return actual === expected || `${field} ${actual.toString(16).padStart(16, '0')}`;
}

const ascending = (numbers: readonly number[]): number[] => [...numbers].sort((a, b) => a - b);
