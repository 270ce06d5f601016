import {
  describeDefault,
  describeType,
  type OptionSchema,
  type OptionSchemas,
} from '../config-grammar/index.ts';
import { globalOptions } from '../daemon/global-options.ts';
import type { KeyUse, Plugin } from '../plugins/api.ts';
import { PluginLoadError } from '../plugins/load-module.ts';
import { builtins } from '../plugins/registry.ts';
import type { Key, KeyType } from '../records/key.ts';
import { findPlugin } from './find-plugin.ts';

/** What `info` tells about a plugin, a source or the global block; the form of `--json`. */
export interface InfoDocument {
  readonly name: string;
  readonly kind: Plugin['kind'] | 'block';
  readonly summary: string;
  readonly options: readonly OptionInfo[];
  /** Keys read, or `all`. */
  readonly reads: readonly KeyUse[] | 'all';
  /** Whether its options can name further keys to read. */
  readonly readsNamed: boolean;
  /** Keys that it finds out about when its block is opened are read, too. */
  readonly surveys: boolean;
  readonly provides: readonly Key[];
}

interface OptionInfo {
  readonly name: string;
  readonly type: string;
  readonly default?: string;
  readonly required: boolean;
  readonly aliases: readonly string[];
  readonly help: string;
}

const globalBlock: InfoDocument = {
  name: 'global',
  kind: 'block',
  summary: 'options of specter itself, in the block `global`',
  options: optionInfos(globalOptions),
  reads: [],
  readsNamed: false,
  surveys: false,
  provides: [],
};

/** Everything that comes with specter, for `info` without a name and for the manual. */
export const allInfo: readonly InfoDocument[] = [globalBlock, ...builtins.map(infoOf)];

/** `specter info [NAME]`: prints what a plugin is. Returns the exit code. */
export async function info(name: string | undefined, json: boolean): Promise<number> {
  let documents: readonly InfoDocument[];
  try {
    documents = name === undefined ? allInfo : [await find(name)];
  } catch (error) {
    if (!(error instanceof PluginLoadError)) throw error;
    process.stderr.write(`specter: ${error.message}\n`);
    return 1;
  }
  const text = json ? JSON.stringify(documents, null, 2) : documents.map(format).join('\n\n');
  process.stdout.write(`${text}\n`);
  return 0;
}

/** `specter plugins`: one line each. */
export function listPlugins(): void {
  for (const { name, kind, summary } of allInfo) {
    process.stdout.write(`${name.padEnd(10)} ${kind.padEnd(8)} ${summary}\n`);
  }
}

const find = async (name: string): Promise<InfoDocument> =>
  name.toLowerCase() === globalBlock.name
    ? globalBlock
    : infoOf(await findPlugin(name, [globalBlock.name]));

function infoOf(plugin: Plugin): InfoDocument {
  return {
    name: plugin.name,
    kind: plugin.kind,
    summary: plugin.summary,
    options: optionInfos(plugin.options),
    reads: plugin.kind === 'source' ? [] : plugin.reads,
    readsNamed: 'readsOf' in plugin,
    surveys: 'survey' in plugin,
    provides: plugin.kind === 'output' ? [] : plugin.provides,
  };
}

function optionInfos(schemas: OptionSchemas): OptionInfo[] {
  return Object.entries(schemas).map(([name, schema]) => optionInfo(name, schema));
}

function optionInfo(name: string, schema: OptionSchema): OptionInfo {
  const value = describeDefault(schema);
  return {
    name,
    type: describeType(schema),
    ...(value === undefined || value === '' ? {} : { default: value }),
    required: schema.required === true,
    aliases: schema.aliases ?? [],
    help: schema.help,
  };
}

/** The names that ulogd2's `--info` has for types. */
const typeNames: Readonly<Record<KeyType, string>> = {
  bool: 'boolean',
  u8: 'unsigned int 8',
  u16: 'unsigned int 16',
  u32: 'unsigned int 32',
  u64: 'unsigned int 64',
  ip: 'IP addr',
  mac: 'link-layer addr',
  string: 'string',
  bytes: 'raw data',
};

function format(document: InfoDocument): string {
  const { name, kind, summary, options, reads, readsNamed, surveys, provides } = document;
  const lines = [`Name: ${name}`, `Kind: ${kind}`, `Summary: ${summary}`];
  if (options.length > 0) lines.push('Options:', ...options.flatMap(formatOption));
  if (reads === 'all') lines.push('Keys read: all that the block provides');
  else if (reads.length > 0) lines.push('Keys read:', ...reads.map(formatUse));
  if (surveys) lines.push('Keys read: those that the columns of its table are named after.');
  if (readsNamed) lines.push('Keys that its options name are read as well.');
  if (provides.length > 0) lines.push('Keys provided:', ...provides.map(formatKey));
  return lines.join('\n');
}

function formatOption({ name, type, default: value, required, aliases, help }: OptionInfo) {
  const details = [
    type,
    ...(required ? ['required'] : []),
    ...(value === undefined ? [] : [`default ${value}`]),
    ...(aliases.length === 0 ? [] : [`also ${aliases.join(', ')}`]),
  ];
  return [`  ${name} (${details.join('; ')})`, `      ${help}`];
}

const formatUse = ({ name, required }: KeyUse): string =>
  `  ${name}${required ? ' (required)' : ''}`;

const formatKey = (key: Key): string => `  ${key.name} (${typeNames[key.type]}): ${keyHelp(key)}`;

/** What a key means, and whether it has to be named to be read. */
export const keyHelp = ({ help, onlyByName }: Key): string =>
  onlyByName ? `${help}; left out where all keys are read` : help;
