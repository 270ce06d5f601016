import type { Block } from '../document.ts';
import { structuralWords } from '../options/define.ts';
import { type PluginNames, parsePluginTarget } from '../plugin-reference.ts';
import { shown } from '../wording.ts';
import type { ResolvedOptions } from './config.ts';
import type { ResolveContext } from './context.ts';
import { OptionSet } from './option-set.ts';
import { notAPlugin } from './plugin-lookup.ts';

/** Where a file without a `global` block would have it. */
const fileStart = { offset: 0, length: 0 };

/** Resolves the `global` block, which need not be there. */
export function resolveGlobal(block: Block | undefined, context: ResolveContext): ResolvedOptions {
  const { catalogue, diagnostics, directory, suggester } = context;
  const range = block?.nameRange ?? fileStart;
  const set = new OptionSet(context, { title: 'the block "global"', range }, catalogue.global);
  if (!block) return set.resolve();
  for (const statement of block.statements) {
    const { name, nameRange } = statement;
    const entry = set.index.find(name);
    if (entry) {
      set.assign(entry, statement, block);
    } else if (directory.isKnownInBlocks(name) || structuralWords.has(name)) {
      const message = `${shown(name)} belongs in a block for a group, not in "global"`;
      diagnostics.error(nameRange, message);
    } else {
      const suggestion = diagnostics.full
        ? undefined
        : suggester.nearest(name, set.index.spellings);
      diagnostics.error(nameRange, `unknown global option ${shown(name)}`, { suggestion });
    }
  }
  refuseSections(block, context);
  return set.resolve();
}

/** Checks the entries of the `plugins` block; `pluginNames` has already read the good ones. */
export function checkPluginsBlock(
  block: Block | undefined,
  names: PluginNames,
  context: ResolveContext,
): void {
  if (!block) return;
  for (const { name, nameRange, values } of block.statements) {
    const [value, extra] = values;
    const named = names.get(name.toUpperCase());
    if (!value || extra) {
      const range = extra?.range ?? nameRange;
      context.diagnostics.error(range, 'a line of "plugins" is a name and one plugin');
    } else if (!parsePluginTarget(value.text)) {
      context.diagnostics.error(value.range, notAPlugin(value.text));
    } else if (named && named.range.offset !== nameRange.offset) {
      context.diagnostics.error(nameRange, `the name ${shown(name)} is given twice`, {
        related: { message: 'first given here', range: named.range },
      });
    }
  }
  refuseSections(block, context);
}

function refuseSections({ name, sections }: Block, { diagnostics }: ResolveContext): void {
  const [section] = sections;
  if (section) diagnostics.error(section.range, `the block "${name}" has no sections`);
}
