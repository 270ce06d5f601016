import type { Block } from '../document.ts';
import type { Range } from '../source-text.ts';
import { blockTitle, listWords } from '../wording.ts';
import type { PluginSchema } from './catalogue.ts';
import type { ResolveContext } from './context.ts';
import type { Stage } from './stage.ts';

/** Answers which keys one plugin fills. */
interface KeySet {
  readonly exact: ReadonlySet<string>;
  readonly prefixes: readonly string[];
  readonly any: boolean;
}

/** Made once for each declaration, which never changes. */
const keySets = new WeakMap<PluginSchema, KeySet>();

function keySetOf(schema: PluginSchema): KeySet {
  const known = keySets.get(schema);
  if (known) return known;
  const { provides, providesAny = false } = schema;
  const wildcards = provides.filter((key) => key.endsWith('*'));
  const prefixes = wildcards.map((key) => key.slice(0, -1));
  const keys = { exact: new Set(provides), prefixes, any: providesAny };
  keySets.set(schema, keys);
  return keys;
}

function fills(schema: PluginSchema, key: string): boolean {
  const { exact, prefixes, any } = keySetOf(schema);
  return any || exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

/**
 * Checks that every key a plugin of the block needs is filled by its source, an input or a filter.
 * Inputs run first wherever they are listed, so the order does not matter.
 */
export function checkKeys(
  block: Block,
  source: PluginSchema,
  stages: readonly Stage[],
  context: ResolveContext,
): void {
  const isProvided = (key: string) =>
    fills(source, key) || stages.some(({ schema }) => fills(schema, key));
  const report = (stage: Stage, missing: readonly string[], range: Range) =>
    context.diagnostics.error(range, missingKeys(block, stage, missing, context));
  for (const stage of stages) {
    const { schema, options, range } = stage;
    const missing = schema.requires.filter((key) => !isProvided(key));
    if (missing.length > 0) report(stage, missing, range);
    for (const need of schema.requiredKeys?.(options.values) ?? []) {
      if (!isProvided(need.key)) report(stage, [need.key], options.rangeOf(need));
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
