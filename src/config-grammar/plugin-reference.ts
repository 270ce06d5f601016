import { basename, extname } from 'node:path';
import type { ConfigDocument } from './document.ts';
import type { Range, Span } from './source-text.ts';

/** What a config file writes where it names a plugin. */
export type PluginTarget =
  /** A plugin that comes with the daemon; `name` is in upper case. */
  | { readonly kind: 'builtin'; readonly name: string }
  /** A third-party ES module; `path` is as written, `name` its file name without extension. */
  | { readonly kind: 'module'; readonly name: string; readonly path: string };

/** A plugin named in the file, with the first place that names it. */
export type PluginReference = PluginTarget & { readonly written: string; readonly span: Span };

const bareName = /^[A-Za-z_][A-Za-z0-9_-]*$/;
const sharedObject = /^specter_([A-Za-z0-9_-]+)\.so$/;

/** Two targets with the same key are the same plugin. */
export const targetKey = (target: PluginTarget): string =>
  target.kind === 'module' ? `module ${target.path}` : target.name;

/**
 * Reads `NAME`, `…/specter_NAME.so` (both the built-in plugin of that name, in any case) or the
 * path of a `.js` or `.mjs` module. Anything else gives undefined.
 */
export function parsePluginTarget(written: string): PluginTarget | undefined {
  const file = basename(written);
  const builtin = bareName.test(written) ? written : sharedObject.exec(file)?.[1];
  if (builtin !== undefined) return { kind: 'builtin', name: builtin.toUpperCase() };
  const extension = extname(file);
  if (extension !== '.js' && extension !== '.mjs') return undefined;
  return { kind: 'module', name: basename(file, extension), path: written };
}

/** The names that `plugins { NAME path }` gives to plugins, in upper case. */
export type PluginNames = ReadonlyMap<
  string,
  { readonly target: PluginTarget; readonly range: Range }
>;

/** The well-formed entries of the `plugins` block; the first of two with the same name counts. */
export function pluginNames(document: ConfigDocument): PluginNames {
  const names = new Map<string, { target: PluginTarget; range: Range }>();
  for (const { name, nameRange, values } of namingStatements(document)) {
    const target = parsePluginTarget(values[0]?.text ?? '');
    const key = name.toUpperCase();
    if (target && !names.has(key)) names.set(key, { target, range: nameRange });
  }
  return names;
}

/** What `written` stands for: first a name from the `plugins` block, then anything else. */
export function findTarget(written: string, names: PluginNames): PluginTarget | undefined {
  return names.get(written.toUpperCase())?.target ?? parsePluginTarget(written);
}

/** Every plugin that some block uses, each once: what has to be loaded before it can be resolved. */
export function pluginReferences(document: ConfigDocument): PluginReference[] {
  const names = pluginNames(document);
  const found = new Map<string, PluginReference>();
  const seen = new Set<string>();
  const add = (written: string, range: Range) => {
    if (seen.has(written)) return;
    seen.add(written);
    const target = findTarget(written, names);
    if (!target || found.has(targetKey(target))) return;
    found.set(targetKey(target), { ...target, written, span: document.source.span(range) });
  };
  for (const block of document.blocks) {
    if (block.name === 'global' || block.name === 'plugins') continue;
    for (const { name, values } of block.statements) {
      const [value] = values;
      if (name !== 'plugin' || !value) continue;
      add(value.text, value.range);
    }
    for (const { name, range } of block.sections) add(name, range);
  }
  return [...found.values()];
}

function namingStatements(document: ConfigDocument) {
  return document.blocks.filter(({ name }) => name === 'plugins').flatMap((b) => b.statements);
}
