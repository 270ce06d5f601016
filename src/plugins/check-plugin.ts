import type { KeyType } from '../records/key.ts';
import { defineOptions, type OptionSchemas } from './api.ts';

/** Spelled as records so that the compiler misses none. */
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
const optionTypes: Readonly<Record<OptionSchemas[string]['type'], true>> = {
  flag: true,
  string: true,
  path: true,
  integer: true,
  size: true,
  duration: true,
  enum: true,
  prefix: true,
  list: true,
};

type Fields = Readonly<Record<string, unknown>>;

/**
 * What keeps a module's default export, which may be anything, from being the declaration of an
 * input, filter or output; undefined when it is one.
 */
export function pluginProblem(value: unknown): string | undefined {
  if (!isObject(value)) return 'its default export is no plugin';
  const { kind, name, summary, open, reads, provides, options } = value;
  if (kind !== 'input' && kind !== 'filter' && kind !== 'output') {
    return '`kind` must be input, filter or output';
  }
  if (!isText(name)) return 'it has no `name`';
  if (!isText(summary)) return 'it has no `summary`';
  if (typeof open !== 'function') return 'it has no function `open`';
  if (!(kind === 'output' && reads === 'all') && !isListOf(reads, isKeyUse)) {
    return '`reads` must be a list of { name }';
  }
  if (kind !== 'output' && !isListOf(provides, isKey)) {
    return '`provides` must be a list of { name, type, help }, with types that keys can have';
  }
  return optionsProblem(options);
}

function optionsProblem(options: unknown): string | undefined {
  if (!isObject(options)) return 'it has no `options`; {} when it takes none';
  for (const [name, schema] of Object.entries(options)) {
    if (!isObject(schema) || !isText(schema.help) || !isWordOf(optionTypes, schema.type)) {
      return `option "${name}": it must have a \`help\` and a \`type\` that options can have`;
    }
  }
  try {
    // Its form was checked above as far as defineOptions does not do it.
    defineOptions(options as OptionSchemas);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
}

const isObject = (value: unknown): value is Fields => typeof value === 'object' && value !== null;

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';

const isWordOf = (words: Readonly<Record<string, true>>, value: unknown): boolean =>
  typeof value === 'string' && Object.hasOwn(words, value);

const isListOf = (value: unknown, isItem: (item: unknown) => boolean): boolean =>
  Array.isArray(value) && value.every(isItem);

const isKeyUse = (value: unknown): boolean => isObject(value) && isText(value.name);

const isKey = (value: unknown): boolean =>
  isObject(value) && isText(value.name) && isText(value.help) && isWordOf(keyTypes, value.type);
