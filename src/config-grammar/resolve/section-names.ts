import { shown } from '../wording.ts';
import type { ResolveContext } from './context.ts';
import { isNamedFilter, type Stage, stageTitle } from './stage.ts';

/** The sections of a block by their words. */
export class SectionNames {
  readonly filters = new Map<string, Stage>();
  /** Inputs and outputs. */
  readonly others = new Map<string, Stage>();
  readonly unnamedFilter: Stage | undefined;

  constructor(stages: readonly Stage[], { diagnostics }: ResolveContext) {
    this.unnamedFilter = stages.find(
      (stage) => stage.schema.kind === 'filter' && !isNamedFilter(stage),
    );
    for (const stage of stages) {
      const { instance, range } = stage;
      const first = this.filters.get(instance);
      if (!isNamedFilter(stage)) {
        if (instance !== '') this.others.set(instance, stage);
      } else if (first) {
        const message = `two filters are called ${shown(instance)}, ${stageTitle(first)} and ${stageTitle(stage)}; give each its own words, so that "when" can tell them apart`;
        const related = { message: 'the first is here', range: first.range };
        diagnostics.error(range, message, { related });
      } else {
        this.filters.set(instance, stage);
      }
    }
  }
}
