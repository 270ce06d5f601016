import type { OptionSchemas, OptionValues } from '../options/schema.ts';
import type { PluginTarget } from '../plugin-reference.ts';
import type { Span } from '../source-text.ts';
import type { PluginSchema, ResolvedValues, ValuePart } from './catalogue.ts';

/** Options with the schemas they were checked against. */
export interface ResolvedOptions {
  readonly schemas: OptionSchemas;
  readonly values: ResolvedValues;
  /** Where an option's value stands; for one that is not given, the line that brings it in. */
  spanOf(part: ValuePart): Span;
}

/** A source or plugin as one block uses it. */
export interface PluginConfig {
  readonly schema: PluginSchema;
  readonly options: ResolvedOptions;
  /** Equal texts: the same plugin with the same values. Compared on reload. */
  readonly fingerprint: string;
}

/** A plugin of a block in the order of the block. */
export interface StageConfig extends PluginConfig {
  readonly target: PluginTarget;
  /** The words after `:NAME`, empty in flat style. */
  readonly instance: string;
  /**
   * Instances of filters of the block, each listed before this plugin: it sees the rows that one of
   * them lets pass, and those of each on their own. Empty: it sees those of its position.
   */
  readonly when: readonly string[];
  readonly span: Span;
}

/** A live block: one source and what its records go through. */
export interface BlockConfig {
  readonly name: string;
  readonly span: Span;
  readonly options: ResolvedOptions;
  readonly source: PluginConfig;
  readonly plugins: readonly StageConfig[];
  /** Equal texts: the same block. Covers source, options and plugins, not the name. */
  readonly fingerprint: string;
}

/** A valid config file. */
export interface Config {
  readonly file: string;
  readonly global: ResolvedOptions;
  readonly blocks: readonly BlockConfig[];
}

/**
 * Values with the exact types of the schemas that they were resolved with.
 *
 * @throws {TypeError} when `options` were resolved with other schemas
 */
export function typedValues<Schemas extends OptionSchemas>(
  options: ResolvedOptions,
  schemas: Schemas,
): OptionValues<Schemas> {
  if (options.schemas !== schemas) throw new TypeError('options of another plugin');
  // Sound because parseOption made each value as its schema, checked above, says.
  return options.values as OptionValues<Schemas>;
}
