import { readdirSync, readFileSync } from 'node:fs';

/** The credentials of one thread as the kernel reports them (proc_pid_status(5)). */
export interface ThreadStatus {
  readonly tid: number;
  /** Real, effective, saved and file system user. */
  readonly uids: readonly number[];
  /** Real, effective, saved and file system group. */
  readonly gids: readonly number[];
  /** Supplementary groups, ascending. */
  readonly groups: readonly number[];
  readonly permitted: bigint;
  readonly effective: bigint;
  readonly inheritable: bigint;
  readonly ambient: bigint;
}

/** Every thread of a process, by default this one; threads that end meanwhile are left out. */
export function readThreadStatuses(pid: number | 'self' = 'self'): ThreadStatus[] {
  const folder = `/proc/${pid}/task`;
  return readdirSync(folder).flatMap((tid) => {
    try {
      return [parseThreadStatus(Number(tid), readFileSync(`${folder}/${tid}/status`, 'latin1'))];
    } catch (error) {
      if (isGone(error)) return [];
      throw error;
    }
  });
}

/**
 * Parses /proc/PID/task/TID/status.
 *
 * @throws Error when a field is missing: nothing may be assumed about credentials
 */
export function parseThreadStatus(tid: number, text: string): ThreadStatus {
  const fields = new Map(
    text.split('\n').map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon), line.slice(colon + 1).trim()] as const;
    }),
  );
  const field = (name: string): string => {
    const value = fields.get(name);
    if (value === undefined) throw new Error(`status of thread ${tid} has no field ${name}`);
    return value;
  };
  const numbers = (name: string): number[] => field(name).split(/\s+/).filter(Boolean).map(Number);
  const mask = (name: string): bigint => BigInt(`0x${field(name)}`);
  return {
    tid,
    uids: numbers('Uid'),
    gids: numbers('Gid'),
    groups: numbers('Groups').sort((a, b) => a - b),
    permitted: mask('CapPrm'),
    effective: mask('CapEff'),
    inheritable: mask('CapInh'),
    ambient: mask('CapAmb'),
  };
}

function isGone(error: unknown): boolean {
  const code = error instanceof Error && 'code' in error ? error.code : undefined;
  // ESRCH when the thread ended between open and read.
  return code === 'ENOENT' || code === 'ESRCH';
}
