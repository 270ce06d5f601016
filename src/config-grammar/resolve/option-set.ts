import type { Block, Statement } from '../document.ts';
import { type ItemInValue, listItems, parseOption } from '../options/option.ts';
import type { ListOption, OptionSchemas, OptionValue } from '../options/schema.ts';
import { type Range, rangeThrough, type SourceText, type Span } from '../source-text.ts';
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
  /** The items of lists that something was said about. */
  #items: Map<Statement, readonly ItemInValue[]> | undefined;
  #valid = true;

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

  /**
   * Gives an option the value that follows from elsewhere, whatever statements say; undefined when
   * what follows is no good value, which whoever calls this reports.
   */
  fix(name: string, value: OptionValue): void {
    if (value === undefined) this.#valid = false;
    this.#fixed ??= new Map();
    this.#fixed.set(name, value);
  }

  /** The statement that an option has its value from. */
  given(name: string): GivenOption | undefined {
    return this.#given?.get(name);
  }

  /** Whether `values` are all that the file says: false after an error in a value. */
  get valid(): boolean {
    return this.#valid;
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
  rangeOf(part: ValuePart): Range {
    const { option, item, offset = 0, length } = part;
    const statement = this.#given?.get(option)?.statement;
    if (!statement) return this.owner.range;
    const { values, nameRange, rest } = statement;
    const [first] = values;
    const last = values.at(-1);
    if (!first || !last) return nameRange;
    const { source } = this.#context;
    const whole = rangeThrough(first.range, last.range);
    const schema = this.schemas[option];
    if (schema?.type === 'list' && item !== undefined) {
      const found = this.#itemsOf(schema, statement)[item];
      return found ? rangeInItem(source, found, part) : whole;
    }
    if (offset === 0 && length === undefined) return whole;
    if (schema?.type === 'list' || (schema?.type === 'string' && schema.rest)) {
      const cut = within(rest, offset, length);
      return rangeInRest(source, statement, cut.offset, cut.length);
    }
    const cut = within(first.text, offset, length);
    return rangeInValue(source, first, cut.offset, cut.length);
  }

  #itemsOf(schema: ListOption, statement: Statement): readonly ItemInValue[] {
    this.#items ??= new Map();
    const known = this.#items.get(statement);
    if (known) return known;
    const items = listItems(schema, statement.values);
    this.#items.set(statement, items);
    return items;
  }

  #valueOf(entry: OptionEntry): OptionValue {
    const { name, schema, fallback } = entry;
    const { source } = this.#context;
    if (this.#fixed?.has(name)) return this.#fixed.get(name);
    const statement = this.#given?.get(name)?.statement;
    if (!statement) {
      if (schema.required) {
        this.#refuse(this.owner.range, `${this.owner.title} needs the option "${name}"`);
      }
      this.#checkPaths(entry, fallback, this.owner.range, `the default of option "${name}"`);
      return fallback;
    }
    const parsed = parseOption(schema, statement, source);
    if (!parsed.ok) {
      for (const { problem, range, suggestion } of parsed.problems) {
        this.#refuse(range, `option "${statement.name}" ${problem}`, suggestion);
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
    const { paths } = this.#context;
    for (const path of Array.isArray(value) ? value : [value]) {
      if (typeof path !== 'string' || type.words?.includes(path)) continue;
      const problem = type.access === 'write' ? paths.writable(path) : paths.readable(path);
      if (problem !== undefined) this.#refuse(range, `${title}: ${problem}`);
    }
  }

  #refuse(range: Range, message: string, suggestion?: string): void {
    this.#valid = false;
    this.#context.diagnostics.error(range, message, { suggestion });
  }
}

/** The range of a part of a list item; of all of it, quotes included. */
function rangeInItem(
  source: SourceText,
  { value, text, offset }: ItemInValue,
  part: ValuePart,
): Range {
  const cut = within(text, part.offset, part.length);
  if (cut.length === value.text.length) return value.range;
  return rangeInValue(source, value, offset + cut.offset, cut.length);
}

/** The part of `text` that an offset and a length mean, cut where the text ends. */
function within(text: string, offset = 0, length = text.length): Range {
  const start = Math.min(offset, text.length);
  return { offset: start, length: Math.min(length, text.length - start) };
}
