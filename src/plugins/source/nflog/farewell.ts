import { setTimeout as delay } from 'node:timers/promises';
import { ENODEV, EPERM, ETIMEDOUT } from '../../../libc/errno.ts';
import { NetlinkError } from '../../../netlink/index.ts';
import type { PluginLog } from '../../api.ts';

/**
 * Bounds on giving a group up: the wait for the kernel's timer, and the reading of what is queued
 * for a group that could not be ended, which may never run dry.
 */
export const FAREWELL_MS = 1000;
/** Times that ending a group is tried when its backlog is in the way. */
const UNBIND_ATTEMPTS = 3;
/** How late the kernel's timer may come: one tick at 100 Hz. */
const TIMER_SLACK_MS = 10;

export interface Farewell {
  /** The group's option, in milliseconds. */
  readonly qtimeout: number;
  readonly log: PluginLog;
  /** Takes in what is queued on the socket, for {@link FAREWELL_MS} at most. */
  readBacklog(): Promise<unknown>;
}

/**
 * Ends the group, so that what the kernel was collecting for it is on the socket's queue, and
 * nothing is added to that. False when it could only be waited for.
 */
export async function giveUpGroup(group: { unbind(): void }, farewell: Farewell): Promise<boolean> {
  for (let attempt = 1; ; attempt++) {
    try {
      group.unbind();
      return true;
    } catch (error) {
      if (!(error instanceof NetlinkError)) throw error;
      if (error.errno === EPERM) break;
      // An earlier attempt ended it, and its answer was swallowed.
      if (error.errno === ENODEV && attempt > 1) return true;
      if (error.errno !== ETIMEDOUT || attempt === UNBIND_ATTEMPTS) throw error;
    }
    await farewell.readBacklog();
  }
  await outwaitKernelQueue(farewell);
  return false;
}

/**
 * Without privileges the group can only be given up by closing the socket, which throws away what
 * the kernel is still collecting. So go on receiving until its timer has handed that over.
 */
async function outwaitKernelQueue({ qtimeout, log }: Farewell): Promise<void> {
  const pause = qtimeout + TIMER_SLACK_MS;
  if (pause > FAREWELL_MS) {
    log.notice(
      `packets that the kernel has collected for less than qtimeout (${qtimeout} ms) are lost: ` +
        'only root can have them handed over earlier',
    );
  }
  await delay(Math.min(pause, FAREWELL_MS));
}
