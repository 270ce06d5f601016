import type { Block } from '../document.ts';
import { parseItem } from '../options/item.ts';
import { shown } from '../options/parsed.ts';
import { targetKey } from '../plugin-reference.ts';
import { assignOptions } from './assign.ts';
import type { PluginSchema, ResolvedValues } from './catalogue.ts';
import { isNumbered } from './classify.ts';
import type { BlockConfig, StageConfig } from './config.ts';
import { blockTitle, type ResolveContext } from './context.ts';
import type { ExpandedBlock } from './expand.ts';
import { checkKeys } from './keys.ts';
import { OptionSet } from './option-set.ts';
import { findStages, type Stage } from './stage.ts';

/** Resolves a live block. The result means something only when no error was reported. */
export function resolveBlock(
  block: Block,
  expanded: ExpandedBlock,
  context: ResolveContext,
): BlockConfig {
  const { catalogue, source: text } = context;
  const title = blockTitle(block);
  const named = findSource(block, expanded, context);
  const source = named ?? catalogue.source(catalogue.defaultSource);
  if (!source)
    throw new Error(`the default source ${catalogue.defaultSource} is not in the catalogue`);

  const range = block.nameRange;
  const blockSet = new OptionSet(context, { title, range }, catalogue.block);
  const sourceSet = new OptionSet(context, { title, range }, source.options);
  const stages = findStages(block, expanded, context);
  const sourceKnown = named !== undefined;
  const sets = { block: blockSet, source: sourceSet, sourceName: source.name, sourceKnown };
  assignOptions(block, expanded, stages, sets, context);
  if (isNumbered(block) && sourceKnown) fixGroup(block, source, sourceSet, context);

  const options = blockSet.resolve();
  const sourceOptions = sourceSet.resolve();
  checkValues(source, sourceSet, sourceOptions.values, context);
  const resolved = stages.all.map((stage) => {
    const stageOptions = stage.options.resolve();
    checkValues(stage.schema, stage.options, stageOptions.values, context);
    return { stage, options: stageOptions, values: stageOptions.values };
  });
  if (expanded.complete && !stages.unknown) {
    checkStages(block, stages.all, context);
    if (sourceKnown) checkKeys(block, source, resolved, context);
  }

  const plugins = resolved.map(({ stage, options: own }): StageConfig => {
    const { schema, target, instance, range: at } = stage;
    const fingerprint = JSON.stringify([targetKey(target), instance, printable(own.values)]);
    return { schema, target, instance, span: text.span(at), options: own, fingerprint };
  });
  const sourcePrint = JSON.stringify([source.name, printable(sourceOptions.values)]);
  return {
    name: block.name,
    span: text.span(range),
    options,
    source: { schema: source, options: sourceOptions, fingerprint: sourcePrint },
    plugins,
    fingerprint: JSON.stringify([
      sourcePrint,
      printable(options.values),
      plugins.map(({ fingerprint }) => fingerprint),
    ]),
  };
}

/** The source that a block names or the default one; undefined when it names none that exists. */
function findSource(
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

/** The name of a numbered block is its group. */
function fixGroup(
  block: Block,
  source: PluginSchema,
  set: OptionSet,
  { diagnostics }: ResolveContext,
): void {
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
  if (group.ok) set.fix(entry.name, group.value);
  else diagnostics.error(block.nameRange, `the group of source ${source.name} ${group.problem}`);
}

function checkStages(
  block: Block,
  stages: readonly Stage[],
  { diagnostics }: ResolveContext,
): void {
  const title = blockTitle(block);
  if (stages.length === 0) {
    diagnostics.error(
      block.nameRange,
      `${title} has no plugins; add lines such as "plugin LOGEMU"`,
    );
  } else if (!stages.some(({ schema }) => schema.kind === 'output')) {
    diagnostics.error(
      block.nameRange,
      `${title} has no output plugin, so nothing would become of its packets`,
    );
  }
}

function checkValues(
  { check }: PluginSchema,
  set: OptionSet,
  values: ResolvedValues,
  { diagnostics }: ResolveContext,
): void {
  for (const problem of check?.(values) ?? []) {
    const range = set.rangeOf(problem, values);
    const details = { suggestion: problem.suggestion };
    if (problem.severity === 'warning') diagnostics.warning(range, problem.message, details);
    else diagnostics.error(range, problem.message, details);
  }
}

/** Values with their names in a fixed order and byte arrays as plain ones, for JSON. */
function printable(values: ResolvedValues): unknown[] {
  const plain = (_: string, value: unknown) =>
    value instanceof Uint8Array ? Array.from(value) : value;
  const sorted = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.parse(JSON.stringify(sorted, plain));
}
