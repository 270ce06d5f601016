import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import {
  type Config,
  type Diagnostic,
  formatDiagnostics,
  type ParsedConfig,
  parseConfig,
  resolveConfig,
  typedValues,
} from '../config-grammar/index.ts';
import { capabilityNumber } from '../libc/capabilities.ts';
import { loadModule, PluginLoadError } from '../plugins/load-module.ts';
import { PluginCatalogue } from './catalogue.ts';
import { type GlobalOptions, globalOptions } from './global-options.ts';
import { PrivilegeError, resolveCapability, resolveUser } from './privileges.ts';
import { messageOf } from './to-error.ts';

/** A valid config file with the plugins that it names. */
export interface LoadedConfig {
  readonly config: Config;
  readonly catalogue: PluginCatalogue;
  readonly global: GlobalOptions;
}

/** What came of reading a config file: `loaded` unless there are errors. */
export interface LoadResult {
  readonly loaded?: LoadedConfig;
  /** Errors and warnings as they follow in the file: `file:line:column: error: …`, line and caret. */
  readonly messages: string;
  /** The errors alone, in the same form; empty exactly when there is `loaded`. */
  readonly errors: string;
  /** The warnings alone, in the same form. */
  readonly warnings: string;
}

export interface LoadOptions {
  /** Whether the messages are for a terminal. */
  readonly color: boolean;
  /**
   * Absolute: the folder that specter was started in, which relative paths refer to wherever the
   * daemon has gone since.
   */
  readonly folder: string;
  /**
   * Reading for a daemon at work. What only a start opens, the paths in `global`, is not checked:
   * the daemon holds it already, and the user it has become need not be able to open it again.
   */
  readonly reload: boolean;
}

/** Reads a config file, loads the plugins it names and checks everything that can be checked. */
export async function loadConfig(
  file: string,
  { color, folder, reload }: LoadOptions,
): Promise<LoadResult> {
  let bytes: Uint8Array;
  try {
    bytes = readFileSync(resolve(folder, file));
  } catch (error) {
    const message = `${file}: error: ${messageOf(error)}\n`;
    return { messages: message, errors: message, warnings: '' };
  }
  const parsed = parseConfig(bytes, file);
  const catalogue = new PluginCatalogue();
  const loadErrors = await loadModules(parsed, catalogue, folder);
  const resolved = resolveConfig(parsed.document, catalogue, { folder, checkGlobalPaths: !reload });
  // Where a module could not be loaded, that it is not there would be said a second time.
  const explained = new Set(loadErrors.map(({ span }) => span.offset));
  const others = resolved.diagnostics.filter(({ span }) => !explained.has(span.offset));
  const diagnostics = [...parsed.diagnostics, ...loadErrors, ...others];
  const { config } = resolved;
  const global = config && typedValues(config.global, globalOptions);
  if (config && global) {
    diagnostics.push(...checkUser(config, global), ...checkCapabilities(config, catalogue, global));
  }
  if (config?.blocks.length === 0) diagnostics.push(nothingToDo(parsed));
  const errors = diagnostics.filter(({ severity }) => severity === 'error');
  const warnings = diagnostics.filter(({ severity }) => severity === 'warning');
  const loaded =
    config && global && errors.length === 0 ? { config, catalogue, global } : undefined;
  const suppressed = parsed.suppressed + resolved.suppressed;
  const names = catalogue.optionNames();
  const format = (some: readonly Diagnostic[], leftOut: number): string =>
    formatDiagnostics(some, parsed.document.source, { color, names, suppressed: leftOut });
  return {
    ...(loaded && { loaded }),
    messages: format(diagnostics, suppressed),
    // What was left out counts as errors where the file has any.
    errors: format(errors, loaded ? 0 : suppressed),
    warnings: format(warnings, loaded ? suppressed : 0),
  };
}

async function loadModules(
  parsed: ParsedConfig,
  catalogue: PluginCatalogue,
  folder: string,
): Promise<Diagnostic[]> {
  const errors: Diagnostic[] = [];
  for (const reference of parsed.pluginReferences) {
    if (reference.kind !== 'module') continue;
    try {
      catalogue.addStage(reference, await loadModule(resolve(folder, reference.path)));
    } catch (error) {
      if (!(error instanceof PluginLoadError)) throw error;
      errors.push({ severity: 'error', message: error.message, span: reference.span });
    }
  }
  return errors;
}

/** Also what a reload meets when it reads a file that is only being written. */
function nothingToDo({ document }: ParsedConfig): Diagnostic {
  return {
    severity: 'error',
    message: 'no block is fed by a source; add one, such as "5 { … }" for NFLOG group 5',
    span: document.source.span({ offset: 0, length: 0 }),
  };
}

/** Whether the user and the capabilities exist: only the system knows. */
function checkUser(config: Config, { user, keepcaps }: GlobalOptions): Diagnostic[] {
  return [
    ...checkOption(config, 'user', () => user !== undefined && resolveUser(user)),
    ...keepcaps.flatMap((name) => checkOption(config, 'keepcaps', () => resolveCapability(name))),
  ];
}

/** Whether plugins are left the capabilities that they need: `keepcaps` has to name them. */
function checkCapabilities(
  { blocks }: Config,
  catalogue: PluginCatalogue,
  { user, keepcaps }: GlobalOptions,
): Diagnostic[] {
  if (user === undefined) return [];
  const kept = keepcaps.map(capabilityNumber);
  return blocks.flatMap(({ plugins }) =>
    plugins.flatMap(({ schema, span }) => {
      const { name, capabilities = [] } = catalogue.stageOf(schema);
      const given = capabilities.filter((wanted) => !kept.includes(capabilityNumber(wanted)));
      if (given.length === 0) return [];
      const message = `${name} needs the capability ${given.join(', ')}, which user ${user} would not have; add "keepcaps ${given.join(' ')}" to the block "global"`;
      return [{ severity: 'error' as const, message, span }];
    }),
  );
}

function checkOption(
  config: Config,
  option: 'user' | 'keepcaps',
  resolve: () => void,
): Diagnostic[] {
  try {
    resolve();
    return [];
  } catch (error) {
    if (!(error instanceof PrivilegeError)) throw error;
    const span = config.global.spanOf({ option });
    return [{ severity: 'error', message: error.message, span }];
  }
}
