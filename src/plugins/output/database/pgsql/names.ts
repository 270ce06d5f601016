/** An identifier as SQL text, whatever it holds (PostgreSQL's documentation, section 4.1.1). */
export const quoteName = (name: string): string => `"${name.replaceAll('"', '""')}"`;

/** `"schema"."name"`. */
export const quotePath = (schema: string, name: string): string =>
  `${quoteName(schema)}.${quoteName(name)}`;

/** Names to look for, the best first: as it is written, and as PostgreSQL reads it without quotes. */
export const spellings = (name: string): string[] => [...new Set([name, name.toLowerCase()])];

/** A function's name as it is written in SQL: `insert_ct`, `fw.insert_ct`, `"Insert CT"`. */
export interface WrittenName {
  /** Spellings of the schema; undefined if it is not given. */
  readonly schema: readonly string[] | undefined;
  readonly name: readonly string[];
}

/** @throws Error if it is no name */
export function parseName(text: string): WrittenName {
  const [, schema, name] =
    /^\s*(?:("(?:[^"]|"")+"|[^".]+)\.)?("(?:[^"]|"")+"|[^".]+)\s*$/.exec(text) ?? [];
  if (name === undefined) throw new Error(`${text} is no name of a function`);
  return { schema: schema === undefined ? undefined : written(schema), name: written(name) };
}

const written = (text: string): string[] =>
  text.startsWith('"') ? [text.slice(1, -1).replaceAll('""', '"')] : spellings(text.trim());
