import type { OptionSchemas, OptionValue } from '../options/schema.ts';
import type { PluginTarget } from '../plugin-reference.ts';

/** The values of a set of options by name; a name without value and default maps to undefined. */
export type ResolvedValues = Readonly<Record<string, OptionValue>>;

/** A part of an option's value, for errors that point at the column. */
export interface ValuePart {
  readonly option: string;
  /** For a list: the index of the item that is meant, from 0. Default: all of them. */
  readonly item?: number;
  /**
   * UTF-16 code units into the text of the value, or of the item. For options that take the rest
   * of the line, and for lists without `item`: into all values as written, quotes included.
   * Default 0.
   */
  readonly offset?: number;
  /** UTF-16 code units. Default: up to the end of that text. */
  readonly length?: number;
}

/** Something wrong with values that each are well-formed. */
export interface ValueProblem extends ValuePart {
  readonly message: string;
  /** Default `error`. */
  readonly severity?: 'error' | 'warning';
  readonly suggestion?: string;
}

/** A key that a plugin reads because of what an option says, such as a macro in a command. */
export interface KeyRequirement extends ValuePart {
  readonly key: string;
  /** Read where it is there; that nothing provides it is no error. */
  readonly optional?: boolean;
  /**
   * What is wrong with the values when the key is of this type, such as `u16`. Asked only of a key
   * that the block provides and whose type is known.
   */
  checkType?(type: string): readonly ValueProblem[];
}

/** What the grammar has to know about a plugin. */
export interface PluginSchema {
  /** `LOGEMU`, `nflog` */
  readonly name: string;
  readonly kind: 'source' | 'input' | 'filter' | 'output';
  /** Differs when the plugin's code does: part of the fingerprint. Default: none. */
  readonly revision?: string;
  readonly options: OptionSchemas;
  /** Keys without which the plugin makes no sense in a block. */
  readonly requires: readonly string[];
  /** Keys it fills; `prefix.*` stands for all keys that start with `prefix.`. */
  readonly provides: readonly string[];
  /** The type of a key that it fills; undefined where that shows only when it runs. */
  readonly typeOf?: (key: string) => string | undefined;
  /** The plugin may fill any key, so none can be called missing. */
  readonly providesAny?: boolean;
  /** Further keys that these values ask for. */
  readonly requiredKeys?: (values: ResolvedValues) => readonly KeyRequirement[];
  /** Checks that go beyond single values. */
  readonly check?: (values: ResolvedValues) => readonly ValueProblem[];
}

/** Everything that the words of a config file can refer to. */
export interface Catalogue {
  /** A built-in or loaded plugin that is no source, by what `parseConfig` found. */
  plugin(target: PluginTarget): PluginSchema | undefined;
  /** Names of the built-in plugins. */
  pluginNames(): readonly string[];
  source(name: string): PluginSchema | undefined;
  sourceNames(): readonly string[];
  /** Feeds a block that has no `source` of its own. */
  readonly defaultSource: string;
  /** Names of the plugins that can fill a key. */
  providersOf(key: string): readonly string[];
  /** Options of the `global` block. */
  readonly global: OptionSchemas;
  /** Options of every block, whatever its source. */
  readonly block: OptionSchemas;
  /** What to tell about a plugin that is not there, such as how to install it. */
  hint?(pluginName: string): string | undefined;
}
