import { accessSync, constants, type Stats, statSync } from 'node:fs';
import { dirname, resolve } from 'node:path';
import { getSystemErrorMap } from 'node:util';

/**
 * Whether the current user could append to `path` or create it; nothing is opened or created.
 *
 * @returns undefined when it could, else why not, as a sentence without a full stop
 */
export function checkWritable(path: string): string | undefined {
  return attempt(path, () => {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (!stats) return checkCreatable(path);
    if (!isStream(stats)) return `${path} is ${kindOf(stats)}, which cannot be written as a file`;
    accessSync(path, constants.W_OK);
    return undefined;
  });
}

/** The same for reading a file that has to be there. */
export function checkReadable(path: string): string | undefined {
  return attempt(path, () => {
    const stats = statSync(path);
    if (!isStream(stats)) return `${path} is ${kindOf(stats)}, which cannot be read as a file`;
    accessSync(path, constants.R_OK);
    return undefined;
  });
}

function checkCreatable(path: string): string | undefined {
  if (path.endsWith('/')) return `${path} is the name of a directory`;
  const directory = dirname(resolve(path));
  return attempt(directory, () => {
    const stats = statSync(directory, { throwIfNoEntry: false });
    if (!stats) return `the directory ${directory} does not exist; create it first`;
    if (!stats.isDirectory()) return `${directory} is not a directory`;
    accessSync(directory, constants.W_OK | constants.X_OK);
    return undefined;
  });
}

const isStream = (stats: Stats): boolean =>
  stats.isFile() || stats.isFIFO() || stats.isCharacterDevice();

function kindOf(stats: Stats): string {
  if (stats.isDirectory()) return 'a directory';
  if (stats.isSocket()) return 'a socket';
  return 'a block device';
}

function attempt(path: string, check: () => string | undefined): string | undefined {
  try {
    return check();
  } catch (error) {
    if (!(error instanceof Error) || !('errno' in error)) throw error;
    const [code, text] = getSystemErrorMap().get(Number(error.errno)) ?? ['', error.message];
    return `${path}: ${text} (${code})`;
  }
}
