import type { Block, Statement } from '../document.ts';
import { parseOption } from '../options/option.ts';
import type { OptionSchemas, OptionValue } from '../options/schema.ts';
import { type Range, rangeThrough, type Span } from '../source-text.ts';
import { rangeInRest, rangeInValue } from '../value-text.ts';
import type { ResolvedValues, ValuePart } from './catalogue.ts';
import type { ResolvedOptions } from './config.ts';
import type { ResolveContext } from './context.ts';
import { type OptionEntry, OptionIndex } from './option-index.ts';

/** Who a set of options belongs to. */
export interface OptionOwner {
  /** As messages name it: `plugin LOGEMU`. */
  readonly title: string;
  /** Where the file brings it in: for errors about options that are not given. */
  readonly range: Range;
}

const unresolved: ResolvedValues = {};

/** An option line, and the block whose text it is. */
interface GivenOption {
  readonly statement: Statement;
  readonly origin: Block;
}

/** Collects the statements for one owner's options, then checks them and makes values of them. */
export class OptionSet implements ResolvedOptions {
  readonly owner: OptionOwner;
  readonly index: OptionIndex;
  readonly schemas: OptionSchemas;
  values: ResolvedValues = unresolved;
  readonly #context: ResolveContext;
  // Most plugins of most blocks are given few options or none; these exist when something is.
  #given: Map<string, GivenOption> | undefined;
  #fixed: Map<string, OptionValue> | undefined;

  constructor(context: ResolveContext, owner: OptionOwner, schemas: OptionSchemas) {
    this.#context = context;
    this.owner = owner;
    this.schemas = schemas;
    this.index = OptionIndex.of(schemas);
  }

  /** Takes a statement; one from another block overrides what that block's includes said. */
  assign({ name }: OptionEntry, statement: Statement, origin: Block): void {
    const first = this.#given?.get(name);
    if (first && first.origin === origin) {
      const other = first.statement.name;
      const same = other === statement.name ? '' : ` (it is another spelling of "${other}")`;
      this.#context.diagnostics.error(
        statement.nameRange,
        `option "${statement.name}" is given twice${same}`,
        { related: { message: 'first given here', range: first.statement.nameRange } },
      );
      return;
    }
    this.#given ??= new Map();
    this.#given.set(name, { statement, origin });
  }

  /** Gives an option the value that follows from elsewhere, whatever statements say. */
  fix(name: string, value: OptionValue): void {
    this.#fixed ??= new Map();
    this.#fixed.set(name, value);
  }

  /** The statement that an option has its value from. */
  given(name: string): GivenOption | undefined {
    return this.#given?.get(name);
  }

  /** Reads and checks all values, once everything has been assigned. */
  resolve(): this {
    const values: Record<string, OptionValue> = {};
    for (const entry of this.index.entries) values[entry.name] = this.#valueOf(entry);
    this.values = values;
    return this;
  }

  spanOf(part: ValuePart): Span {
    return this.#context.source.span(this.rangeOf(part));
  }

  /** Where a part of an option's value stands in the file. */
  rangeOf({ option, offset = 0, length }: ValuePart): Range {
    const statement = this.#given?.get(option)?.statement;
    const [first] = statement?.values ?? [];
    const last = statement?.values.at(-1);
    if (!statement) return this.owner.range;
    if (!first || !last) return statement.nameRange;
    if (offset === 0 && length === undefined) return rangeThrough(first.range, last.range);
    const { source } = this.#context;
    const isRest = first !== last || this.values[option] === statement.rest;
    const text = isRest ? statement.rest : first.text;
    const start = Math.min(offset, text.length);
    const size = Math.min(length ?? text.length, text.length - start);
    if (isRest) return rangeInRest(source, statement, start, size);
    return rangeInValue(source, first, start, size);
  }

  #valueOf(entry: OptionEntry): OptionValue {
    const { name, schema, fallback } = entry;
    const { diagnostics, source } = this.#context;
    if (this.#fixed?.has(name)) return this.#fixed.get(name);
    const statement = this.#given?.get(name)?.statement;
    if (!statement) {
      if (schema.required) {
        diagnostics.error(this.owner.range, `${this.owner.title} needs the option "${name}"`);
      }
      this.#checkPaths(entry, fallback, this.owner.range, `the default of option "${name}"`);
      return fallback;
    }
    const parsed = parseOption(schema, statement, source);
    if (!parsed.ok) {
      for (const { problem, range, suggestion } of parsed.problems) {
        diagnostics.error(range, `option "${statement.name}" ${problem}`, { suggestion });
      }
      return fallback;
    }
    const range = statement.values[0]?.range ?? statement.nameRange;
    this.#checkPaths(entry, parsed.value, range, `option "${statement.name}"`);
    return parsed.value;
  }

  #checkPaths({ schema }: OptionEntry, value: OptionValue, range: Range, title: string): void {
    const type = schema.type === 'list' ? schema.of : schema;
    if (type.type !== 'path' || type.access === 'none' || value === undefined) return;
    const { paths, diagnostics } = this.#context;
    for (const path of Array.isArray(value) ? value : [value]) {
      if (typeof path !== 'string' || type.words?.includes(path)) continue;
      const problem = type.access === 'write' ? paths.writable(path) : paths.readable(path);
      if (problem !== undefined) diagnostics.error(range, `${title}: ${problem}`);
    }
  }
}
