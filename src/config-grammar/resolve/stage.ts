import type { Block, Section, Statement } from '../document.ts';
import { type PluginTarget, targetKey } from '../plugin-reference.ts';
import type { Range } from '../source-text.ts';
import { blockTitle, clip } from '../wording.ts';
import type { PluginSchema } from './catalogue.ts';
import type { ResolveContext } from './context.ts';
import type { ExpandedBlock } from './expand.ts';
import { OptionSet } from './option-set.ts';
import { lookUpPlugin } from './plugin-lookup.ts';

/** One use of a plugin in a block: a `plugin` line or a section. */
export interface Stage {
  readonly schema: PluginSchema;
  readonly target: PluginTarget;
  readonly instance: string;
  readonly style: 'flat' | 'section';
  readonly range: Range;
  readonly origin: Block;
  readonly options: OptionSet;
  /** Those of `sectionSchemas`, once the section says any. */
  sectionOptions: OptionSet | undefined;
}

/** A plugin as messages name it, with the words of its section: `KNOCK ssh`. */
export const stageTitle = ({ schema, instance }: Pick<Stage, 'schema' | 'instance'>): string =>
  instance === '' ? schema.name : `${schema.name} ${clip(instance)}`;

/** Whether the filter has a name, so that it guards only the plugins that name it in `when`. */
export const isNamedFilter = ({ schema, instance }: Stage): boolean =>
  schema.kind === 'filter' && instance !== '';

export interface StageSection {
  readonly stage: Stage;
  readonly section: Section;
  readonly origin: Block;
}

/** The plugins of a block in order. */
export interface Stages {
  readonly all: readonly Stage[];
  /** The sections with the stage that each configures; those of unknown plugins are left out. */
  readonly sections: readonly StageSection[];
  /** True when a line names no known plugin, so that what the block lacks cannot be told. */
  readonly unknown: boolean;
}

/** Finds the plugins that a block loads, by `plugin` lines or by sections. */
export function findStages(block: Block, expanded: ExpandedBlock, context: ResolveContext): Stages {
  const finder = new StageFinder(block, context);
  for (const { item, origin } of expanded.statements) {
    if (item.name === 'plugin') finder.pluginLine(item, origin);
  }
  for (const { item, origin } of expanded.sections) finder.section(item, origin);
  return finder;
}

class StageFinder implements Stages {
  readonly all: Stage[] = [];
  readonly sections: StageSection[] = [];
  unknown = false;
  readonly #block: Block;
  readonly #context: ResolveContext;
  readonly #byKey = new Map<string, Stage>();
  #mixed = false;

  constructor(block: Block, context: ResolveContext) {
    this.#block = block;
    this.#context = context;
  }

  pluginLine({ nameRange, values }: Statement, origin: Block): void {
    const [value, extra] = values;
    if (!value || extra) {
      this.#context.diagnostics.error(extra?.range ?? nameRange, '"plugin" takes one plugin');
      this.unknown = true;
      return;
    }
    this.#add({ written: value.text, instance: '', style: 'flat', range: value.range, origin });
  }

  section(section: Section, origin: Block): void {
    const { name, instance, range } = section;
    if (name === '') return;
    const stage = this.#add({ written: name, instance, style: 'section', range, origin });
    if (stage) this.sections.push({ stage, section, origin });
  }

  #add(
    use: Pick<Stage, 'instance' | 'style' | 'range' | 'origin'> & { written: string },
  ): Stage | undefined {
    const { written, instance, style, range, origin } = use;
    const found = lookUpPlugin(written, range, this.#context);
    if (!found) {
      this.unknown = true;
      return undefined;
    }
    const { target, schema } = found;
    this.#checkStyle(use);
    // An input's keys have one column each: there is no second instance that could fill them too.
    const words = schema.kind === 'input' ? '' : instance;
    const key = `${targetKey(target)}\n${words}\n${style}`;
    const first = this.#byKey.get(key);
    if (first) {
      if (first.origin === origin || first.instance !== instance) {
        this.#reportRepeated(first, range);
      }
      return first;
    }
    const owner = { title: `plugin ${schema.name}`, range };
    const options = new OptionSet(this.#context, owner, schema.options);
    const stage: Stage = {
      schema,
      target,
      instance,
      style,
      range,
      origin,
      options,
      sectionOptions: undefined,
    };
    this.#byKey.set(key, stage);
    this.all.push(stage);
    return stage;
  }

  #checkStyle({ style, range }: Pick<Stage, 'style' | 'range'>): void {
    const [first] = this.all;
    if (!first || first.style === style || this.#mixed) return;
    this.#mixed = true;
    this.#context.diagnostics.error(
      range,
      `${blockTitle(this.#block)} has both "plugin" lines and sections; use only one of the two`,
      { related: { message: 'the other kind is here', range: first.range } },
    );
  }

  #reportRepeated(first: Stage, range: Range): void {
    this.#context.diagnostics.error(range, repeatedMessage(first), {
      related: { message: 'the first is here', range: first.range },
    });
  }
}

function repeatedMessage({ schema, style, instance }: Stage): string {
  if (schema.kind === 'input') {
    return `input ${schema.name} is loaded twice; a block can have each input only once`;
  }
  const section = `:${schema.name}`;
  if (style === 'flat') {
    return `plugin ${schema.name} is loaded twice; to use it twice, give each a section, "${section} one" and "${section} two"`;
  }
  const again = instance === '' ? section : `${section} ${instance}`;
  return `section "${again}" is there twice; give each its own words, as in "${section} two"`;
}
