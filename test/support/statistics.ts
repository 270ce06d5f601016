import type { Daemon } from './daemon.ts';

/** Counters of a block as specter's log tells them (src/daemon/statistics.ts). */
export interface BlockCounts {
  readonly received: number;
  readonly decoded: number;
  readonly lost: number;
  readonly overruns: number;
  readonly malformed: number;
  /** What each filter and output has counted, by its title, such as `LOGEMU` or `EXEC one`. */
  readonly stages: Readonly<Record<string, Counts>>;
}

/** `written`, `dropped`, `errors`; `seen`, `passed`; and what the plugin counts besides. */
export type Counts = Readonly<Record<string, number>>;

const blockLine =
  /block (\S+): received (\d+), decoded (\d+), lost (\d+), overruns (\d+), malformed (\d+)$/;
const stageLine = /block (\S+) (.+): ((?:written|seen) \d+(?:, [a-z ]+ \d+)+)$/;

/** The last statistics of each block in specter's log, by the block's name. */
export function lastStatistics(log: string): Record<string, BlockCounts> {
  const blocks: Record<string, BlockCounts> = {};
  for (const line of log.split('\n')) {
    const block = blockLine.exec(line);
    if (block) {
      const [received = 0, decoded = 0, lost = 0, overruns = 0, malformed = 0] = block
        .slice(2)
        .map(Number);
      blocks[block[1] ?? ''] = { received, decoded, lost, overruns, malformed, stages: {} };
    }
    const [, name = '', title = '', counts = ''] = stageLine.exec(line) ?? [];
    const known = blocks[name];
    if (!known) continue;
    blocks[name] = { ...known, stages: { ...known.stages, [title]: readCounts(counts) } };
  }
  return blocks;
}

/**
 * What a block has counted up to now.
 *
 * @param last title of the block's last stage, with which its statistics end
 */
export async function countedNow(
  specter: Daemon,
  block: string,
  last: string,
): Promise<BlockCounts> {
  const before = specter.stderr.length;
  specter.signal('SIGUSR2');
  const line = `block ${block} ${last}: (?:written|seen) \\d.*\n`;
  await specter.waitForLog(new RegExp(`(?<=^[^]{${before},})${line}`));
  return countsOf(specter.stderr, block);
}

/** What a log says last that a block has counted. */
export function countsOf(log: string, block: string): BlockCounts {
  const counts = lastStatistics(log)[block];
  if (!counts) throw new Error(`no statistics of block ${block} in:\n${log}`);
  return counts;
}

/** What the statistics of a block with one output say when nothing was lost on the way. */
export const lossless = (packets: number, output = 'LOGEMU'): BlockCounts => ({
  received: packets,
  decoded: packets,
  lost: 0,
  overruns: 0,
  malformed: 0,
  stages: { [output]: { written: packets, dropped: 0, errors: 0 } },
});

/** Reads `written 5, timed out 0`. */
function readCounts(text: string): Counts {
  const entries = text.split(', ').map((part) => {
    const blank = part.lastIndexOf(' ');
    return [part.slice(0, blank), Number(part.slice(blank + 1))] as const;
  });
  return Object.fromEntries(entries);
}
