import type { Block } from '../document.ts';
import type { Range } from '../source-text.ts';
import { blockTitle, clip, shown, whenLine } from '../wording.ts';
import type { ResolveContext } from './context.ts';
import type { OptionSet } from './option-set.ts';
import { SectionNames } from './section-names.ts';
import { whenOf } from './section-options.ts';
import { isNamedFilter, type Stage, stageTitle } from './stage.ts';

/** Where a plugin stands in its block. */
export interface Placement {
  readonly stage: Stage;
  /** The filters that its `when` names, each listed before it. Empty: it stands where it is listed. */
  readonly filters: readonly Stage[];
  /** False when a mistake leaves open where it stands. */
  readonly known: boolean;
}

/** Deeper nests of filters than anyone can follow are refused, which bounds recursion too. */
const maxDepth = 32;

/**
 * Times that a batch may run plugins with `when`, over a whole block. Filters that name several
 * others multiply: thirty lines could make a million branches.
 */
const maxRuns = 100_000;

/** Finds what the `when` of each plugin of a block names, and reports what is wrong with it. */
export function placeStages(
  block: Block,
  stages: readonly Stage[],
  context: ResolveContext,
): readonly Placement[] {
  const placer = new Placer(block, stages, context);
  const placements = stages.map((stage) => placer.place(stage));
  placer.reportUnused();
  return placements;
}

const none: readonly Stage[] = [];

/** What plugins behind a named filter need to know about it. */
interface PlacedFilter {
  readonly known: boolean;
  /** Filters above each other, up to and including this one. */
  readonly depth: number;
  /** Ways by which rows get there. */
  readonly runs: number;
}

class Placer {
  readonly #block: Block;
  readonly #context: ResolveContext;
  readonly #names: SectionNames;
  readonly #placed = new Map<Stage, PlacedFilter>();
  readonly #used = new Set<Stage>();
  /** The first and the last named filter so far. */
  #first: Stage | undefined;
  #last: Stage | undefined;
  /** A plugin's filters could not be told, so neither can which filter nobody needs. */
  #unclear = false;
  #runs = 0;

  constructor(block: Block, stages: readonly Stage[], context: ResolveContext) {
    this.#block = block;
    this.#context = context;
    this.#names = new SectionNames(stages, context);
  }

  place(stage: Stage): Placement {
    const { sectionOptions } = stage;
    if (stage.schema.kind === 'input') {
      if (sectionOptions) this.#refuseInput(stage, sectionOptions);
      return { stage, filters: none, known: true };
    }
    const isGuarded = sectionOptions !== undefined || isNamedFilter(stage) || !this.#first;
    if (!isGuarded) this.#refuseUnguarded(stage);
    const isValid = sectionOptions?.valid ?? true;
    if (!isGuarded || !isValid) this.#unclear = true;

    const filters = sectionOptions ? this.#filtersOf(stage, sectionOptions) : none;
    const isWhole = isValid && filters.length === whenOf(stage).length;
    const way = this.#wayThrough(filters);
    const known = way.known && isWhole && isGuarded && this.#checkBounds(stage, way);
    if (isNamedFilter(stage)) {
      this.#first ??= stage;
      this.#last = stage;
      this.#placed.set(stage, { known, depth: way.depth + 1, runs: Math.max(way.runs, 1) });
    }
    return { stage, filters, known };
  }

