import { fileHint, type PrivateFile, readPrivateFile } from '../private-file.ts';

/**
 * The text of a file with credentials.
 *
 * @param holdsPassword whether a text has a password, and its file has to be for its owner alone
 * @throws Error if it cannot be read, is no plain file, or others have access to a password in it
 */
export function readCredentials(path: string, holdsPassword: (text: string) => boolean): string {
  const file = readFile(path);
  if (!file) throw new Error(`${path} is no plain file`);
  const { text, openMode } = file;
  if (openMode === undefined || !holdsPassword(text)) return text;
  throw new Error(
    `${path} holds a password, and others have access (mode ${openMode}); chmod 0600 ${path}`,
  );
}

function readFile(path: string): PrivateFile | undefined {
  try {
    return readPrivateFile(path);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new Error(`${reason}; ${fileHint(error)}`, { cause: error });
  }
}
