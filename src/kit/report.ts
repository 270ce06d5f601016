import type { Report, RuleResult } from './check-plugin.ts';

const outcomes: Readonly<Record<RuleResult['outcome'], string>> = {
  kept: 'ok  ',
  broken: 'FAIL',
  skipped: 'skip',
  exempt: 'skip',
};

/** A report for people: a line for each rule, and below a broken one what was seen and what to do. */
export function formatReport({ plugin, results, passed }: Report): string {
  const { name, kind, summary } = plugin;
  const width = Math.max(...results.map(({ rule }) => rule.length));
  const lines = results.flatMap((result) => formatResult(result, width));
  const broken = results.filter(({ outcome }) => outcome === 'broken').length;
  const tried = results.filter(({ outcome }) => outcome === 'kept').length + broken;
  const verdict = passed
    ? `${name} keeps all ${tried} rules`
    : `${name} breaks ${broken} of ${tried} rules`;
  const skipped = results.length - tried;
  const rest = skipped === 0 ? '' : `; ${skipped} were skipped`;
  return [`${name}, ${kind}: ${summary}`, ...lines, `${verdict}${rest}`, ''].join('\n');
}

function formatResult(
  { rule, demand, outcome, notes, advice }: RuleResult,
  width: number,
): readonly string[] {
  const line = `${outcomes[outcome]}  ${rule.padEnd(width)}  ${demand}`;
  const indent = ' '.repeat(6);
  if (outcome === 'kept') return [line];
  if (outcome !== 'broken') return [line, ...notes.map((note) => `${indent}because: ${note}`)];
  return [
    line,
    ...notes.map((note) => `${indent}seen: ${note}`),
    `${indent}do:   ${advice ?? 'see docs/plugins.md'}`,
  ];
}
