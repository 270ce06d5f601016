import type { Host } from '../../api.ts';

const INTERVAL_MS = 10;

/**
 * Calls `begin` once specter is the user that it runs as, at once if it is. A plugin is opened before
 * that; what it did to files later in the same process, it would do with the rights of root.
 *
 * @returns a function that takes it back
 */
export function onceAtWork(host: Host, begin: () => void): () => void {
  let timer: NodeJS.Timeout | undefined;
  const check = () => {
    if (process.geteuid?.() === host.uid) begin();
    else timer = setTimeout(check, INTERVAL_MS);
  };
  check();
  return () => clearTimeout(timer);
}
