import type { Block, Statement } from '../document.ts';
import { blockWords, sectionWords } from '../options/define.ts';
import { blockTitle, listWords, shown } from '../wording.ts';
import type { ResolveContext } from './context.ts';
import type { ExpandedBlock } from './expand.ts';
import { OptionIndex } from './option-index.ts';
import { OptionSet } from './option-set.ts';
import { sectionSchemas } from './section-options.ts';
import type { Stage, StageSection, Stages } from './stage.ts';

const sectionIndex = OptionIndex.of(sectionSchemas);

/** A block's own options and those of its source. */
export interface BlockSets {
  readonly block: OptionSet;
  readonly source: OptionSet;
  /** The source's name. */
  readonly sourceName: string;
  /** False when the `source` line names no source, so that its options cannot be told. */
  readonly sourceKnown: boolean;
}

/** Hands every option line of a block to the plugin, source or block that it belongs to. */
export function assignOptions(
  block: Block,
  expanded: ExpandedBlock,
  stages: Stages,
  sets: BlockSets,
  context: ResolveContext,
): void {
  const assigner = new Assigner(block, stages, sets, context);
  for (const { item, origin } of expanded.statements) {
    if (sectionWords.includes(item.name)) assigner.strayInBlock(item);
    else if (!blockWords.includes(item.name)) assigner.blockLine(item, origin);
  }
  for (const section of stages.sections) assigner.section(section);
}

/** What to say about a word that stands outside of sections though it belongs in one. */
export function strayWord(name: string, style: Stage['style'] | undefined): string {
  const advice = style === 'flat' ? '; give each plugin a section instead of a "plugin" line' : '';
  return `${shown(name)} belongs in a section, below the ":NAME" of the plugin that it is for${advice}`;
}

class Assigner {
  readonly #block: Block;
  readonly #stages: Stages;
  readonly #sets: BlockSets;
  readonly #context: ResolveContext;
  /** Everything that a line outside of sections can belong to. */
  readonly #owners: readonly OptionSet[];

  constructor(block: Block, stages: Stages, sets: BlockSets, context: ResolveContext) {
    this.#block = block;
    this.#stages = stages;
    this.#sets = sets;
    this.#context = context;
    const flat = stages.all.filter(({ style }) => style === 'flat').map(({ options }) => options);
    this.#owners = [sets.block, sets.source, ...flat];
  }

  blockLine(statement: Statement, origin: Block): void {
    const [owner, rival] = this.#owners.filter(({ index }) => index.find(statement.name));
    const entry = owner?.index.find(statement.name);
    if (!owner || !entry) {
      this.#unknown(statement);
    } else if (!rival) {
      owner.assign(entry, statement, origin);
    } else {
      this.#context.diagnostics.error(
        statement.nameRange,
        `option ${shown(statement.name)} is ambiguous: ${owner.owner.title} and ${rival.owner.title} both have it; give each plugin a section of its own, as in ":LOGEMU"`,
      );
    }
  }

  /** A word that only sections may have. */
  strayInBlock({ name, nameRange }: Statement): void {
    this.#context.diagnostics.error(nameRange, strayWord(name, this.#stages.all[0]?.style));
  }

  section({ stage, section, origin }: StageSection): void {
    const { schema, options } = stage;
    for (const statement of section.statements) {
      const own = options.index.find(statement.name);
      const common = sectionIndex.find(statement.name);
      if (own) {
        options.assign(own, statement, origin);
      } else if (common) {
        stage.sectionOptions ??= new OptionSet(this.#context, options.owner, sectionSchemas);
        stage.sectionOptions.assign(common, statement, origin);
      } else {
        this.#unknownInSection(statement, schema.name, options);
      }
    }
  }

  #unknown({ name, nameRange }: Statement): void {
    const { diagnostics, directory } = this.#context;
    // A plugin or source that was not found may well own what nothing else knows.
    const known = directory.isKnownInBlocks(name);
    if (!known && (this.#stages.unknown || !this.#sets.sourceKnown)) return;
    if (diagnostics.full) diagnostics.error(nameRange, `unknown option ${shown(name)}`);
    else this.#explainUnknown(name, nameRange);
  }

  #explainUnknown(name: string, range: Statement['nameRange']): void {
    const { diagnostics, directory, suggester } = this.#context;
    const title = blockTitle(this.#block);
    const plugins = directory.pluginsWith(name);
    const inSection = this.#stages.all.find(({ schema }) => plugins.includes(schema.name));
    const [source] = directory.sourcesWith(name);
    const option = `option ${shown(name)}`;
    if (inSection) {
      const section = `":${inSection.schema.name}"`;
      diagnostics.error(
        range,
        `${option} belongs to plugin ${inSection.schema.name}; put it below ${section}`,
      );
    } else if (plugins.length > 0) {
      const style = this.#stages.all[0]?.style ?? 'flat';
      const line = (plugin: string) => (style === 'flat' ? `"plugin ${plugin}"` : `":${plugin}"`);
      diagnostics.error(
        range,
        `${option} belongs to plugin ${listWords(plugins)}, which ${title} does not load; add ${listWords(plugins.map(line))}`,
      );
    } else if (source !== undefined) {
      const own = this.#sets.sourceName;
      diagnostics.error(range, `${option} belongs to source ${source}; ${title} has source ${own}`);
    } else if (directory.isGlobal(name)) {
      diagnostics.error(range, `${option} belongs in the block "global"`);
    } else {
      const here = this.#owners.flatMap(({ index }) => [...index.spellings]);
      const near = suggester.nearest(name, [...here, ...blockWords]);
      const suggestion = near ?? suggester.nearest(name, directory.blockOptions());
      diagnostics.error(range, `unknown option ${shown(name)}`, { suggestion });
    }
  }

  #unknownInSection({ name, nameRange }: Statement, plugin: string, { index }: OptionSet): void {
    const { diagnostics, suggester } = this.#context;
    const { block, source } = this.#sets;
    const ofBlock = blockWords.includes(name) || block.index.find(name) || source.index.find(name);
    if (ofBlock) {
      const message = `${shown(name)} belongs to ${blockTitle(this.#block)}; put it before the first section`;
      diagnostics.error(nameRange, message);
      return;
    }
    const suggestion = diagnostics.full
      ? undefined
      : suggester.nearest(name, [...index.spellings, ...sectionWords]);
    const message = `plugin ${plugin} has no option ${shown(name)}`;
    diagnostics.error(nameRange, message, { suggestion });
  }
}
