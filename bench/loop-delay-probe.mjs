/**
 * Loaded into specter with `node --import`: measures how late its event loop runs, and so how long
 * packets wait at most before specter looks. From SIGWINCH, which means nothing to specter, to the
 * end; then writes { max, p99, mean } in milliseconds to the file that LOOP_DELAY_FILE names.
 */
import { writeFileSync } from 'node:fs';
import { monitorEventLoopDelay } from 'node:perf_hooks';

const file = process.env.LOOP_DELAY_FILE;
const RESOLUTION_MS = 1;
const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
process.on('SIGWINCH', () => histogram.enable());
process.on('exit', () => {
  if (file === undefined || histogram.count === 0) return;
  // A timer that is on time comes after the resolution itself.
  const ms = (nanoseconds) => Math.max(0, nanoseconds / 1e6 - RESOLUTION_MS);
  const { max, mean } = histogram;
  const figures = { max: ms(max), p99: ms(histogram.percentile(99)), mean: ms(mean) };
  writeFileSync(file, JSON.stringify(figures));
});
