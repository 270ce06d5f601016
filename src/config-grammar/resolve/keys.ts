import type { Block } from '../document.ts';
import { listWords } from '../options/item.ts';
import type { Range } from '../source-text.ts';
import type { PluginSchema, ResolvedValues } from './catalogue.ts';
import { blockTitle, type ResolveContext } from './context.ts';
import type { Stage } from './stage.ts';

/** The keys that some plugins of a block fill. */
class ProvidedKeys {
  readonly #exact = new Set<string>();
  readonly #prefixes: string[] = [];
  #any = false;

  add({ provides, providesAny }: PluginSchema): void {
    this.#any ||= providesAny === true;
    for (const key of provides) {
      if (key.endsWith('*')) this.#prefixes.push(key.slice(0, -1));
      else this.#exact.add(key);
    }
  }

  has(key: string): boolean {
    return this.#any || this.#exact.has(key) || this.#prefixes.some((p) => key.startsWith(p));
  }
}

/**
 * Checks that every key a plugin of the block needs is filled by its source, an input or a filter.
 * Inputs run first wherever they are listed, so the order does not matter.
 */
export function checkKeys(
  block: Block,
  source: PluginSchema,
  stages: readonly { stage: Stage; values: ResolvedValues }[],
  context: ResolveContext,
): void {
  const provided = new ProvidedKeys();
  provided.add(source);
  for (const { stage } of stages) provided.add(stage.schema);
  const report = (stage: Stage, missing: readonly string[], range: Range) =>
    context.diagnostics.error(range, missingKeys(block, stage, missing, context));
  for (const { stage, values } of stages) {
    const { schema, options, range } = stage;
    const missing = schema.requires.filter((key) => !provided.has(key));
    if (missing.length > 0) report(stage, missing, range);
    for (const need of schema.requiredKeys?.(values) ?? []) {
      if (!provided.has(need.key)) report(stage, [need.key], options.rangeOf(need, values));
    }
  }
}

/** `LOGEMU needs key ip.saddr, which no plugin of block 5 provides; add "plugin BASE"` */
function missingKeys(
  block: Block,
  { schema, style }: Stage,
  missing: readonly string[],
  { catalogue }: ResolveContext,
): string {
  const shown = missing.slice(0, 3).join(', ');
  const more = missing.length > 3 ? ` and ${missing.length - 3} more` : '';
  const keys = `${missing.length > 1 ? 'keys' : 'key'} ${shown}${more}`;
  const advice = adviceFor(
    missing.map((key) => catalogue.providersOf(key)),
    style,
  );
  return `${schema.name} needs ${keys}, which no plugin of ${blockTitle(block)} provides${advice}`;
}

/** `; add "plugin A" or "plugin B"` when either is enough, `and` when it takes all of them. */
function adviceFor(providers: readonly (readonly string[])[], style: Stage['style']): string {
  const line = (name: string) => (style === 'flat' ? `"plugin ${name}"` : `":${name}"`);
  const [first = [], ...others] = providers;
  const enough = first.filter((name) => others.every((names) => names.includes(name)));
  if (enough.length > 0) return `; add ${listWords(enough.map(line))}`;
  const all = new Set(providers.flatMap((names) => names.slice(0, 1)));
  return all.size === 0 ? '' : `; add ${Array.from(all, line).join(' and ')}`;
}
