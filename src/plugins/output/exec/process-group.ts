import { getSystemErrorName } from 'node:util';

/**
 * Signals a process group by the id of its leader.
 *
 * The id stays taken, also when the leader has ended, for as long as the group has a member.
 *
 * @param signal 0 sends none and only asks
 * @returns whether the group has members. Those that belong to another user get nothing.
 */
export function signalGroup(leader: number, signal: NodeJS.Signals | 0): boolean {
  try {
    return process.kill(-leader, signal);
  } catch (error) {
    const code = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
    if (code !== 0 && getSystemErrorName(code) === 'ESRCH') return false;
    if (code !== 0 && getSystemErrorName(code) === 'EPERM') return true;
    throw error;
  }
}
