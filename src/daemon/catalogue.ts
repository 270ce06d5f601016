import type {
  Catalogue,
  KeyRequirement,
  OptionNames,
  PluginSchema,
  PluginTarget,
  ResolvedValues,
  ValueProblem,
} from '../config-grammar/index.ts';
import { targetKey } from '../config-grammar/index.ts';
import type { Plugin, SourcePlugin, StagePlugin } from '../plugins/api.ts';
import { builtinSources, builtinStages, DEFAULT_SOURCE, successors } from '../plugins/registry.ts';
import { blockOptions, globalOptions } from './global-options.ts';
import { messageOf } from './to-error.ts';

/** All plugins that a config can name: the built-in ones and the modules that it loads. */
export class PluginCatalogue implements Catalogue {
  readonly defaultSource = DEFAULT_SOURCE;
  readonly global = globalOptions;
  readonly block = blockOptions;
  readonly #stages = new Map<string, PluginSchema>();
  readonly #sources = new Map<string, PluginSchema>();
  readonly #stagePlugins = new Map<PluginSchema, StagePlugin>();
  readonly #sourcePlugins = new Map<PluginSchema, SourcePlugin>();

  constructor() {
    for (const plugin of builtinSources) this.addSource(plugin);
    for (const plugin of builtinStages) {
      this.addStage({ kind: 'builtin', name: plugin.name.toUpperCase() }, plugin);
    }
  }

  addSource(plugin: SourcePlugin): void {
    const schema = schemaOf(plugin);
    this.#sources.set(plugin.name.toLowerCase(), schema);
    this.#sourcePlugins.set(schema, plugin);
  }

  addStage(target: PluginTarget, plugin: StagePlugin): void {
    const schema = { ...schemaOf(plugin), revision: revisionOf(plugin) };
    this.#stages.set(targetKey(target), schema);
    this.#stagePlugins.set(schema, plugin);
  }

  plugin(target: PluginTarget): PluginSchema | undefined {
    return this.#stages.get(targetKey(target));
  }

  pluginNames(): readonly string[] {
    return builtinStages.map(({ name }) => name);
  }

  source(name: string): PluginSchema | undefined {
    return this.#sources.get(name.toLowerCase());
  }

  sourceNames(): readonly string[] {
    return [...this.#sources.values()].map(({ name }) => name);
  }

  providersOf(key: string): readonly string[] {
    return [...this.#stages.values()]
      .filter(({ provides }) => provides.includes(key))
      .map(({ name }) => name);
  }

  hint(pluginName: string): string | undefined {
    return successors[pluginName.toUpperCase()];
  }

  /** Names of all options, aliases included. */
  optionNames(): OptionNames {
    const secret = new Set<string>();
    const open = new Set<string>();
    for (const { options } of this.#stages.values()) {
      for (const [name, schema] of Object.entries(options)) {
        const names = schema.type === 'string' && schema.secret ? secret : open;
        for (const each of [name, ...(schema.aliases ?? [])]) names.add(each.toLowerCase());
      }
    }
    return { secret, open };
  }

  /** The plugin behind a schema that this catalogue gave out. */
  stageOf(schema: PluginSchema): StagePlugin {
    return found(this.#stagePlugins.get(schema), schema);
  }

  sourceOf(schema: PluginSchema): SourcePlugin {
    return found(this.#sourcePlugins.get(schema), schema);
  }
}

function found<P>(plugin: P | undefined, { name }: PluginSchema): P {
  if (plugin === undefined) throw new TypeError(`schema ${name} is of another catalogue`);
  return plugin;
}

const revisions = new WeakMap<StagePlugin, string>();
let lastRevision = 0;

/** A module that was changed and loaded again gives another object, and so another revision. */
function revisionOf(plugin: StagePlugin): string {
  let revision = revisions.get(plugin);
  if (revision === undefined) {
    lastRevision++;
    revision = String(lastRevision);
    revisions.set(plugin, revision);
  }
  return revision;
}

function schemaOf(plugin: Plugin): PluginSchema {
  const reads = plugin.kind === 'source' || plugin.reads === 'all' ? [] : plugin.reads;
  const provided = plugin.kind === 'output' ? [] : plugin.provides;
  return {
    name: plugin.name,
    kind: plugin.kind,
    options: plugin.options,
    requires: reads.filter(({ required }) => required).map(({ name }) => name),
    provides: provided.map(({ name }) => name),
    typeOf: (key) => provided.find(({ name }) => name === key)?.type,
    check: (values) => checkValues(plugin, values),
    requiredKeys: (values) => keysNamed(plugin, values),
  };
}

/** A plugin's own code looks at the values: where that fails, the config is refused. */
function checkValues(plugin: Plugin, values: ResolvedValues): readonly ValueProblem[] {
  return guarded(plugin, () => {
    readsOf(plugin, values);
    return plugin.check?.(values) ?? [];
  });
}

function guarded(
  plugin: Plugin,
  check: () => readonly ValueProblem[],
  option = '',
): readonly ValueProblem[] {
  try {
    return check();
  } catch (error) {
    const message = `plugin ${plugin.name} cannot check its options: ${messageOf(error)}`;
    return [{ option, message }];
  }
}

function keysNamed(plugin: Plugin, values: ResolvedValues): readonly KeyRequirement[] {
  try {
    return readsOf(plugin, values).map((need) => withGuard(plugin, need));
  } catch {
    // checkValues has said so.
    return [];
  }
}

function withGuard(plugin: Plugin, need: KeyRequirement): KeyRequirement {
  if (need.checkType === undefined) return need;
  return {
    ...need,
    checkType: (type) => guarded(plugin, () => need.checkType?.(type) ?? [], need.option),
  };
}

const readsOf = (plugin: Plugin, values: ResolvedValues): readonly KeyRequirement[] =>
  (plugin.kind === 'filter' || plugin.kind === 'output') && plugin.readsOf
    ? plugin.readsOf(values)
    : [];
