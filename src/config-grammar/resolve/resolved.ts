import type { Block } from '../document.ts';
import { type PluginTarget, targetKey } from '../plugin-reference.ts';
import type { SourceText, Span } from '../source-text.ts';
import type { PluginSchema, ResolvedValues } from './catalogue.ts';
import type { BlockConfig, PluginConfig, ResolvedOptions, StageConfig } from './config.ts';
import { whenOf } from './section-options.ts';
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
  readonly when: readonly string[];
  readonly options: ResolvedOptions;
  readonly span: Span;

  constructor(stage: Stage, source: SourceText) {
    this.schema = stage.schema;
    this.target = stage.target;
    this.instance = stage.instance;
    this.when = whenOf(stage);
    this.options = stage.options;
    this.span = source.span(stage.range);
  }

  get fingerprint(): string {
    const { target, schema, instance, when } = this;
    const parts = [targetKey(target), schema.revision ?? '', instance, ...when];
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
