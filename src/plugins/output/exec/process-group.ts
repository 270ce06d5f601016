import { getSystemErrorName } from 'node:util';

/**
 * Signals a process group by the id of its leader.
 *
 * The id stays taken, also when the leader has ended, for as long as the group has a member.
 *
 * @param signal 0 sends none and only asks
 * @returns `gone` when the group has no members, `denied` when specter may signal none of them:
 * they run as another user
 */
export function signalGroup(
  leader: number,
  signal: NodeJS.Signals | 0,
): 'reached' | 'denied' | 'gone' {
  try {
    process.kill(-leader, signal);
    return 'reached';
  } catch (error) {
    const code = error instanceof Error && 'errno' in error ? Number(error.errno) : 0;
    if (code !== 0 && getSystemErrorName(code) === 'ESRCH') return 'gone';
    if (code !== 0 && getSystemErrorName(code) === 'EPERM') return 'denied';
    throw error;
  }
}
