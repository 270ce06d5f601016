import type { SourceCounters } from '../plugins/api.ts';
import type { NamedOutputCounters } from './pipeline.ts';

/** Everything that a block has counted since it was opened. */
export interface BlockStatistics {
  readonly block: string;
  readonly source: Readonly<SourceCounters>;
  /** Records that went through the block's inputs. */
  readonly decoded: number;
  readonly outputs: readonly NamedOutputCounters[];
}

/** The lines that SIGUSR2 and the end of the daemon write to the log. */
export function formatStatistics({ block, source, decoded, outputs }: BlockStatistics): string[] {
  const { received, lost, overruns, malformed } = source;
  return [
    `block ${block}: received ${received}, decoded ${decoded}, lost ${lost}, overruns ${overruns}, malformed ${malformed}`,
    ...outputs.map(
      ({ title, written, dropped, errors }) =>
        `block ${block} ${title}: written ${written}, dropped ${dropped}, errors ${errors}`,
    ),
  ];
}

/** Adds up the counters of outputs with the same title; those of `past` stay, also without one. */
export function addOutputs(
  past: readonly NamedOutputCounters[],
  present: readonly NamedOutputCounters[],
): NamedOutputCounters[] {
  const sums = new Map(past.map((output) => [output.title, output]));
  for (const output of present) {
    const before = sums.get(output.title);
    sums.set(output.title, before ? sumOf(before, output) : output);
  }
  return [...sums.values()];
}

const sumOf = (a: NamedOutputCounters, b: NamedOutputCounters): NamedOutputCounters => ({
  title: b.title,
  written: a.written + b.written,
  dropped: a.dropped + b.dropped,
  errors: a.errors + b.errors,
});
