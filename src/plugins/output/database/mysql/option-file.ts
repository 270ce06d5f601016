import { readCredentials } from './credentials-file.ts';

/** What an option file of MySQL says about how to connect. */
export interface OptionFile {
  readonly host?: string;
  readonly port?: number;
  readonly socket?: string;
  readonly user?: string;
  readonly password?: string;
  /** TLS is wanted, or not; nothing is said without. */
  readonly ssl?: boolean;
  /** Path of trusted certificates. */
  readonly sslCa?: string;
}

/** Groups that count for specter; what comes later in the file wins. */
const groups: readonly string[] = ['client', 'client-server', 'specter'];

/**
 * Reads an option file such as ~/.my.cnf.
 *
 * @throws Error if it cannot be read, has lines that are none, or holds a password and others than
 *   its owner have access
 */
export function readOptionFile(path: string): OptionFile {
  const parse = (text: string): OptionFile => parseOptionFile(text, path);
  return parse(readCredentials(path, (text) => parse(text).password !== undefined));
}

/**
 * Reads the text of an option file: groups in brackets, `name = value`, comments after `#` or `;`.
 * (MySQL Reference Manual, "Using Option Files".) `!include` is not followed.
 *
 * @param path for messages
 * @throws Error with the line that cannot be read
 */
export function parseOptionFile(text: string, path: string): OptionFile {
  const values = new Map<string, string>();
  let counts = false;
  for (const [i, raw] of text.split(/\r?\n/).entries()) {
    const line = raw.trim();
    const where = `${path}:${i + 1}`;
    if (line === '' || line.startsWith('#') || line.startsWith(';')) continue;
    if (line.startsWith('!')) {
      throw new Error(
        `${where}: ${line.split(/\s/, 1)[0]} is not followed: name that file instead`,
      );
    }
    const group = /^\[([^\]]*)\]/.exec(line)?.[1];
    if (group !== undefined) {
      counts = groups.includes(group.trim().toLowerCase());
      continue;
    }
    const [, name, value] = /^([\w-]+)\s*(?:=\s*(.*))?$/s.exec(line) ?? [];
    if (name === undefined) throw new Error(`${where}: neither [group] nor name = value`);
    // Names may be written with either.
    if (counts) values.set(name.toLowerCase().replaceAll('_', '-'), unquoted(value ?? ''));
  }
  return optionsOf(values, path);
}

function optionsOf(values: ReadonlyMap<string, string>, path: string): OptionFile {
  const port = values.get('port');
  if (port !== undefined && !/^\d{1,5}$/.test(port))
    throw new Error(`${path}: port ${port} is none`);
  const ssl = sslOf(values);
  const text = (name: string, key: keyof OptionFile) => {
    const value = values.get(name);
    return value === undefined ? {} : { [key]: value };
  };
  return {
    ...text('host', 'host'),
    ...(port === undefined ? {} : { port: Number(port) }),
    ...text('socket', 'socket'),
    ...text('user', 'user'),
    ...text('password', 'password'),
    ...(ssl === undefined ? {} : { ssl }),
    ...text('ssl-ca', 'sslCa'),
  };
}

/** `ssl` of MariaDB, `ssl-mode` of MySQL. */
function sslOf(values: ReadonlyMap<string, string>): boolean | undefined {
  if (values.has('skip-ssl')) return false;
  const mode = values.get('ssl-mode')?.toUpperCase();
  if (mode !== undefined) return mode !== 'DISABLED' && mode !== 'PREFERRED';
  const ssl = values.get('ssl')?.toLowerCase();
  return ssl === undefined ? undefined : !['0', 'false', 'off'].includes(ssl);
}

const escapes: Readonly<Record<string, string>> = {
  b: '\b',
  t: '\t',
  n: '\n',
  r: '\r',
  s: ' ',
};

/** A value without its quotes, or the comment behind it. */
function unquoted(text: string): string {
  const quoted = /^(["'])((?:\\.|(?!\1).)*)\1\s*(?:#.*)?$/s.exec(text)?.[2];
  const plain = quoted ?? text.replace(/\s+#.*$/s, '');
  return plain.replace(/\\(.)/gs, (whole, letter: string) =>
    letter === '\\' || letter === '"' || letter === "'" ? letter : (escapes[letter] ?? whole),
  );
}
