import type { Block } from '../document.ts';
import { blockWords, sectionWords } from '../options/define.ts';
import { blockTitle, shown } from '../wording.ts';
import { strayWord } from './assign.ts';
import type { ResolveContext } from './context.ts';
import { OptionIndex } from './option-index.ts';
import { lookUpPlugin } from './plugin-lookup.ts';

/**
 * Checks a template that no live block includes: a warning, and errors for words that cannot be
 * right wherever it would be included.
 */
export function checkUnusedTemplate(block: Block, context: ResolveContext): void {
  const { diagnostics, suggester, directory } = context;
  diagnostics.warning(
    block.nameRange,
    `${blockTitle(block)} is not used: it has no "source" or "group", and no live block includes it`,
    { suggestion: suggester.nearest(block.name, ['global', 'plugins']) },
  );
  const isFlat = block.statements.some(({ name }) => name === 'plugin');
  const style = isFlat ? 'flat' : 'section';
  for (const { name, nameRange, values } of block.statements) {
    if (name === 'plugin') {
      for (const { text, range } of values.slice(0, 1)) lookUpPlugin(text, range, context);
    } else if (sectionWords.includes(name)) {
      diagnostics.error(nameRange, strayWord(name, style));
    } else if (!blockWords.includes(name) && !directory.isKnownInBlocks(name)) {
      const suggestion = diagnostics.full
        ? undefined
        : suggester.nearest(name, directory.blockOptions());
      diagnostics.error(nameRange, `unknown option ${shown(name)}`, { suggestion });
    }
  }
  for (const { name, range, statements } of block.sections) {
    const schema = lookUpPlugin(name, range, context)?.schema;
    if (!schema) continue;
    const index = OptionIndex.of(schema.options);
    for (const { name: option, nameRange } of statements) {
      if (index.find(option) || sectionWords.includes(option)) continue;
      diagnostics.error(nameRange, `plugin ${schema.name} has no option ${shown(option)}`, {
        suggestion: diagnostics.full
          ? undefined
          : suggester.nearest(option, [...index.spellings, ...sectionWords]),
      });
    }
  }
}
