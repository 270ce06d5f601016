import type { Block } from '../document.ts';
import { blockTitle } from '../wording.ts';
import { assignOptions } from './assign.ts';
import { findSource, fixGroup } from './block-source.ts';
import type { PluginSchema } from './catalogue.ts';
import type { BlockConfig } from './config.ts';
import type { ResolveContext } from './context.ts';
import type { ExpandedBlock } from './expand.ts';
import { checkKeys } from './keys.ts';
import { OptionSet } from './option-set.ts';
import { placeStages } from './placement.ts';
import { reportProblems } from './problems.ts';
import { ResolvedBlock, ResolvedSource, ResolvedStage } from './resolved.ts';
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
  if (!source) throw new Error(`no source ${catalogue.defaultSource} in the catalogue`);

  const range = block.nameRange;
  const blockSet = new OptionSet(context, { title, range }, catalogue.block);
  const sourceSet = new OptionSet(context, { title, range }, source.options);
  const stages = findStages(block, expanded, context);
  const sourceKnown = named !== undefined;
  const sets = { block: blockSet, source: sourceSet, sourceName: source.name, sourceKnown };
  assignOptions(block, expanded, stages, sets, context);

  blockSet.resolve();
  if (sourceKnown) {
    fixGroup(block, source, sourceSet, context);
    checkValues(source, sourceSet.resolve(), context);
  }
  for (const { schema, options, sectionOptions } of stages.all) {
    checkValues(schema, options.resolve(), context);
    sectionOptions?.resolve();
  }
  if (expanded.complete && !stages.unknown) {
    checkStages(block, stages.all, context);
    const placements = placeStages(block, stages.all, context);
    if (sourceKnown) checkKeys(block, source, placements, context);
  }
  const resolvedSource = new ResolvedSource(source, sourceSet);
  const resolvedStages = stages.all.map((stage) => new ResolvedStage(stage, text));
  return new ResolvedBlock(block, blockSet, resolvedSource, resolvedStages, text);
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

/** What a plugin itself finds wrong with its values, once each of them is well-formed. */
function checkValues(
  { check }: PluginSchema,
  set: OptionSet,
  { diagnostics }: ResolveContext,
): void {
  if (check && set.valid) reportProblems(check(set.values), set, diagnostics);
}
