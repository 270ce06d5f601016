import { type PluginTarget, parsePluginTarget } from '../plugin-reference.ts';
import type { Catalogue, PluginSchema } from './catalogue.ts';
import { OptionIndex } from './option-index.ts';

/** Which plugins and sources know an option: for advice on options that are out of place. */
export class OptionDirectory {
  readonly #catalogue: Catalogue;
  readonly #targets: readonly PluginTarget[];
  #plugins: Map<string, string[]> | undefined;
  #sources: Map<string, string[]> | undefined;

  /** `targets`: plugins beside the built-in ones that the file names. */
  constructor(catalogue: Catalogue, targets: readonly PluginTarget[]) {
    this.#catalogue = catalogue;
    this.#targets = targets;
  }

  pluginsWith(option: string): readonly string[] {
    return this.#byPlugin().get(option) ?? [];
  }

  sourcesWith(option: string): readonly string[] {
    return this.#bySource().get(option) ?? [];
  }

  isGlobal(option: string): boolean {
    return OptionIndex.of(this.#catalogue.global).find(option) !== undefined;
  }

  /** Whether the option can stand in any block at all. */
  isKnownInBlocks(option: string): boolean {
    return (
      OptionIndex.of(this.#catalogue.block).find(option) !== undefined ||
      this.#byPlugin().has(option) ||
      this.#bySource().has(option)
    );
  }

  /** Every spelling that some block may use. */
  *blockOptions(): Iterable<string> {
    yield* OptionIndex.of(this.#catalogue.block).spellings;
    yield* this.#bySource().keys();
    yield* this.#byPlugin().keys();
  }

  #byPlugin(): Map<string, string[]> {
    if (this.#plugins) return this.#plugins;
    const builtins = this.#catalogue.pluginNames().map(parsePluginTarget);
    const schemas = new Set<PluginSchema>();
    for (const target of [...builtins, ...this.#targets]) {
      const schema = target && this.#catalogue.plugin(target);
      if (schema) schemas.add(schema);
    }
    this.#plugins = owners(schemas);
    return this.#plugins;
  }

  #bySource(): Map<string, string[]> {
    if (this.#sources) return this.#sources;
    const schemas = this.#catalogue.sourceNames().flatMap((name) => {
      const schema = this.#catalogue.source(name);
      return schema ? [schema] : [];
    });
    this.#sources = owners(schemas);
    return this.#sources;
  }
}

function owners(schemas: Iterable<PluginSchema>): Map<string, string[]> {
  const byOption = new Map<string, string[]>();
  for (const { name, options } of schemas) {
    for (const spelling of OptionIndex.of(options).spellings) {
      const known = byOption.get(spelling);
      if (known) known.push(name);
      else byOption.set(spelling, [name]);
    }
  }
  return byOption;
}
