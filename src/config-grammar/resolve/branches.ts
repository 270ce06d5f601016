import type { PluginSchema } from './catalogue.ts';
import { anyFills } from './key-set.ts';
import { isNamedFilter, type Stage } from './stage.ts';

/** A place on the way through a block's plugins, told by the filters that all rows there passed. */
export class Place {
  readonly #from: readonly Place[];
  readonly #filters: ReadonlySet<PluginSchema>;
  /** Answers given before: ways may part and meet again, so that walking them anew would not do. */
  readonly #known = new Map<string, boolean>();

  /** `from`: where rows come from, by any one of these; `filters`: passed since then. */
  constructor(from: readonly Place[], filters: ReadonlySet<PluginSchema>) {
    this.#from = from;
    this.#filters = filters;
  }

  /** The place behind a further filter. */
  past(filter: PluginSchema): Place {
    if (this.#filters.has(filter)) return this;
    return new Place(this.#from, new Set([...this.#filters, filter]));
  }

  /** Whether a filter has filled the key, whichever way a row came. */
  provides(key: string): boolean {
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const isEverywhere = () => this.#from.every((place) => place.provides(key));
    const answer = anyFills(this.#filters, key) || (this.#from.length > 0 && isEverywhere());
    this.#known.set(key, answer);
    return answer;
  }
}

/** Where each plugin of a block stands. Passes through them in the order in which they are listed. */
export class Branches {
  #start = new Place([], new Set());
  readonly #behind = new Map<Stage, Place>();

  /** Where rows come from to a plugin listed here: behind these filters, or by position. */
  placesOf(filters: readonly Stage[]): readonly Place[] {
    if (filters.length === 0) return [this.#start];
    return filters.flatMap((filter) => this.#behind.get(filter) ?? []);
  }

  /** Goes past a filter that stands behind `filters`. */
  pass(stage: Stage, filters: readonly Stage[]): void {
    const { schema } = stage;
    if (isNamedFilter(stage)) {
      this.#behind.set(stage, new Place(this.placesOf(filters), new Set([schema])));
    } else if (filters.length === 0) {
      this.#start = this.#start.past(schema);
    } else {
      for (const filter of filters) {
        const place = this.#behind.get(filter);
        if (place) this.#behind.set(filter, place.past(schema));
      }
    }
  }
}
