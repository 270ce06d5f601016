import { expect, test } from 'vitest';
import { tlsWays } from '../../../../../../src/plugins/output/database/pgsql/tls.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';

const ways = (sslmode: string | undefined, others: Partial<Parameters<typeof tlsWays>[0]> = {}) =>
  tlsWays({
    ...{
      sslmode,
      sslrootcert: undefined,
      sslcert: undefined,
      sslkey: undefined,
      servername: undefined,
      home: '/nowhere',
    },
    ...others,
  });
const unverified = { rejectUnauthorized: false };
/** The name in the certificate is not looked at. */
const anyName = expect.any(Function);

test('modes without certificates', () => {
  expect(ways('disable')).toEqual([false]);
  expect(ways(undefined)).toEqual([unverified, false]);
  expect(ways('prefer')).toEqual([unverified, false]);
  expect(ways('allow')).toEqual([unverified, false]);
  expect(ways('require')).toEqual([unverified]);
  expect(() => ways('hush')).toThrow(
    /^sslmode is none of disable, allow, prefer, require, verify-ca and verify-full$/,
  );
});

test('root certificates', async () => {
  await using folder = await ScratchFolder.create();
  const sslrootcert = await folder.write('root', 'certificate');
  const ca = Buffer.from('certificate');
  expect(ways('require', { sslrootcert })).toEqual([{ ca, checkServerIdentity: anyName }]);
  expect(ways('verify-ca', { sslrootcert })).toEqual([{ ca, checkServerIdentity: anyName }]);
  expect(ways('verify-full', { sslrootcert })).toEqual([{ ca }]);
  expect(ways('verify-full', { sslrootcert: 'system' })).toEqual([{}]);
  expect(ways(undefined, { sslrootcert: 'system' })).toEqual([{}]);
  expect(() => ways('verify-full')).toThrow(/ENOENT.*\/nowhere\/\.postgresql\/root\.crt/);
});

test('another name', () => {
  expect(ways('require', { servername: 'db' })).toEqual([{ ...unverified, servername: 'db' }]);
});

test('a certificate of its own', async () => {
  await using folder = await ScratchFolder.create();
  const own = { sslcert: await folder.write('c', 'cert'), sslkey: await folder.write('k', 'key') };
  expect(ways('require', own)).toEqual([
    { ...unverified, cert: Buffer.from('cert'), key: Buffer.from('key') },
  ]);
});
