import type { DiagnosticList } from '../diagnostics.ts';
import type { Block } from '../document.ts';
import type { PluginNames } from '../plugin-reference.ts';
import type { SourceText } from '../source-text.ts';
import type { Suggester } from '../suggest.ts';
import type { Catalogue } from './catalogue.ts';
import type { OptionDirectory } from './option-directory.ts';

/** Asked before anything starts; each returns why the path will not do, or undefined. */
export interface PathChecks {
  writable(path: string): string | undefined;
  readable(path: string): string | undefined;
}

/** What all steps of resolving one document share. */
export interface ResolveContext {
  readonly source: SourceText;
  readonly catalogue: Catalogue;
  readonly diagnostics: DiagnosticList;
  readonly suggester: Suggester;
  readonly paths: PathChecks;
  readonly pluginNames: PluginNames;
  /** Who owns which option, over all plugins and sources. */
  readonly directory: OptionDirectory;
}

/** `block "web"`, as messages name a block. */
export const blockTitle = ({ name }: Pick<Block, 'name'>): string =>
  /^\d+$/.test(name) ? `block ${name}` : `block "${name}"`;
