import { isAbsolute, join } from 'node:path';
import { type Diagnostic, DiagnosticList } from '../diagnostics.ts';
import type { Block, ConfigDocument } from '../document.ts';
import { pluginNames, pluginReferences } from '../plugin-reference.ts';
import { Suggester } from '../suggest.ts';
import { blockTitle } from '../wording.ts';
import type { Catalogue } from './catalogue.ts';
import { type ClassifiedBlocks, classifyBlocks } from './classify.ts';
import type { BlockConfig, Config } from './config.ts';
import type { PathChecks, ResolveContext } from './context.ts';
import { Expander } from './expand.ts';
import { checkPluginsBlock, resolveGlobal } from './global-blocks.ts';
import { IncludeGraph } from './include-graph.ts';
import { OptionDirectory } from './option-directory.ts';
import { checkReadable, checkWritable } from './path-access.ts';
import { resolveBlock } from './resolve-block.ts';
import { checkUnusedTemplate } from './templates.ts';

export interface ResolveOptions {
  /** Absolute: what relative paths are checked against. Default: the working folder. */
  readonly folder?: string;
  /**
   * How paths are checked. Default: whether the current user could open them in `folder`, each
   * path once, with nothing opened or created.
   */
  readonly paths?: PathChecks;
  /** Whether the paths in the block `global` are checked as well. Default true. */
  readonly checkGlobalPaths?: boolean;
}

export interface Resolution {
  /** Only there when neither the document nor its meaning has an error. */
  readonly config?: Config;
  /** In the order found; those of `parseConfig` are not repeated. */
  readonly diagnostics: readonly Diagnostic[];
  /** Diagnostics beyond those that are kept. */
  readonly suppressed: number;
}

/** Looks up every word of a document in the catalogue and checks all there is to check. */
export function resolveConfig(
  document: ConfigDocument,
  catalogue: Catalogue,
  options: ResolveOptions = {},
): Resolution {
  const { folder = process.cwd(), paths = systemPaths(folder), checkGlobalPaths = true } = options;
  const { source } = document;
  const names = pluginNames(document);
  const diagnostics = new DiagnosticList(source);
  const context: ResolveContext = {
    source,
    catalogue,
    diagnostics,
    suggester: new Suggester(),
    paths,
    pluginNames: names,
    foundPlugins: new Map(),
    directory: new OptionDirectory(catalogue, pluginReferences(document)),
  };
  const classified = classifyBlocks(document, context);
  checkPluginsBlock(classified.plugins, names, context);
  const globalContext = checkGlobalPaths ? context : { ...context, paths: uncheckedPaths };
  const global = resolveGlobal(classified.global, globalContext);
  const blocks = resolveBlocks(classified, context);
  checkGroups(blocks, context);

  const result = { diagnostics: diagnostics.kept, suppressed: diagnostics.suppressed };
  if (!document.wellFormed || diagnostics.errors > 0) return result;
  const config = { file: source.file, global, blocks: blocks.map(({ config }) => config) };
  return { ...result, config };
}

interface ResolvedBlock {
  readonly block: Block;
  readonly config: BlockConfig;
}

function resolveBlocks(classified: ClassifiedBlocks, context: ResolveContext): ResolvedBlock[] {
  const expander = new Expander(new IncludeGraph(classified, context), context);
  const blocks = classified.live.map((block) => ({
    block,
    config: resolveBlock(block, expander.expand(block), context),
  }));
  for (const template of classified.templates) {
    if (expander.used.has(template) || expander.exhausted) continue;
    checkUnusedTemplate(template, context);
  }
  return blocks;
}

/** A group can be bound once: two blocks that want the same one of the same source are an error. */
function checkGroups(blocks: readonly ResolvedBlock[], { diagnostics }: ResolveContext): void {
  const first = new Map<string, Block>();
  for (const { block, config } of blocks) {
    const { schema, options } = config.source;
    const { group } = options.values;
    if (group === undefined) continue;
    const key = `${schema.name} ${group}`;
    const other = first.get(key);
    if (!other) {
      first.set(key, block);
      continue;
    }
    const message = `${blockTitle(block)} has the same source and group (${key}) as ${blockTitle(other)}`;
    const related = { message: `${blockTitle(other)} is here`, range: other.nameRange };
    diagnostics.error(block.nameRange, message, { related });
  }
}

/** The checks of the file system, each path asked once: many blocks may write to one file. */
function systemPaths(folder: string): PathChecks {
  return { writable: checkIn(folder, checkWritable), readable: checkIn(folder, checkReadable) };
}

const uncheckedPaths: PathChecks = { writable: () => undefined, readable: () => undefined };

function checkIn(
  folder: string,
  check: (path: string) => string | undefined,
): (path: string) => string | undefined {
  const known = new Map<string, string | undefined>();
  return (path) => {
    if (!known.has(path)) {
      // Unlike `resolve`, `join` keeps a slash at the end, which makes it the name of a directory.
      known.set(path, check(isAbsolute(path) ? path : join(folder, path)));
    }
    return known.get(path);
  };
}
