import { readCredentials } from './credentials-file.ts';

/**
 * The password in a file: its first line.
 *
 * @throws Error if the file cannot be read, others than its owner have access, or the line is empty
 */
export function readPasswordFile(path: string): string {
  const [line = ''] = readCredentials(path, () => true).split(/\r?\n/, 1);
  if (line === '') throw new Error(`${path}: the first line, the password, is empty`);
  return line;
}
