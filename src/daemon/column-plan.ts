import type {
  FilterPlugin,
  OutputPlugin,
  Plugin,
  SourcePlugin,
  StagePlugin,
} from '../plugins/api.ts';
import type { Key } from '../records/key.ts';

/** Which of a block's inputs have work to do, and which keys need a column. */
export interface ColumnPlan {
  /** Keys that are both provided and read, in the order of their providers. */
  readonly keys: readonly Key[];
  /** The inputs of which somebody reads a key. */
  readonly activeInputs: ReadonlySet<StagePlugin>;
}

/**
 * Follows the keys back from who reads them: outputs and filters read some, and so do the inputs
 * that provide those. What nobody reads is neither decoded nor stored.
 *
 * @param stages in the order of orderStages
 */
export function planColumns(source: SourcePlugin, stages: readonly StagePlugin[]): ColumnPlan {
  const providers: Plugin[] = [source, ...stages];
  const provided = new Map<string, Key>();
  for (const plugin of providers) {
    if (plugin.kind === 'output') continue;
    for (const key of plugin.provides) if (!provided.has(key.name)) provided.set(key.name, key);
  }
  const wanted = new Set<string>();
  const activeInputs = new Set<StagePlugin>();
  for (const stage of stages) {
    if (stage.kind === 'input') continue;
    for (const name of readNames(stage, provided)) wanted.add(name);
  }
  // Inputs read what inputs before them provide: one walk backwards finds every need.
  for (const stage of stages.toReversed()) {
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

function readNames(
  stage: FilterPlugin | OutputPlugin,
  provided: ReadonlyMap<string, Key>,
): Iterable<string> {
  return stage.reads === 'all' ? provided.keys() : stage.reads.map(({ name }) => name);
}