  /** Reports filters with names that no plugin names. */
  reportUnused(): void {
    if (this.#unclear) return;
    for (const [name, filter] of this.#names.filters) {
      if (this.#used.has(filter)) continue;
      const line = whenLine([name]);
      this.#context.diagnostics.error(
        filter.range,
        `nothing says ${line}, so ${stageTitle(filter)} would guard nothing; add ${line} below the plugins it is for, or drop ${shown(name)} from its section to let it guard all plugins after it`,
      );
    }
  }

  #filtersOf(stage: Stage, sectionOptions: OptionSet): readonly Stage[] {
    const seen = new Set<string>();
    return whenOf(stage).flatMap((name, item) => {
      const filter = this.#names.filters.get(name);
      const isPlaced = filter !== undefined && this.#placed.has(filter);
      if (filter) this.#used.add(filter);
      if (isPlaced && !seen.has(name)) {
        seen.add(name);
        return filter;
      }
      const { diagnostics } = this.#context;
      const range = sectionOptions.rangeOf({ option: 'when', item });
      if (isPlaced) diagnostics.error(range, `${shown(name)} is named twice`);
      else if (filter) this.#refuseLater(stage, filter, range);
      else this.#refuseUnknown(name, range);
      return [];
    });
  }

  #wayThrough(filters: readonly Stage[]): PlacedFilter {
    let way: PlacedFilter = { known: true, depth: 0, runs: 0 };
    for (const filter of filters) {
      const { known, depth, runs } = this.#placed.get(filter) ?? way;
      way = {
        known: way.known && known,
        depth: Math.max(way.depth, depth),
        runs: way.runs + runs,
      };
    }
    return way;
  }

  #checkBounds({ sectionOptions }: Stage, { depth, runs }: PlacedFilter): boolean {
    if (!sectionOptions) return true;
    const { diagnostics } = this.#context;
    const range = sectionOptions.rangeOf({ option: 'when' });
    if (depth > maxDepth) {
      diagnostics.error(range, `filters stand behind each other more than ${maxDepth} deep`);
      return false;
    }
    const isFirst = this.#runs <= maxRuns;
    this.#runs += runs;
    if (this.#runs <= maxRuns) return true;
    const title = blockTitle(this.#block);
    const message = `with this "when", plugins of ${title} would run more than ${maxRuns} times for each batch`;
    if (isFirst) diagnostics.error(range, message);
    return false;
  }

  #refuseInput({ schema }: Stage, sectionOptions: OptionSet): void {
    const range = sectionOptions.given('when')?.statement.nameRange ?? sectionOptions.owner.range;
    const message = `"when" is for filters and outputs; an input such as ${schema.name} runs for every packet`;
    this.#context.diagnostics.error(range, message);
  }

  #refuseUnguarded(stage: Stage): void {
    const [first, last] = [this.#first, this.#last];
    if (!first || !last) return;
    const title = blockTitle(this.#block);
    this.#context.diagnostics.error(
      stage.range,
      `${stageTitle(stage)} would see every packet of ${title}; say which filter it is for, as in ${whenLine([last.instance])}, or list it before ":${stageTitle(first)}"`,
    );
  }

  #refuseLater(stage: Stage, filter: Stage, range: Range): void {
    const title = stageTitle(filter);
    const line = whenLine([filter.instance]);
    const message =
      filter === stage
        ? `${title} cannot stand behind itself`
        : `${title} is listed after ${stageTitle(stage)}; list it before the plugins that say ${line}`;
    const related = { message: `${title} is here`, range: filter.range };
    this.#context.diagnostics.error(range, message, filter === stage ? {} : { related });
  }

  #refuseUnknown(name: string, range: Range): void {
    const { diagnostics, suggester } = this.#context;
    const { filters, others, unnamedFilter } = this.#names;
    const other = others.get(name);
    const title = blockTitle(this.#block);
    if (other) {
      const message = `${shown(name)} is ${stageTitle(other)}, an ${other.schema.kind}; "when" names filters`;
      diagnostics.error(range, message);
      return;
    }
    const suggestion = diagnostics.full ? undefined : suggester.nearest(name, filters.keys());
    const meant = suggestion === undefined ? undefined : filters.get(suggestion);
    if (meant) this.#used.add(meant);
    const advice =
      filters.size === 0 && unnamedFilter
        ? `; name one by words in its section, as in ":${unnamedFilter.schema.name} ${clip(name)}"`
        : '';
    diagnostics.error(range, `no filter of ${title} is called ${shown(name)}${advice}`, {
      suggestion,
    });
  }
}
