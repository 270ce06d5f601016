import { createRequire } from 'node:module';
import { fileURLToPath, pathToFileURL } from 'node:url';

const tsx = pathToFileURL(createRequire(import.meta.url).resolve('tsx')).href;

/** The command line that runs a TypeScript file of this checkout, from whatever directory. */
export const scriptCommand = (script: URL, ...args: string[]): [string, ...string[]] => [
  process.execPath,
  '--import',
  tsx,
  fileURLToPath(script),
  ...args,
];
