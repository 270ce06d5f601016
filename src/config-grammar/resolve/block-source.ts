import type { Block } from '../document.ts';
import { parseItem } from '../options/item.ts';
import { blockTitle, shown } from '../wording.ts';
import type { PluginSchema } from './catalogue.ts';
import { isNumbered } from './classify.ts';
import type { ResolveContext } from './context.ts';
import type { ExpandedBlock } from './expand.ts';
import type { OptionSet } from './option-set.ts';

/** The source that a block names or the default one; undefined when it names none that exists. */
export function findSource(
  block: Block,
  { statements }: ExpandedBlock,
  { catalogue, diagnostics, suggester }: ResolveContext,
): PluginSchema | undefined {
  const lines = statements.filter(({ item }) => item.name === 'source');
  const own = lines.filter(({ origin }) => origin === block);
  const [first, repeated] = own;
  if (first && repeated) {
    diagnostics.error(repeated.item.nameRange, 'option "source" is given twice', {
      related: { message: 'first given here', range: first.item.nameRange },
    });
  }
  const line = (first ?? lines.at(-1))?.item;
  if (!line) return catalogue.source(catalogue.defaultSource);
  const [value, extra] = line.values;
  if (!value || extra) {
    diagnostics.error(extra?.range ?? line.nameRange, '"source" takes the name of one source');
    return undefined;
  }
  const name = value.text.toLowerCase();
  const known = catalogue.sourceNames();
  const exact = known.find((candidate) => candidate.toLowerCase() === name);
  const schema = exact && catalogue.source(exact);
  if (schema) return schema;
  diagnostics.error(value.range, `there is no source ${shown(value.text)}`, {
    suggestion: suggester.nearest(value.text, known),
  });
  return undefined;
}

/** Gives the source of a numbered block its group, which is the block's name. */
export function fixGroup(
  block: Block,
  source: PluginSchema,
  set: OptionSet,
  { diagnostics }: ResolveContext,
): void {
  if (!isNumbered(block)) return;
  const entry = set.index.find('group');
  if (!entry || entry.schema.type === 'flag' || entry.schema.type === 'list') {
    const message = `${blockTitle(block)} is named like a group, but source ${source.name} has no groups; give it another name`;
    diagnostics.error(block.nameRange, message);
    return;
  }
  const given = set.given(entry.name);
  if (given && given.origin === block) {
    const message = `${blockTitle(block)} is group ${Number(block.name)} by its name and takes no "group"`;
    diagnostics.error(given.statement.nameRange, message);
  }
  const group = parseItem(entry.schema, block.name);
  set.fix(entry.name, group.ok ? group.value : undefined);
  if (!group.ok)
    diagnostics.error(block.nameRange, `the group of source ${source.name} ${group.problem}`);
}
