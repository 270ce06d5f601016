import { Suggester } from '../suggest.ts';
import { listWords, shown } from '../wording.ts';
import { parseDuration, parseInteger, parseSize } from './number.ts';
import { bad, good, type Parsed } from './parsed.ts';
import { type Prefix, parsePrefix } from './prefix.ts';
import type { ItemType } from './schema.ts';

/** Reads one word as a value of any type but flag and list. */
export function parseItem(type: ItemType, text: string): Parsed<string | number | Prefix> {
  switch (type.type) {
    case 'integer':
      return parseInteger(text, type);
    case 'size':
      return parseSize(text, type);
    case 'duration':
      return parseDuration(text, type);
    case 'prefix':
      return parsePrefix(text);
    case 'enum':
      return parseEnum(text, type);
    case 'path':
      if (type.words?.includes(text)) return good(text);
      return text === '' ? bad('takes a path, which cannot be empty') : good(text);
    case 'string':
      return good(text);
  }
}

type EnumType = Extract<ItemType, { type: 'enum' }>;

function parseEnum(text: string, { values, valueAliases = {} }: EnumType): Parsed<string> {
  const lower = text.toLowerCase();
  const exact = values.find((value) => value.toLowerCase() === lower);
  if (exact !== undefined) return good(exact);
  const alias = Object.hasOwn(valueAliases, lower) ? valueAliases[lower] : undefined;
  if (alias !== undefined) return good(alias);
  const spellings = [...values, ...Object.keys(valueAliases)];
  return bad(
    `takes ${listWords(values)}, not ${shown(text)}`,
    new Suggester().nearest(text, spellings),
  );
}
