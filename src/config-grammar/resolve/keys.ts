import type { Block } from '../document.ts';
import type { Range } from '../source-text.ts';
import { Branches, type Place } from './branches.ts';
import type { KeyRequirement, PluginSchema } from './catalogue.ts';
import type { ResolveContext } from './context.ts';
import { anyFills, fills, keysOf } from './key-set.ts';
import { missingKeys, unreachableKey } from './missing-keys.ts';
import type { OptionSet } from './option-set.ts';
import type { Placement } from './placement.ts';
import { maxErrors, reportProblems } from './problems.ts';
import type { Stage } from './stage.ts';

/**
 * Checks that every key a plugin of the block needs is filled by its source, an input, or a filter
 * that it stands behind, and is of a type that suits it. Inputs run first wherever they are listed.
 */
export function checkKeys(
  block: Block,
  source: PluginSchema,
  placements: readonly Placement[],
  context: ResolveContext,
): void {
  const checker = new KeyChecker(block, source, placements, context);
  for (const placement of placements) checker.next(placement);
}

class KeyChecker {
  readonly #block: Block;
  readonly #context: ResolveContext;
  /** The plugins whose keys are there for every plugin, each once. */
  readonly #everywhere: ReadonlySet<PluginSchema>;
  /** The first use of each filter. */
  readonly #filters = new Map<PluginSchema, Stage>();
  readonly #passed = new Set<Stage>();
  readonly #branches = new Branches();

  constructor(
    block: Block,
    source: PluginSchema,
    placements: readonly Placement[],
    context: ResolveContext,
  ) {
    this.#block = block;
    this.#context = context;
    const everywhere = new Set([source]);
    for (const { stage } of placements) {
      const { schema } = stage;
      if (schema.kind === 'input') everywhere.add(schema);
      if (schema.kind === 'filter' && !this.#filters.has(schema)) this.#filters.set(schema, stage);
    }
    this.#everywhere = everywhere;
  }

  /** Checks a plugin; those listed before it have been. */
  next(placement: Placement): void {
    const { stage, filters } = placement;
    const { schema, options, range } = stage;
    const places = this.#branches.placesOf(filters);
    const lacking = schema.requires.filter((key) => !this.#isThere(key, placement, places));
    const absent = lacking.filter((key) => !this.#filterWith(key));
    if (absent.length > 0) this.#report(stage, absent, range);
    for (const key of lacking) {
      const filter = this.#filterWith(key);
      if (filter) this.#reportUnreachable(placement, places, key, filter, range);
    }
    if (options.valid) this.#checkOptions(placement, places);
    if (schema.kind === 'filter') this.#branches.pass(stage, filters);
    this.#passed.add(stage);
  }

  /** The keys that values name. */
  #checkOptions(placement: Placement, places: readonly Place[]): void {
    const { stage } = placement;
    const { schema, options } = stage;
    let errors = 0;
    for (const need of schema.requiredKeys?.(options.values) ?? []) {
      if (errors >= maxErrors) return;
      const { key, optional = false } = need;
      if (this.#isThere(key, placement, places)) {
        errors += this.#checkType(need, options);
        continue;
      }
      if (optional) continue;
      errors++;
      const filter = this.#filterWith(key);
      const range = options.rangeOf(need);
      if (filter) this.#reportUnreachable(placement, places, key, filter, range);
      else this.#report(stage, [key], range);
    }
  }

  #isThere(key: string, { stage, known }: Placement, places: readonly Place[]): boolean {
    if (anyFills(this.#everywhere, key)) return true;
    if (!known) return this.#filterWith(key) !== undefined;
    return stage.schema.kind !== 'input' && places.every((place) => place.provides(key));
  }

  /** Asks whether the key's type suits the values that name it; returns the number of errors. */
  #checkType(need: KeyRequirement, options: OptionSet): number {
    if (!need.checkType) return 0;
    const type = this.#typeOf(need.key);
    if (type === undefined) return 0;
    return reportProblems(need.checkType(type), options, this.#context.diagnostics);
  }

  #typeOf(key: string): string | undefined {
    for (const schema of [...this.#everywhere, ...this.#filters.keys()]) {
      if (fills(schema, key)) return schema.typeOf?.(key);
    }
    return undefined;
  }

  #filterWith(key: string): Stage | undefined {
    for (const [schema, stage] of this.#filters) if (fills(schema, key)) return stage;
    return undefined;
  }

  #report(stage: Stage, keys: readonly string[], range: Range): void {
    const { catalogue, diagnostics, suggester } = this.#context;
    const message = missingKeys(this.#block, stage, keys, catalogue);
    const [key, more] = keys;
    // One key that no plugin anywhere provides is mistyped.
    const isMistyped = key !== undefined && !more && catalogue.providersOf(key).length === 0;
    const suggestion =
      isMistyped && !diagnostics.full
        ? suggester.nearest(key, keysOf([...this.#everywhere, ...this.#filters.keys()]))
        : undefined;
    diagnostics.error(range, message, { suggestion });
  }

  #reportUnreachable(
    { stage, filters }: Placement,
    places: readonly Place[],
    key: string,
    provider: Stage,
    range: Range,
  ): void {
    const astray = filters.find((_, index) => !places[index]?.provides(key));
    const isPassed = this.#passed.has(provider);
    const message = unreachableKey({ stage, key, provider, isPassed, astray });
    this.#context.diagnostics.error(range, message);
  }
}
