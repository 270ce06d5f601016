import type { Host } from '../../api.ts';

const INTERVAL_MS = 10;

/** Whether specter is the user that it runs as. */
export const isAtWork = ({ uid }: Host): boolean => process.geteuid?.() === uid;

/**
 * Calls `begin` once specter is the user that it runs as, at once if it is. A plugin is opened before
 * that; what it did to files later in the same process, it would do with the rights of root.
 *
 * @returns a function that takes it back
 */
export function onceAtWork(host: Host, begin: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    if (isAtWork(host)) begin();
    else timer = setTimeout(check, INTERVAL_MS);
  };
  check();
  return () => clearTimeout(timer);
}
