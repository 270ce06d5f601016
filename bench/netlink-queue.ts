import { readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';

/** NETLINK_NETFILTER of linux/netlink.h */
const netfilterProtocol = 12;

/**
 * Waits until a group's owner has received everything the kernel has for it: its messages
 * under construction and the bytes in its socket.
 * @param pid any process in the namespace
 * @throws Error when nobody is bound to the group, or after `timeout` ms
 */
export async function drained(pid: number, group: number, timeout = 60_000): Promise<void> {
  const end = performance.now() + timeout;
  while (waiting(pid, group) > 0) {
    if (performance.now() > end) throw new Error(`group ${group} not drained in ${timeout} ms`);
    // /proc has no event to wait for.
    await sleep(10);
  }
}

function waiting(pid: number, group: number): number {
  const owner = rows(pid, 'netfilter/nfnetlink_log').find(([id]) => id === group);
  if (!owner) throw new Error(`no process is bound to group ${group}`);
  const [, portId, queued = 0] = owner;
  // Columns: sk (a pointer), protocol, portid, groups, rmem …
  const sockets = rows(pid, 'netlink').filter(
    ([, protocol, port]) => protocol === netfilterProtocol && port === portId,
  );
  return sockets.reduce((sum, [, , , , received = 0]) => sum + received, queued);
}

/** The numbers in a table under /proc/PID/net; headings and pointers are NaN. */
function rows(pid: number, table: string): number[][] {
  const text = readFileSync(`/proc/${pid}/net/${table}`, 'utf8');
  return text.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
}
