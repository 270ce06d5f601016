import type { PluginSchema } from './catalogue.ts';

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

/** Whether a plugin fills a key. */
export function fills(schema: PluginSchema, key: string): boolean {
  const { exact, prefixes, any } = keySetOf(schema);
  return any || exact.has(key) || prefixes.some((prefix) => key.startsWith(prefix));
}

/** Whether one of several plugins fills a key. */
export function anyFills(schemas: Iterable<PluginSchema>, key: string): boolean {
  for (const schema of schemas) if (fills(schema, key)) return true;
  return false;
}

/** The keys that plugins declare one by one. */
export function* keysOf(schemas: Iterable<PluginSchema>): Iterable<string> {
  for (const { provides } of schemas) yield* provides.filter((key) => !key.endsWith('*'));
}
