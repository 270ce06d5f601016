import type { Statement, Value } from '../document.ts';
import type { Range, SourceText } from '../source-text.ts';
import { rangeInValue } from '../value-text.ts';
import { parseItem } from './item.ts';
import { bad, good, type Parsed } from './parsed.ts';
import type { Prefix } from './prefix.ts';
import type { ListOption, OptionSchema, OptionValue } from './schema.ts';

/** What is wrong with a statement's values, and the part that it is about. */
export interface OptionProblem {
  /** Continues the sentence “option "x" …”. */
  readonly problem: string;
  readonly suggestion?: string | undefined;
  readonly range: Range;
}

/** A value, or at least one problem. */
export type ParsedOption =
  | { readonly ok: true; readonly value: OptionValue }
  | { readonly ok: false; readonly problems: readonly OptionProblem[] };

/** Wrong items told of one list; whoever has more has mistaken the option. */
const maxItemProblems = 10;

const flagWords = new Map([
  ['yes', true],
  ['on', true],
  ['true', true],
  ['1', true],
  ['no', false],
  ['off', false],
  ['false', false],
  ['0', false],
]);

/** Reads the values of a statement as its option's declaration says. */
export function parseOption(
  schema: OptionSchema,
  statement: Statement,
  source: SourceText,
): ParsedOption {
  const { values, nameRange, rest } = statement;
  const [first, second] = values;
  const isRest = schema.type === 'string' && schema.rest === true;
  if (!first) {
    if (schema.type === 'flag') return { ok: true, value: true };
    return at(nameRange, bad('needs a value'));
  }
  if (schema.type === 'list') return parseList(schema, values, source);
  if (isRest) return { ok: true, value: rest };
  if (second) {
    const advice = schema.type === 'flag' ? '' : '; text with blanks is written in double quotes';
    const takes = schema.type === 'flag' ? 'takes at most one value' : 'takes one value';
    return at(second.range, bad(`${takes}${advice}`));
  }
  return at(first.range, schema.type === 'flag' ? parseFlag(first) : parseItem(schema, first.text));
}

function parseFlag({ text }: Value): Parsed<boolean> {
  const value = flagWords.get(text.toLowerCase());
  return value === undefined ? bad('takes no value, or yes or no') : good(value);
}

function parseList(
  { of, maxItems = Number.POSITIVE_INFINITY }: ListOption,
  values: readonly Value[],
  source: SourceText,
): ParsedOption {
  const items: (string | number | Prefix)[] = [];
  const problems: OptionProblem[] = [];
  for (const value of values) {
    for (const { text, offset } of itemsIn(value, of)) {
      const parsed =
        items.length < maxItems ? parseItem(of, text) : bad(`takes at most ${maxItems} values`);
      if (parsed.ok) items.push(parsed.value);
      else problems.push({ ...parsed, range: rangeInValue(source, value, offset, text.length) });
      if (problems.length === maxItemProblems) return { ok: false, problems };
    }
  }
  const [first] = values;
  if (problems.length > 0) return { ok: false, problems };
  if (items.length === 0 && first) return at(first.range, bad('needs a value'));
  return { ok: true, value: items };
}

/** One item of a list as written, and where its text starts in the text of its value. */
interface ListItem {
  readonly text: string;
  readonly offset: number;
}

/** An item and the value that it stands in. */
export interface ItemInValue extends ListItem {
  readonly value: Value;
}

/** Commas separate items everywhere save in quoted text, where they may belong to it. */
function itemsIn(value: Value, { type }: ListOption['of']): readonly ListItem[] {
  const isText = type === 'string' || type === 'path';
  if (value.quoted && isText) return [{ text: value.text, offset: 0 }];
  return Array.from(value.text.matchAll(/[^,\s]+/g), ({ 0: text, index }) => ({
    text,
    offset: index,
  }));
}

/** The items of a list, each with the value that it stands in. */
export function listItems({ of }: ListOption, values: readonly Value[]): readonly ItemInValue[] {
  const items: ItemInValue[] = [];
  for (const value of values) {
    for (const { text, offset } of itemsIn(value, of)) items.push({ text, offset, value });
  }
  return items;
}

function at(range: Range, parsed: Parsed<OptionValue>): ParsedOption {
  return parsed.ok ? parsed : { ok: false, problems: [{ ...parsed, range }] };
}
