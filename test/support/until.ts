import { setTimeout as delay } from 'node:timers/promises';
import { PATIENCE } from './patience.ts';

const interval = 5;

/**
 * Waits for what no event tells: states in /proc, the end of processes that are not children.
 * @param what for the message when it has not come within `timeout` ms
 */
export async function until(
  condition: () => Promise<boolean>,
  what: string,
  timeout = PATIENCE,
): Promise<void> {
  const end = performance.now() + timeout;
  while (!(await condition())) {
    if (performance.now() > end) throw new Error(`${what}: not within ${timeout} ms`);
    await delay(interval);
  }
}
