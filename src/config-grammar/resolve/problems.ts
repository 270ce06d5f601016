import type { DiagnosticList } from '../diagnostics.ts';
import type { ValueProblem } from './catalogue.ts';
import type { OptionSet } from './option-set.ts';

/** Errors told of the options of one plugin: whoever has more has mistaken them. */
export const maxErrors = 20;
/** Counted apart: warnings must not keep an error from being told, for then there would be none. */
const maxWarnings = 20;

/** Reports what a plugin finds wrong with its options, each at its place; returns how many errors. */
export function reportProblems(
  problems: readonly ValueProblem[],
  set: OptionSet,
  diagnostics: DiagnosticList,
): number {
  const warnings = problems.filter(({ severity }) => severity === 'warning').slice(0, maxWarnings);
  const errors = problems.filter(({ severity }) => severity !== 'warning').slice(0, maxErrors);
  for (const { message, suggestion, ...part } of errors) {
    diagnostics.error(set.rangeOf(part), message, { suggestion });
  }
  for (const { message, suggestion, ...part } of warnings) {
    diagnostics.warning(set.rangeOf(part), message, { suggestion });
  }
  return errors.length;
}
