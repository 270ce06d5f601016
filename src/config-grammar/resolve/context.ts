import type { DiagnosticList } from '../diagnostics.ts';
import type { PluginNames, PluginTarget } from '../plugin-reference.ts';
import type { SourceText } from '../source-text.ts';
import type { Suggester } from '../suggest.ts';
import type { Catalogue, PluginSchema } from './catalogue.ts';
import type { OptionDirectory } from './option-directory.ts';

/** Asked before anything starts; each returns why the path will not do, or undefined. */
export interface PathChecks {
  writable(path: string): string | undefined;
  readable(path: string): string | undefined;
}

/** A plugin as the file names it, and as it is declared. */
export interface FoundPlugin {
  readonly target: PluginTarget;
  readonly schema: PluginSchema;
}

/** What all steps of resolving one document share. */
export interface ResolveContext {
  readonly source: SourceText;
  readonly catalogue: Catalogue;
  readonly diagnostics: DiagnosticList;
  readonly suggester: Suggester;
  readonly paths: PathChecks;
  readonly pluginNames: PluginNames;
  /** What `lookUpPlugin` has found, by what was written. */
  readonly foundPlugins: Map<string, FoundPlugin>;
  /** Who owns which option, over all plugins and sources. */
  readonly directory: OptionDirectory;
}
