import { defaultValue } from '../options/define.ts';
import type { OptionSchema, OptionSchemas, OptionValue } from '../options/schema.ts';

/** One declared option. */
export interface OptionEntry {
  /** The spelling that values are kept under, whichever was written. */
  readonly name: string;
  readonly schema: OptionSchema;
  /** Its value when it is not given. */
  readonly fallback: OptionValue;
}

/** The options of one declaration by all their spellings. */
export class OptionIndex {
  readonly entries: readonly OptionEntry[];
  readonly #bySpelling = new Map<string, OptionEntry>();

  private constructor(schemas: OptionSchemas) {
    this.entries = Object.entries(schemas).map(([name, schema]) => ({
      name,
      schema,
      fallback: defaultValue(schema),
    }));
    for (const entry of this.entries) {
      for (const spelling of [entry.name, ...(entry.schema.aliases ?? [])]) {
        this.#bySpelling.set(spelling, entry);
      }
    }
  }

  static readonly #cache = new WeakMap<OptionSchemas, OptionIndex>();

  /** The index of `schemas`, made once: declarations never change. */
  static of(schemas: OptionSchemas): OptionIndex {
    let index = OptionIndex.#cache.get(schemas);
    if (!index) {
      index = new OptionIndex(schemas);
      OptionIndex.#cache.set(schemas, index);
    }
    return index;
  }

  find(spelling: string): OptionEntry | undefined {
    return this.#bySpelling.get(spelling);
  }

  get spellings(): Iterable<string> {
    return this.#bySpelling.keys();
  }
}
