import type { Batch } from '../../../records/batch.ts';
import { defineFilter, type FilterInstance, type PluginContext } from '../../api.ts';
import { compile } from './compile.ts';
import type { Condition } from './conditions/condition.ts';
import { check, type MatchOptions, options, parsedMatch, readsOf } from './options.ts';

/** Lets the rows pass that fulfil an expression. */
class Match implements FilterInstance {
  readonly #condition: Condition;

  /** @throws Error when the expression cannot be compiled, as the config check would have said */
  constructor({ columns, options }: PluginContext<MatchOptions>) {
    const { expression, problems } = parsedMatch(options);
    if (!expression) throw new Error(problems[0]?.message ?? 'no expression');
    this.#condition = compile(expression, columns);
  }

  select(batch: Batch): void {
    batch.selected = this.#condition.keep(batch.rows, batch.selected);
  }
}

/** A filter for everything: an expression over the keys of the block, compiled once. */
export const match = defineFilter({
  kind: 'filter',
  name: 'MATCH',
  summary: 'lets packets pass whose keys fulfil an expression',
  options,
  check,
  reads: [],
  readsOf,
  provides: [],
  open: (context) => new Match(context),
});
