import { parseItem } from './item.ts';
import { bad, good, type Parsed } from './parsed.ts';
import type { OptionSchema, OptionSchemas, OptionValue } from './schema.ts';

/** Words that say what a block is made of. */
export const blockWords: readonly string[] = ['plugin', 'include', 'source'];

/** Words that every section may have, whatever its plugin. */
export const sectionWords: readonly string[] = ['when'];

/** Words of the language: no plugin's option can have their names. */
export const structuralWords: ReadonlySet<string> = new Set([...blockWords, ...sectionWords]);

const namePattern = /^[A-Za-z_][A-Za-z0-9_.-]*$/;

/**
 * Declares a set of options and keeps their exact types for `OptionValues`.
 *
 * @throws {TypeError} on a declaration that can never work: a default that is no valid value, two
 *   options with one name, a name that the language keeps for itself
 */
export function defineOptions<const Schemas extends OptionSchemas>(schemas: Schemas): Schemas {
  const spellings = new Set<string>();
  for (const [name, schema] of Object.entries(schemas)) {
    for (const spelling of [name, ...(schema.aliases ?? [])]) {
      if (!namePattern.test(spelling)) throw wrong(name, `"${spelling}" is no option name`);
      if (structuralWords.has(spelling))
        throw wrong(name, `"${spelling}" is a word of the language`);
      if (spellings.has(spelling)) throw wrong(name, `"${spelling}" is declared twice`);
      spellings.add(spelling);
    }
    if (schema.required === true && schema.default !== undefined) {
      throw wrong(name, 'a required option has no use for a default');
    }
    const parsed = defaultOf(schema);
    if (!parsed.ok) throw wrong(name, `its default ${parsed.problem}`);
  }
  return schemas;
}

/** The value of an option that is not given. */
export function defaultValue(schema: OptionSchema): OptionValue {
  const parsed = defaultOf(schema);
  return parsed.ok ? parsed.value : undefined;
}

function defaultOf(schema: OptionSchema): Parsed<OptionValue> {
  if (schema.type === 'flag') return good(schema.default ?? false);
  if (schema.default === undefined) return good(undefined);
  if (schema.type !== 'list') return parseItem(schema, String(schema.default));
  const items = schema.default.map((text) => parseItem(schema.of, text));
  const failed = items.find((item) => !item.ok);
  if (failed) return failed;
  if (items.length > (schema.maxItems ?? items.length)) return bad('has too many items');
  return good(items.flatMap((item) => (item.ok ? [item.value] : [])));
}

const wrong = (name: string, problem: string): TypeError =>
  new TypeError(`option "${name}": ${problem}`);
