import { readPrivateFile } from '../private-file.ts';

/** What a password is for. */
export interface Login {
  /** A name or address; `localhost` for the usual folder of the socket, else the folder. */
  readonly host: string;
  readonly port: number;
  readonly database: string;
  readonly user: string;
}

/**
 * Reads a file with passwords, as libpq does ~/.pgpass (PostgreSQL's documentation, section 34.16).
 * Where libpq warns and goes on without the file, this fails.
 *
 * @throws Error if it cannot be read, is no plain file, or others have access to it
 */
export function readPasswordFile(path: string): string {
  const file = readPrivateFile(path);
  if (!file) throw new Error(`${path} is not a plain file`);
  const { text, openMode } = file;
  if (openMode === undefined) return text;
  throw new Error(`${path}: others have access to it (mode ${openMode}); chmod 0600 ${path}`);
}

/**
 * Finds the password in the text of such a file: the last field of the first line whose others fit,
 * `host:port:database:user:password`. `*` fits anything; `\` makes `:` and `\` literal.
 */
export function findPassword(text: string, login: Login): string | undefined {
  const wanted = [login.host, String(login.port), login.database, login.user];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith('#')) continue;
    const fields = fieldsOf(line);
    if (fields.length <= wanted.length) continue;
    const fits = wanted.every((value, i) => fields[i] === '*' || literal(fields[i]) === value);
    // libpq takes what follows the fourth colon, up to another one.
    if (fits) return literal(fields[wanted.length]);
  }
  return undefined;
}

/** Split at colons; escapes stay, so that an escaped `*` is none. */
function fieldsOf(line: string): string[] {
  const fields = line.match(/(?:^|:)(?:[^:\\]|\\.|\\$)*/g) ?? [];
  return fields.map((field) => (field.startsWith(':') ? field.slice(1) : field));
}

const literal = (field = ''): string => field.replaceAll(/\\(.)/g, '$1');
