import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';

/** What /proc tells about a process and all its threads. */
export interface ProcessUsage {
  /** User and system time, in microseconds; as fine as the kernel's clock tick, often 10 ms. */
  readonly cpu: number;
  /** Resident memory, in bytes. */
  readonly rss: number;
}

/** Ticks a second of the times in /proc: sysconf(_SC_CLK_TCK). */
const ticksPerSecond = Number(execFileSync('getconf', ['CLK_TCK'], { encoding: 'utf8' }));

export function processUsage(pid: number): ProcessUsage {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  // The command's name, the second field, may hold spaces: what is counted starts behind it.
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  // utime and stime, fields 14 and 15 of proc(5).
  const ticks = Number(fields[11]) + Number(fields[12]);
  return { cpu: (ticks * 1e6) / ticksPerSecond, rss: residentBytes(pid) };
}

/**
 * Microseconds that the process's present threads have run, exact to the nanosecond: what an idle
 * process takes would be lost between two clock ticks, of a short run a tenth. `undefined` on kernels without schedstats.
 */
export function exactCpu(pid: number): number | undefined {
  try {
    const threads = readdirSync(`/proc/${pid}/task`);
    const nanoseconds = threads.map((thread) => {
      const [onCpu] = readFileSync(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').split(' ');
      return Number(onCpu);
    });
    return nanoseconds.reduce((sum, value) => sum + value, 0) / 1000;
  } catch {
    return undefined;
  }
}

function residentBytes(pid: number): number {
  const status = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) * 1024;
}
