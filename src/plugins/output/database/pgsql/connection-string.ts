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
 * Reads a connection string as libpq does: keywords and values, or a URI. Errors repeat nothing of
 * it: what looks like a keyword or a host may be a part of a password that is not quoted.
 *
 * @throws Error if it is malformed, or asks for something that is not supported
 */
export function parseConnectionString(text: string): ConnectionWords {
  const words = /^postgres(?:ql)?:\/\//.test(text) ? parseUri(text) : parseWords(text);
  if (words.get('host')?.includes(',') || words.get('port')?.includes(',')) {
    throw new Error('the connection string has several hosts, which is not supported here');
  }
  return words;
}

/** @param place of the keyword: `number 2` */
function checkKeyword(keyword: string, value: string, place: string): void {
  if (known.includes(keyword) || harmless.includes(keyword) || value === '') return;
  throw new Error(
    `the connection string has a keyword, ${place}, which is not supported here; supported are ${known.join(', ')}`,
  );
}

/** One `keyword = value`; values are quoted by ', and \ makes the next character literal. */
const wordPattern =
  /\s*([^\s=]+)\s*=\s*(?:'((?:[^'\\]|\\.)*)'(?=\s|$)|((?:[^\s'\\]|\\.)(?:[^\s\\]|\\.)*)?(?=\s|$))\s*/suy;

function parseWords(text: string): Map<string, string> {
  const words = new Map<string, string>();
  wordPattern.lastIndex = 0;
  let at = 0;
  let number = 0;
  while (at < text.trimEnd().length) {
    const match = wordPattern.exec(text);
    if (!match) {
      throw new Error(
        `the connection string is no list of keyword=value from character ${at + 1} on`,
      );
    }
    const [, keyword = '', quoted, plain] = match;
    const value = (quoted ?? plain ?? '').replaceAll(/\\(.)/gsu, '$1');
    checkKeyword(keyword, value, `number ${++number}`);
    words.set(keyword, value);
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
  const [, user, password, ...rest] = match;
  if (rest.some((part) => part?.includes('@'))) {
    throw new Error(
      'the connection string is no valid URI: in user and password write %40 for @, %2F for /, %3F for ?',
    );
  }
  const [host, port, dbname, parameters] = rest;
  const words = new Map<string, string>();
  const set = (keyword: string, value: string | undefined): void => {
    if (value) words.set(keyword, decode(value));
  };
  set('user', user);
  set('password', password);
  set('host', host?.startsWith('[') ? host.slice(1, -1) : host);
  set('port', port);
  set('dbname', dbname);
  for (const [i, parameter] of (parameters ? parameters.split('&') : []).entries()) {
    const [keyword, value, ...more] = parameter.split('=').map(decode);
    if (keyword === undefined || value === undefined || more.length > 0) {
      throw new Error('the connection string is no valid URI: keyword=value is wanted behind ?');
    }
    // JDBC's spelling, which libpq takes as well.
    if (keyword === 'ssl' && value === 'true') {
      words.set('sslmode', 'require');
      continue;
    }
    checkKeyword(keyword, value, `number ${i + 1} behind the ?`);
    words.set(keyword, value);
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
