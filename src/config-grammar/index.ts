/**
 * The config language: text → document → validated config. Knows no plugin by name: what plugins,
 * sources and options there are comes from a `Catalogue`.
 *
 *     const parsed = parseConfig(bytes, file);
 *     // load what parsed.pluginReferences names and is not built in
 *     const { config, diagnostics } = resolveConfig(parsed.document, catalogue);
 */
export { type Diagnostic, DiagnosticList } from './diagnostics.ts';
export type { Block, ConfigDocument, Section, Statement, Value } from './document.ts';
export {
  type FormatOptions,
  formatDiagnostic,
  formatDiagnostics,
  type OptionNames,
} from './format-diagnostic.ts';
export { defineOptions } from './options/define.ts';
export { describeDefault, describeType } from './options/describe.ts';
export { formatDuration, formatSize, readDuration } from './options/number.ts';
export type { Parsed } from './options/parsed.ts';
export { formatPrefix, type Prefix, parsePrefix } from './options/prefix.ts';
export type {
  OptionSchema,
  OptionSchemas,
  OptionValue,
  OptionValues,
} from './options/schema.ts';
export { type ParsedConfig, parseConfig } from './parse-config.ts';
export { type PluginReference, type PluginTarget, targetKey } from './plugin-reference.ts';
export { printConfig, quoteValue } from './print.ts';
export type {
  Catalogue,
  KeyRequirement,
  PluginSchema,
  ResolvedValues,
  ValuePart,
  ValueProblem,
} from './resolve/catalogue.ts';
export {
  type BlockConfig,
  type Config,
  type PluginConfig,
  type ResolvedOptions,
  type StageConfig,
  typedValues,
} from './resolve/config.ts';
export type { PathChecks } from './resolve/context.ts';
export { checkReadable, checkWritable } from './resolve/path-access.ts';
export { type Resolution, type ResolveOptions, resolveConfig } from './resolve/resolve-config.ts';
export { type Range, SourceText, type Span } from './source-text.ts';
export { Suggester } from './suggest.ts';
export { shown } from './wording.ts';
