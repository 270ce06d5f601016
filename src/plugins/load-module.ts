import { type Stats, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import { inspect } from 'node:util';
import type { StagePlugin } from './api.ts';
import { pluginProblem } from './check-plugin.ts';

/** A third-party plugin that cannot be used, and why. */
export class PluginLoadError extends Error {
  override readonly name = 'PluginLoadError';
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/** Milliseconds: a module that awaits something at its top level must not hang a start or reload. */
const IMPORT_TIMEOUT = 5000;

/**
 * Loads a plugin from an ES module whose default export is its declaration.
 *
 * As root, only code that nobody but root can change is run: the file and every folder above it
 * have to be root's and writable by no one else.
 *
 * @param path relative paths refer to the working folder
 * @param timeout milliseconds that the module has for what it awaits at its top level, and the
 *   modules that it imports; nothing can end one that does not come back from a loop
 * @throws PluginLoadError, and nothing else, whatever the module does
 */
export async function loadModule(path: string, timeout = IMPORT_TIMEOUT): Promise<StagePlugin> {
  const url = await explained(path, () => moduleUrl(path));
  const module = await explained(path, () => importWithin(timeout, url));
  const problem = await explained(path, async () => pluginProblem(module.default));
  if (problem !== undefined) {
    throw new PluginLoadError(`plugin ${path}: ${problem}; see docs/plugins.md`);
  }
  // Sound because pluginProblem has looked at every part of it.
  return module.default as StagePlugin;
}

/** Makes a PluginLoadError of whatever a step throws. */
async function explained<Result>(path: string, step: () => Promise<Result>): Promise<Result> {
  try {
    return await step();
  } catch (error) {
    if (error instanceof PluginLoadError) throw error;
    // Node tells the line of a syntax error only when it ends of it.
    const advice = error instanceof SyntaxError ? `; \`node --check ${path}\` shows where` : '';
    const message = `cannot load plugin ${path}: ${messageOf(error)}${advice}`;
    throw new PluginLoadError(message, { cause: error });
  }
}

async function moduleUrl(path: string): Promise<string> {
  const file = await realpath(path);
  if (process.geteuid?.() === 0) requireRootOwned(file);
  // The query makes a changed file a new module, so that a reload takes it in.
  return `${pathToFileURL(file).href}?${statSync(file).mtimeMs}`;
}

async function importWithin(timeout: number, url: string): Promise<{ default?: unknown }> {
  let timer: NodeJS.Timeout | undefined;
  const expired = new Promise<never>((_, reject) => {
    const message = `its top-level await has not ended after ${timeout / 1000} s`;
    timer = setTimeout(() => reject(new Error(message)), timeout);
  });
  try {
    return await Promise.race([import(url), expired]);
  } finally {
    clearTimeout(timer);
  }
}

function requireRootOwned(file: string): void {
  for (let path = file; ; path = dirname(path)) {
    const problem = ownershipProblem(statSync(path));
    if (problem) {
      throw new PluginLoadError(
        `will not run plugin ${file} as root: ${path} ${problem}; chown it to root and remove write permission for others`,
      );
    }
    if (path === dirname(path)) return;
  }
}

function ownershipProblem(stats: Stats): string | undefined {
  if (stats.uid !== 0) return `belongs to user ${stats.uid}`;
  // In a sticky folder such as /tmp, others cannot replace what is root's.
  const safe = stats.isDirectory() && (stats.mode & STICKY) !== 0;
  if (!safe && (stats.mode & WRITABLE_BY_OTHERS) !== 0) return 'is writable by others';
  return undefined;
}

/** A module can throw anything, also what cannot be made a string. */
const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : typeof error === 'string' ? error : inspect(error);
