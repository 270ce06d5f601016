import type { Counts, SourceCounters } from '../plugins/api.ts';

/** What a filter or output has counted, by the words that the log has for it. */
export interface StageStatistics {
  /** The plugin as messages name it: `LOGEMU`, `EXEC one`. */
  readonly title: string;
  readonly counts: Counts;
}

/** Everything that a block has counted since it was opened. */
export interface BlockStatistics {
  readonly block: string;
  readonly source: Readonly<SourceCounters>;
  /** Records that went through the block's inputs. */
  readonly decoded: number;
  readonly stages: readonly StageStatistics[];
}

/** The lines that SIGUSR2 and the end of the daemon write to the log. */
export function formatStatistics({ block, source, decoded, stages }: BlockStatistics): string[] {
  const { received, lost, overruns, malformed } = source;
  const own = { received, decoded, lost, overruns, malformed };
  return [
    `block ${block}: ${formatCounts(own)}`,
    ...stages.map(({ title, counts }) => `block ${block} ${title}: ${formatCounts(counts)}`),
  ];
}

/** Adds up the counts of stages with the same title; those of `past` stay, also without one. */
export function addStages(
  past: readonly StageStatistics[],
  present: readonly StageStatistics[],
): StageStatistics[] {
  const sums = new Map(past.map((stage) => [stage.title, stage]));
  for (const { title, counts } of present) {
    const before = sums.get(title)?.counts ?? {};
    sums.set(title, { title, counts: sumOf(before, counts) });
  }
  return [...sums.values()];
}

function sumOf(a: Counts, b: Counts): Counts {
  const names = Object.keys({ ...a, ...b });
  return Object.fromEntries(names.map((name) => [name, (a[name] ?? 0) + (b[name] ?? 0)]));
}

const formatCounts = (counts: Counts): string =>
  Object.entries(counts)
    .map(([name, count]) => `${name} ${count}`)
    .join(', ');
