import type { KeyType } from '../records/key.ts';
import { API_VERSION, defineOptions, type OptionSchemas } from './api.ts';

type OptionSchema = OptionSchemas[string];
type OptionType = OptionSchema['type'];
type Fields = Readonly<Record<string, unknown>>;
type Test = (value: unknown) => boolean;

/** What one member of a declaration must be, and how a message says so. */
interface Member {
  readonly holds: Test;
  readonly form: string;
}

/** The members that an option of this type can have; the compiler misses none. */
type MembersOf<Type extends OptionType> = Readonly<
  Record<Exclude<keyof Extract<OptionSchema, { type: Type }>, 'type'>, Member>
>;

const isObject = (value: unknown): value is Fields =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const isString: Test = (value) => typeof value === 'string';

const isText: Test = (value) => typeof value === 'string' && value !== '';

const isListOf =
  (isItem: Test): Test =>
  (value) =>
    // Spread, so that a hole counts as undefined.
    Array.isArray(value) && [...value].every(isItem);

const isWordOf =
  (words: Readonly<Record<string, unknown>>): Test =>
  (value) =>
    typeof value === 'string' && Object.hasOwn(words, value);

const optional = ({ holds, form }: Member): Member => ({
  holds: (value) => value === undefined || holds(value),
  form,
});

const boolean: Member = { holds: (value) => typeof value === 'boolean', form: 'true or false' };
const string: Member = { holds: isString, form: 'a string' };
const text: Member = { holds: isText, form: 'a string that is not empty' };
const number: Member = {
  holds: (value) => typeof value === 'number' && !Number.isNaN(value),
  form: 'a number',
};
const positiveInteger: Member = {
  holds: (value) => Number.isSafeInteger(value) && Number(value) > 0,
  form: 'an integer above 0',
};
const strings: Member = { holds: isListOf(isString), form: 'a list of strings' };
const texts: Member = { holds: isListOf(isText), form: 'a list of strings that are not empty' };
const someTexts: Member = {
  holds: (value) => texts.holds(value) && !isEmptyList(value),
  form: 'a list of at least one string, none of them empty',
};
const access: Member = {
  holds: isWordOf({ write: true, read: true, none: true }),
  form: 'write, read or none',
};
const unit: Member = {
  holds: isWordOf({ ms: true, s: true, m: true, h: true, d: true }),
  form: 'ms, s, m, h or d',
};
const wordMap: Member = {
  holds: (value) => isObject(value) && Object.values(value).every(isText),
  form: 'an object of strings that are not empty',
};
const object: Member = { holds: isObject, form: 'an object with the `type` of the items' };

const common = { help: text, aliases: optional(texts), required: optional(boolean) };
const range = { min: optional(number), max: optional(number) };

const optionMembers: { readonly [Type in OptionType]: MembersOf<Type> } = {
  flag: { ...common, default: optional(boolean) },
  string: {
    ...common,
    rest: optional(boolean),
    secret: optional(boolean),
    default: optional(string),
  },
  path: { ...common, access, words: optional(texts), default: optional(string) },
  integer: { ...common, ...range, default: optional(number) },
  size: { ...common, ...range, default: optional(string) },
  duration: { ...common, ...range, unit: optional(unit), default: optional(string) },
  enum: {
    ...common,
    values: someTexts,
    valueAliases: optional(wordMap),
    default: optional(string),
  },
  prefix: { ...common, default: optional(string) },
  list: {
    ...common,
    of: object,
    maxItems: optional(positiveInteger),
    default: optional(strings),
  },
};
const isOptionType = (value: unknown): value is OptionType => isWordOf(optionMembers)(value);

/** Spelled as a record so that the compiler misses none. */
const keyTypes: Readonly<Record<KeyType, true>> = {
  bool: true,
  u8: true,
  u16: true,
  u32: true,
  u64: true,
  ip: true,
  mac: true,
  string: true,
  bytes: true,
};

/**
 * What keeps a module's default export, which may be anything, from being the declaration of an
 * input, filter or output; undefined when it is one. Looks at every member that the declaration's
 * type has. Throws what a getter of the export throws.
 */
export function pluginProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'its default export is no plugin';
  const { kind, name, apiVersion, summary, open, reads, provides, options, capabilities } = value;
  if (kind !== 'input' && kind !== 'filter' && kind !== 'output') {
    return '`kind` must be input, filter or output';
  }
  if (!isText(name)) return 'it has no `name`';
  if (apiVersion !== undefined && apiVersion !== API_VERSION) {
    return `it is written for version ${String(apiVersion)} of the plugin contract, and this specter has version ${API_VERSION}`;
  }
  if (!isText(summary)) return 'it has no `summary`';
  if (typeof open !== 'function') return 'it has no function `open`';
  for (const member of ['check', 'readsOf', 'holds']) {
    const given = value[member];
    if (given !== undefined && typeof given !== 'function')
      return `\`${member}\` must be a function`;
  }
  if (capabilities !== undefined && !isListOf(isText)(capabilities)) {
    return '`capabilities` must be a list of names';
  }
  if (!(kind === 'output' && reads === 'all') && !isListOf(isKeyUse)(reads)) {
    return '`reads` must be a list of { name, required?, for? }';
  }
  if (kind !== 'output' && !isListOf(isKey)(provides)) {
    return '`provides` must be a list of { name, type, help }, with types that keys can have';
  }
  return optionsProblem(options);
}

function optionsProblem(options: unknown): string | undefined {
  if (!isObject(options)) return 'it has no `options`; {} when it takes none';
  for (const [name, schema] of Object.entries(options)) {
    const problem = optionProblem(schema);
    if (problem !== undefined) return `option "${name}": ${problem}`;
  }
  try {
    // Sound because every member was looked at; what remains is whether they make sense together.
    defineOptions(options as OptionSchemas);
    return undefined;
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    return error.message;
  }
}

function optionProblem(schema: unknown): string | undefined {
  if (!isObject(schema) || !isText(schema.help) || !isOptionType(schema.type)) {
    return 'it must have a `help` and a `type` that options can have';
  }
  const problem = memberProblem(schema, optionMembers[schema.type], '');
  return problem ?? (schema.type === 'list' ? itemProblem(schema.of) : undefined);
}

/** A list's items are declared like options, but for help and default: the list has those. */
function itemProblem(item: unknown): string | undefined {
  if (!isObject(item) || !isOptionType(item.type) || item.type === 'list' || item.type === 'flag') {
    return '`of` must have a `type` that items of a list can have';
  }
  const { help: _help, default: _default, ...members } = optionMembers[item.type];
  return memberProblem(item, members, 'of.');
}

function memberProblem(
  declared: Fields,
  members: Readonly<Record<string, Member>>,
  prefix: string,
): string | undefined {
  for (const [name, { holds, form }] of Object.entries(members)) {
    if (!holds(declared[name])) return `\`${prefix}${name}\` must be ${form}`;
  }
  return undefined;
}

function isEmptyList(value: unknown): boolean {
  return Array.isArray(value) && value.length === 0;
}

function isKeyUse(value: unknown): boolean {
  if (!isObject(value) || !isText(value.name)) return false;
  return optional(boolean).holds(value.required) && optional(texts).holds(value.for);
}

function isKey(value: unknown): boolean {
  if (!isObject(value)) return false;
  const { name, help, type, onlyByName } = value;
  return (
    isText(name) && isText(help) && isWordOf(keyTypes)(type) && optional(boolean).holds(onlyByName)
  );
}
