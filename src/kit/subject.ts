import {
  formatDiagnostics,
  type OptionSchemas,
  parseConfig,
  type Resolution,
  type ResolvedValues,
  resolveConfig,
} from '../config-grammar/index.ts';
import { PluginCatalogue } from '../daemon/catalogue.ts';
import { planColumns } from '../daemon/column-plan.ts';
import { defineOutput, defineSource, type KeyUse, type StagePlugin } from '../plugins/api.ts';
import { builtinStages } from '../plugins/registry.ts';
import { nflog } from '../plugins/source/nflog/index.ts';
import { ColumnSet } from '../records/column-set.ts';
import { type Key, key } from '../records/key.ts';

/** Lines of a config that do not give the plugin what it needs. */
export class UnusableOptions extends Error {
  override readonly name = 'UnusableOptions';
}

const SOURCE = 'trial';
const TARGET = { kind: 'module', name: 'plugin', path: './plugin.mjs' } as const;
const STAND_IN = { kind: 'module', name: 'options', path: './options.mjs' } as const;
/** Ends the block: one without any output is no valid config. */
const END = { kind: 'module', name: 'end', path: './end.mjs' } as const;

/** A key of each type, for plugins that take whatever there is. */
const sampleKeys: readonly Key[] = [
  key('trial.bool', 'bool', 'sample'),
  key('trial.u8', 'u8', 'sample'),
  key('trial.u16', 'u16', 'sample'),
  key('trial.u32', 'u32', 'sample'),
  key('trial.u64', 'u64', 'sample'),
  key('trial.ip', 'ip', 'sample'),
  key('trial.mac', 'mac', 'sample'),
  key('trial.string', 'string', 'sample'),
  key('trial.bytes', 'bytes', 'sample'),
];

/** A plugin to be checked, in a block of a config, with the options that it is given there. */
export class Subject {
  readonly plugin: StagePlugin;
  /** Lines of the plugin's section. */
  readonly lines: readonly string[];
  /** Keys that this plugin fills. */
  readonly own: readonly Key[];
  /** Keys that it may find: those of everything that comes with specter, and of `others`. */
  readonly provided: readonly Key[];
  /** What its survey is taken to have found: everything. */
  readonly surveyed: readonly string[];
  readonly values: ResolvedValues;
  readonly #catalogue = new PluginCatalogue();
  readonly #source;

  /**
   * @param others plugins whose keys it may read, besides specter's
   * @throws UnusableOptions when the lines, with the plugin's defaults, are no valid config
   */
  constructor(plugin: StagePlugin, lines: readonly string[], others: readonly StagePlugin[]) {
    this.plugin = plugin;
    this.lines = lines;
    this.own = plugin.kind === 'output' ? [] : plugin.provides;
    this.provided = providedTo(plugin, others);
    this.surveyed =
      'survey' in plugin ? this.provided.filter(isGeneral).map(({ name }) => name) : [];
    this.#source = defineSource({
      kind: 'source',
      name: SOURCE,
      summary: 'fills any key',
      options: {},
      provides: this.provided,
      open: () => {
        throw new Error('a trial has its rows from the check');
      },
    });
    this.#catalogue.addSource(this.#source);
    this.#catalogue.addStage(TARGET, plugin);
    this.#catalogue.addStage(STAND_IN, unopened('OPTIONS', plugin.options));
    this.#catalogue.addStage(END, unopened('END', {}));
    this.values = this.#valid(TARGET.path, lines);
  }

  /** Reads lines of the plugin's section as a config, with every check but those of paths. */
  resolve(lines: readonly string[]): Resolution {
    return this.#read(TARGET.path, lines).resolution;
  }

  /** The values of well-formed lines, whatever the plugin itself has to say about them. */
  valuesOf(lines: readonly string[]): ResolvedValues {
    return this.#valid(STAND_IN.path, lines);
  }

  /**
   * The columns of a block in which everything that the plugin reads is provided.
   *
   * @param read those of its own keys that somebody reads
   */
  columns(capacity: number, read: readonly string[]): ColumnSet {
    const reads = read.map((name) => ({ name }));
    const stages = [
      { plugin: this.plugin, options: this.values, surveyed: this.surveyed },
      { plugin: unopened('READER', {}, reads), options: {} },
    ];
    return new ColumnSet(capacity, planColumns(this.#source, stages).keys);
  }

  #valid(path: string, lines: readonly string[]): ResolvedValues {
    const { resolution, errors } = this.#read(path, lines);
    const [stage] = resolution.config?.blocks[0]?.plugins ?? [];
    if (!stage) throw new UnusableOptions(errors);
    return stage.options.values;
  }

  #read(path: string, lines: readonly string[]) {
    const plugins = ['plugins {', `CHECKED ${path}`, `END ${END.path}`, '}'];
    const block = ['trial {', `source ${SOURCE}`, ':CHECKED', ...lines, ':END', '}'];
    const text = [...plugins, ...block, ''].join('\n');
    const { document, diagnostics } = parseConfig(text, 'options');
    const paths = { writable: () => undefined, readable: () => undefined };
    const resolution = resolveConfig(document, this.#catalogue, { paths });
    const errors = formatDiagnostics([...diagnostics, ...resolution.diagnostics], document.source, {
      names: this.#catalogue.optionNames(),
    });
    return { resolution, errors };
  }
}

/** The line of the first option in what `Subject` reads. */
export const FIRST_LINE = 8;

const isGeneral = ({ onlyByName }: Key): boolean => !onlyByName;

function providedTo(plugin: StagePlugin, others: readonly StagePlugin[]): readonly Key[] {
  const providers = [nflog, ...builtinStages, ...others];
  const keys = new Map<string, Key>();
  for (const provider of providers) {
    if (provider.kind === 'output') continue;
    for (const provided of provider.provides) {
      if (!keys.has(provided.name)) keys.set(provided.name, provided);
    }
  }
  if (plugin.kind !== 'output') for (const { name } of plugin.provides) keys.delete(name);
  return [...keys.values(), ...sampleKeys];
}

/** A plugin that takes these options whatever they say, and is there for its declaration alone. */
function unopened(
  name: string,
  options: OptionSchemas,
  reads: readonly KeyUse[] = [],
): StagePlugin {
  return defineOutput({
    kind: 'output',
    name,
    summary: 'stands in',
    options,
    reads,
    open: () => {
      throw new Error(`nothing opens ${name}`);
    },
  });
}
