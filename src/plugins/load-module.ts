import { type Stats, statSync } from 'node:fs';
import { realpath } from 'node:fs/promises';
import { dirname } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { StagePlugin } from './api.ts';
import { pluginProblem } from './check-plugin.ts';

/** A third-party plugin that cannot be used, and why. */
export class PluginLoadError extends Error {
  override readonly name = 'PluginLoadError';
}

const WRITABLE_BY_OTHERS = 0o022;
const STICKY = 0o1000;

/**
 * Loads a plugin from an ES module whose default export is its declaration.
 *
 * As root, only code that nobody but root can change is run: the file and every folder above it
 * have to be root's and writable by no one else.
 *
 * @throws PluginLoadError
 */
export async function loadModule(path: string): Promise<StagePlugin> {
  const file = await realFile(path);
  if (process.geteuid?.() === 0) requireRootOwned(file);
  // The query makes a changed file a new module, so that a reload takes it in.
  const version = statSync(file).mtimeMs;
  const module = await importModule(`${pathToFileURL(file).href}?${version}`, path);
  const problem = pluginProblem(module.default);
  if (problem !== undefined) {
    throw new PluginLoadError(`plugin ${path}: ${problem}; see docs/plugins.md`);
  }
  // Sound because pluginProblem has looked at every part of it.
  return module.default as StagePlugin;
}

async function realFile(path: string): Promise<string> {
  try {
    return await realpath(path);
  } catch (error) {
    throw new PluginLoadError(`cannot load plugin ${path}: ${messageOf(error)}`, { cause: error });
  }
}

async function importModule(url: string, path: string): Promise<{ default?: unknown }> {
  try {
    return await import(url);
  } catch (error) {
    // Node tells the line of a syntax error only when it ends of it.
    const advice = error instanceof SyntaxError ? `; \`node --check ${path}\` shows where` : '';
    const message = `cannot load plugin ${path}: ${messageOf(error)}${advice}`;
    throw new PluginLoadError(message, { cause: error });
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

const messageOf = (error: unknown): string =>
  error instanceof Error ? error.message : String(error);
