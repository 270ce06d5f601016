/**
 * Runs a command whose arguments are not all UTF-8, which Node itself cannot pass on:
 *
 *     node launch.js PROGRAM ARGUMENT …
 *
 * Each code point of the arguments and of the environment, U+0000 to U+00FF, stands for a byte. This
 * process becomes the program: same process id, descriptors, folder, user.
 */
import { executeInPlace } from './libc/execute.ts';

const bytes = (text: string): Uint8Array => Buffer.from(text, 'latin1');

/** What a shell exits with when there is a program but it cannot be run. */
const CANNOT_EXECUTE = 126;

const [, , ...argv] = process.argv;
const environment = Object.entries(process.env).map(([name, value = '']) => `${name}=${value}`);
try {
  executeInPlace(argv.map(bytes), environment.map(bytes));
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : error}\n`);
  process.exitCode = CANNOT_EXECUTE;
}
