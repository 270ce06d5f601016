/** What a connection string says: libpq's keywords and their values. */
export type ConnectionWords = ReadonlyMap<string, string>;

/** Keywords of libpq that have an effect here (PostgreSQL's documentation, section 34.1.2). */
const known: readonly string[] = [
  'application_name',
  'connect_timeout',
  'dbname',
  'host',
  'hostaddr',
  'options',
  'passfile',
  'password',
  'port',
  'sslcert',
  'sslkey',
  'sslmode',
  'sslrootcert',
  'user',
];

/** Those that ask for what is the case anyhow, whatever their value. */
const harmless: readonly string[] = [
  'client_encoding',
  'fallback_application_name',
  'keepalives',
  'keepalives_count',
  'keepalives_idle',
  'keepalives_interval',
];

/**
 * Reads a connection string as libpq does: keywords and values, or a URI. Errors never repeat the
 * string, which may hold a password.
 *
 * @throws Error if it is malformed, or asks for something that is not supported
 */
export function parseConnectionString(text: string): ConnectionWords {
  const words = /^postgres(?:ql)?:\/\//.test(text) ? parseUri(text) : parseWords(text);
  for (const [keyword, value] of words) {
    if (known.includes(keyword) || harmless.includes(keyword) || value === '') continue;
    throw new Error(`the connection string has "${keyword}", which is not supported here`);
  }
  if (words.get('host')?.includes(',') || words.get('port')?.includes(',')) {
    throw new Error('the connection string has several hosts, which is not supported here');
  }
  return words;
}

/** One `keyword = value`; values are quoted by ', and \ makes the next character literal. */
const wordPattern =
  /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'(?=\s|$)|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?(?=\s|$))\s*/suy;

function parseWords(text: string): Map<string, string> {
  const words = new Map<string, string>();
  wordPattern.lastIndex = 0;
  let at = 0;
  while (at < text.trimEnd().length) {
    const match = wordPattern.exec(text);
    if (!match) {
      throw new Error(
        `the connection string is no list of keyword=value from character ${at + 1} on`,
      );
    }
    const [, keyword = '', quoted, plain] = match;
    words.set(keyword, (quoted ?? plain ?? '').replaceAll(/\\(.)/gsu, '$1'));
    at = wordPattern.lastIndex;
  }
  return words;
}

/** postgresql://[user[:password]@][host][:port][/dbname][?keyword=value[&…]] */
const uriPattern =
  /^postgres(?:ql)?:\/\/(?:([^:@/?]*)(?::([^@/?]*))?@)?(\[[^\]]*\]|[^:/?]*)(?::([^/?]*))?(?:\/([^?]*))?(?:\?(.*))?$/su;

function parseUri(text: string): Map<string, string> {
  const match = uriPattern.exec(text);
  if (!match) throw new Error('the connection string is no valid URI');
  const [, user, password, host, port, dbname, parameters] = match;
  const words = new Map<string, string>();
  const set = (keyword: string, value: string | undefined): void => {
    if (value) words.set(keyword, decode(value));
  };
  set('user', user);
  set('password', password);
  set('host', host?.startsWith('[') ? host.slice(1, -1) : host);
  set('port', port);
  set('dbname', dbname);
  for (const parameter of parameters ? parameters.split('&') : []) {
    const [keyword = '', value, ...more] = parameter.split('=');
    if (value === undefined || more.length > 0) {
      throw new Error('the connection string is no valid URI: keyword=value is wanted behind ?');
    }
    // JDBC's spelling, which libpq takes as well.
    if (keyword === 'ssl' && value === 'true') words.set('sslmode', 'require');
    else words.set(decode(keyword), decode(value));
  }
  return words;
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Error('the connection string is no valid URI: % needs two hexadecimal digits');
  }
}
