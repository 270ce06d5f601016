import { describe, expect, test } from 'vitest';
import { parseConnectionString } from '../../../../../../src/plugins/output/database/pgsql/connection-string.ts';

const parsed = (text: string) => Object.fromEntries(parseConnectionString(text));

describe('keywords and values', () => {
  test.each([
    ['', {}],
    ['   ', {}],
    ['host=db', { host: 'db' }],
    [' host = db\tport=5433\n', { host: 'db', port: '5433' }],
    ["password='it''", undefined],
    ["password='a b' user=u", { password: 'a b', user: 'u' }],
    ["password='it\\'s \\\\ all'", { password: "it's \\ all" }],
    ['password=a\\ b\\\\', { password: 'a b\\' }],
    ["password='' user=u", { password: '', user: 'u' }],
    // As libpq has it: blanks may follow the equals sign.
    ['password= user=u', { password: 'user=u' }],
    ['user=u password=', { user: 'u', password: '' }],
    ['dbname=a=b', { dbname: 'a=b' }],
    ['host=a host=b', { host: 'b' }],
    ["options='-c geqo=off'", { options: '-c geqo=off' }],
    ['host', undefined],
    ['=x', undefined],
    ["host='a", undefined],
    ["host='a'b", undefined],
    ['host=a\\', undefined],
  ])('%s', (text, words) => {
    if (words) expect(parsed(text)).toEqual(words);
    else expect(() => parsed(text)).toThrow(/^the connection string is no list of keyword=value/);
  });
});

describe('URIs', () => {
  test.each([
    ['postgresql://', {}],
    ['postgres://db', { host: 'db' }],
    ['postgresql://db:5433/ulog', { host: 'db', port: '5433', dbname: 'ulog' }],
    ['postgresql://u@db', { user: 'u', host: 'db' }],
    ['postgresql://u:p%40%3A%2f@db', { user: 'u', password: 'p@:/', host: 'db' }],
    ['postgresql://[2001:db8::1]:1/x', { host: '2001:db8::1', port: '1', dbname: 'x' }],
    ['postgresql://%2Frun%2Fpg/x', { host: '/run/pg', dbname: 'x' }],
    [
      'postgresql:///x?host=/run&sslmode=verify-full',
      { dbname: 'x', host: '/run', sslmode: 'verify-full' },
    ],
    ['postgresql://db/?ssl=true', { host: 'db', sslmode: 'require' }],
    ['postgresql://db/%zz', undefined],
    ['postgresql://db?host', undefined],
    ['postgresql://db?host=a=b', undefined],
    ['postgresql://fw%40db.example:x@db', { user: 'fw@db.example', password: 'x', host: 'db' }],
  ])('%s', (text, words) => {
    if (words) expect(parsed(text)).toEqual(words);
    else expect(() => parsed(text)).toThrow(/^the connection string is no valid URI/);
  });
});

test.each([
  [
    'service=x',
    'the connection string has a keyword, number 1, which is not supported here; supported are application_name, ',
  ],
  ['host=a hots=x', 'the connection string has a keyword, number 2, which is not supported here; '],
  ['postgresql://u@db?user=u&gssencmode=require', 'has a keyword, number 2 behind the ?, which is'],
  ['host=a,b', 'several hosts'],
  ['postgresql://a,b/x', 'several hosts'],
  ['port=1,2', 'several hosts'],
])('not supported: %s', (text, message) => {
  expect(() => parsed(text)).toThrow(message);
});

test('errors do not repeat what may be a password', () => {
  for (const text of [
    "password='hush",
    'postgresql://u:hush%@db',
    'password=hush x',
    'password=my hush=x',
  ]) {
    expect(() => parsed(text)).toThrow(/^(?!.*hush)/);
  }
});

test.each([
  'postgresql://fw:Hu/sh@db/x',
  'postgresql://fw:12/sh@db/x',
  'postgresql://fw:12/sh@db',
  'postgresql://fw:Hu?sh=x@db/x',
  'postgresql://fw:Hu?user=sh@db/x',
  'postgresql://fw:Hu?sh@db/x',
  'postgresql://fw:Hu@sh@db/x',
  'postgresql://fw:Hu@sh:1@db/x',
  'postgresql://fw:Hu@[::1]sh@db/x',
])('a password that is not encoded: %s', (text) => {
  expect(() => parsed(text)).toThrow(
    'the connection string is no valid URI: in user and password write %40 for @, %2F for /, %3F for ?',
  );
});
