import type { ResolvedValues } from '../config-grammar/index.ts';
import type { Plugin, SourcePlugin, StagePlugin } from '../plugins/api.ts';
import type { Key } from '../records/key.ts';

/** Which of a block's inputs have work to do, and which keys need a column. */
export interface ColumnPlan {
  /** Keys that are both provided and read, in the order of their providers. */
  readonly keys: readonly Key[];
  /** The inputs of which somebody reads a key. */
  readonly activeInputs: ReadonlySet<StagePlugin>;
}

/** A plugin with the options that may name keys. */
interface Planned {
  readonly plugin: StagePlugin;
  readonly options: ResolvedValues;
  /** Keys that its survey has found. */
  readonly surveyed?: readonly string[];
}

/** The keys that a block can have, by name: of providers of the same one the first counts. */
export function providedKeys(
  source: SourcePlugin,
  stages: readonly Planned[],
): ReadonlyMap<string, Key> {
  const providers: Plugin[] = [source, ...stages.map(({ plugin }) => plugin)];
  const provided = new Map<string, Key>();
  for (const plugin of providers) {
    if (plugin.kind === 'output') continue;
    for (const key of plugin.provides) if (!provided.has(key.name)) provided.set(key.name, key);
  }
  return provided;
}

/**
 * Follows the keys back from who reads them: outputs and filters read some, and so do the inputs
 * that provide those. What nobody reads is neither decoded nor stored.
 *
 * @param stages in the order of orderStages
 */
export function planColumns(source: SourcePlugin, stages: readonly Planned[]): ColumnPlan {
  const plugins = stages.map(({ plugin }) => plugin);
  const provided = providedKeys(source, stages);
  const wanted = new Set<string>();
  const activeInputs = new Set<StagePlugin>();
  for (const stage of stages) {
    for (const name of readNames(stage, provided)) wanted.add(name);
  }
  // Inputs read what inputs before them provide: one walk backwards finds every need.
  for (const stage of plugins.toReversed()) {
    if (stage.kind !== 'input') continue;
    if (!stage.provides.some(({ name }) => wanted.has(name))) continue;
    activeInputs.add(stage);
    for (const use of stage.reads) {
      if (!use.for || use.for.some((name) => wanted.has(name))) wanted.add(use.name);
    }
  }
  const keys = [...provided.values()].filter(({ name }) => wanted.has(name));
  return { keys, activeInputs };
}

/** What an output of all keys gets. */
const general = (provided: ReadonlyMap<string, Key>): readonly string[] =>
  [...provided.values()].filter(({ onlyByName }) => !onlyByName).map(({ name }) => name);

function readNames(
  { plugin, options, surveyed = [] }: Planned,
  provided: ReadonlyMap<string, Key>,
): Iterable<string> {
  if (plugin.kind === 'input') return [];
  const named = (plugin.readsOf?.(options) ?? []).map(({ key }) => key);
  if (plugin.reads === 'all') return named.length > 0 ? named : general(provided);
  return [...plugin.reads.map(({ name }) => name), ...named, ...surveyed];
}
