import { chmod } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import type { PgsqlSettings } from '../../../../../../src/plugins/output/database/pgsql/settings.ts';
import {
  passwordOf,
  psqlCommand,
  resolveTarget,
  targetName,
} from '../../../../../../src/plugins/output/database/pgsql/target.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';

type Environment = Record<string, string>;
const target = (settings: Partial<PgsqlSettings>, environment: Environment = {}) =>
  resolveTarget({ table: 't', ...settings }, { HOME: '/home/u', ...environment });

describe('the connection string goes before options, and those before the environment', () => {
  const environment = {
    ...{ PGHOST: 'e', PGPORT: '1', PGUSER: 'eu', PGDATABASE: 'ed', PGPASSWORD: 'ep' },
    ...{ PGPASSFILE: '/e', PGSSLMODE: 'require', PGAPPNAME: 'ea', PGCONNECT_TIMEOUT: '1' },
  };
  const connstring =
    "host=c port=2 user=cu dbname=cd password=cp passfile=/c sslmode=disable application_name=ca connect_timeout=2 options='-c x=y'";
  const options = {
    ...{ host: 'o', port: 3, user: 'ou', db: 'od', password: 'op', passfile: '/o' },
    connectTimeout: 3,
  };
  const found = (settings: Partial<PgsqlSettings>, from: Environment) => {
    const { host, port, user, database, password, passfile, tls, applicationName, connectTimeout } =
      target(settings, from);
    return [
      host,
      port,
      user,
      database,
      password,
      passfile,
      tls.sslmode,
      applicationName,
      connectTimeout,
    ];
  };
  const ofString = ['c', 2, 'cu', 'cd', 'cp', '/c', 'disable', 'ca', 2000];

  test('all', () => {
    expect(found({ ...options, connstring }, environment)).toEqual(ofString);
  });
  test('options for what the string does not say', () => {
    const one = found({ ...options, connstring: 'user=cu' }, environment);
    expect(one).toEqual(['o', 3, 'cu', 'od', 'op', '/o', 'require', 'ea', 3]);
    expect(target({ host: 'o', connstring: 'hostaddr=192.0.2.1' })).toMatchObject({
      ...{ host: '192.0.2.1', hostName: 'o' },
    });
    expect(target({ host: 'o' }, { PGHOSTADDR: '192.0.2.1' }).host).toBe('o');
  });
  test('without options', () => {
    expect(found({ connstring }, environment)).toEqual(ofString);
    expect(target({ connstring }).options).toBe('-c x=y');
  });
  test('the environment alone', () => {
    expect(found({}, environment)).toEqual(['e', 1, 'eu', 'ed', 'ep', '/e', 'require', 'ea', 1000]);
  });
  test('nothing', () => {
    const none = undefined;
    const rest = [5432, none, none, none, '/home/u/.pgpass', none, 'specter', 10_000];
    expect(found({}, {}).slice(1)).toEqual(rest);
    expect(target({}).host).toMatch(/^\//);
    expect(target({}).needsPassfile).toBe(false);
  });
  test('an empty option is none', () => {
    expect(
      found({ host: '', user: '', db: '', password: '', passfile: '', connstring }, {}),
    ).toEqual(ofString);
  });
});

test.each([
  ['port=0', 'the port of the connection string, or in PGPORT, is no number from 1 to 65535'],
  ['port=hush', 'the port of the connection string, or in PGPORT, is no number from 1 to 65535'],
  ['port=65536', 'the port of the connection string, or in PGPORT, is no number from 1 to 65535'],
  [
    'connect_timeout=hush',
    'connect_timeout of the connection string, or PGCONNECT_TIMEOUT, is no number of seconds',
  ],
])('%s', (connstring, message) => {
  expect(() => target({ connstring })).toThrow(message);
});

test.each([
  [{ host: 'db', db: 'ulog', user: 'u' }, 'postgresql://u@db:5432/ulog'],
  [{ host: '::1', port: 1, user: 'a b' }, 'postgresql://a%20b@[::1]:1/'],
  [{ host: '/run/pg', db: 'x' }, 'postgresql:///x?host=/run/pg'],
  [{ host: '/run/pg', port: 5433, user: 'u' }, 'postgresql://u@/?host=/run/pg&port=5433'],
  [{ connstring: 'hostaddr=192.0.2.1 host=db password=hush' }, 'postgresql://192.0.2.1:5432/'],
])('name: %j', (settings, name) => {
  expect(targetName(target(settings))).toBe(name);
});

test('psql', () => {
  expect(psqlCommand(target({ host: 'db', password: 'hush' }), 'u', 'd')).toBe(
    'psql -h db -p 5432 -U u -d d',
  );
});

test('passwords from files', async () => {
  await using folder = await ScratchFolder.create();
  const passfile = await folder.write(
    '.pgpass',
    'localhost:*:*:*:socket\n/run/x:*:*:*:folder\ndb:*:*:*:named\n192.0.2.1:*:*:*:no\n',
  );
  await chmod(passfile, 0o600);
  const of = (settings: Partial<PgsqlSettings>, environment: Environment = {}) =>
    passwordOf(target(settings, environment), 'u', 'd');
  expect(of({ passfile, host: 'db' })).toBe('named');
  expect(of({ passfile, host: 'db', password: 'given' })).toBe('given');
  expect(of({ passfile, host: '/var/run/postgresql' })).toBe('socket');
  expect(of({ passfile, host: '/run/x' })).toBe('folder');
  expect(of({ passfile, connstring: 'host=db hostaddr=192.0.2.1' })).toBe('named');
  expect(of({ host: 'db' }, { HOME: folder.path })).toBe('named');
  expect(of({ host: 'db' }, { HOME: '/nowhere' })).toBeUndefined();
  expect(() => of({ host: 'db', passfile: '/nowhere' })).toThrow(/ENOENT/);
});
