/** Counters of a block as specter's log tells them (src/daemon/statistics.ts). */
export interface BlockCounts {
  readonly received: number;
  readonly decoded: number;
  readonly lost: number;
  readonly overruns: number;
  readonly malformed: number;
  /** By the plugin's title, such as `LOGEMU` or `EXEC one`. */
  readonly outputs: Readonly<Record<string, OutputCounts>>;
}

export interface OutputCounts {
  readonly written: number;
  readonly dropped: number;
  readonly errors: number;
}

const blockLine =
  /block (\S+): received (\d+), decoded (\d+), lost (\d+), overruns (\d+), malformed (\d+)$/;
const outputLine = /block (\S+) (.+): written (\d+), dropped (\d+), errors (\d+)$/;

/** The last statistics of each block in specter's log, by the block's name. */
export function lastStatistics(log: string): Record<string, BlockCounts> {
  const blocks: Record<string, BlockCounts> = {};
  for (const line of log.split('\n')) {
    const block = blockLine.exec(line);
    if (block) {
      const [received = 0, decoded = 0, lost = 0, overruns = 0, malformed = 0] = numbers(block, 2);
      blocks[block[1] ?? ''] = { received, decoded, lost, overruns, malformed, outputs: {} };
    }
    const output = outputLine.exec(line);
    const known = blocks[output?.[1] ?? ''];
    if (!output || !known) continue;
    const [written = 0, dropped = 0, errors = 0] = numbers(output, 3);
    const outputs = { ...known.outputs, [output[2] ?? '']: { written, dropped, errors } };
    blocks[output[1] ?? ''] = { ...known, outputs };
  }
  return blocks;
}

/** What the statistics of a block with one output say when nothing was lost on the way. */
export const lossless = (packets: number, output = 'LOGEMU'): BlockCounts => ({
  received: packets,
  decoded: packets,
  lost: 0,
  overruns: 0,
  malformed: 0,
  outputs: { [output]: { written: packets, dropped: 0, errors: 0 } },
});

const numbers = (match: RegExpExecArray, from: number): number[] => match.slice(from).map(Number);
