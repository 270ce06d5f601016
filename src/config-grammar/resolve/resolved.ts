import type { Block } from '../document.ts';
import { type PluginTarget, targetKey } from '../plugin-reference.ts';
import type { SourceText, Span } from '../source-text.ts';
import type { PluginSchema, ResolvedValues } from './catalogue.ts';
import type { BlockConfig, PluginConfig, ResolvedOptions, StageConfig } from './config.ts';
import type { Stage } from './stage.ts';

// Classes, so that fingerprints, which only a reload compares, are made when they are asked for.

export class ResolvedSource implements PluginConfig {
  readonly schema: PluginSchema;
  readonly options: ResolvedOptions;

  constructor(schema: PluginSchema, options: ResolvedOptions) {
    this.schema = schema;
    this.options = options;
  }

  get fingerprint(): string {
    return fingerprintOf([this.schema.name], this.options.values);
  }
}

export class ResolvedStage implements StageConfig {
  readonly schema: PluginSchema;
  readonly target: PluginTarget;
  readonly instance: string;
  readonly options: ResolvedOptions;
  readonly span: Span;

  constructor({ schema, target, instance, options, range }: Stage, source: SourceText) {
    this.schema = schema;
    this.target = target;
    this.instance = instance;
    this.options = options;
    this.span = source.span(range);
  }

  get fingerprint(): string {
    const parts = [targetKey(this.target), this.schema.revision ?? '', this.instance];
    return fingerprintOf(parts, this.options.values);
  }
}

export class ResolvedBlock implements BlockConfig {
  readonly name: string;
  readonly span: Span;
  readonly options: ResolvedOptions;
  readonly source: ResolvedSource;
  readonly plugins: readonly ResolvedStage[];

  constructor(
    { name, nameRange }: Block,
    options: ResolvedOptions,
    source: ResolvedSource,
    plugins: readonly ResolvedStage[],
    text: SourceText,
  ) {
    this.name = name;
    this.span = text.span(nameRange);
    this.options = options;
    this.source = source;
    this.plugins = plugins;
  }

  get fingerprint(): string {
    const parts = [this.source, ...this.plugins].map(({ fingerprint }) => fingerprint);
    return fingerprintOf(parts, this.options.values);
  }
}

/** The same text for the same values; declarations give their options a fixed order. */
function fingerprintOf(parts: readonly string[], values: ResolvedValues): string {
  return JSON.stringify([...parts, values], (_, value: unknown) =>
    value instanceof Uint8Array ? Array.from(value) : value,
  );
}
