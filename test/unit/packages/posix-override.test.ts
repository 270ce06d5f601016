import { readFileSync, realpathSync } from 'node:fs';
import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const json = (path: string) => JSON.parse(readFileSync(new URL(path, root), 'utf8'));

test('posix-syslog gets the posix of this repository', () => {
  const syslog = createRequire(import.meta.url).resolve('posix-syslog');
  const posix = realpathSync(createRequire(syslog).resolve('posix'));
  expect(posix).toBe(fileURLToPath(new URL('packages/posix/index.js', root)));
});

test('the version of posix is the one that posix-syslog asks for, as its installers check it', () => {
  const wanted: unknown = json('node_modules/posix-syslog/package.json').dependencies.posix;
  expect(json('packages/posix/package.json').version).toBe(wanted);
});

// npm 11 writes a path of which npm 10, that of Node.js 20, makes a link to nowhere.
test('the lock file says where posix is, in the words that every npm understands', () => {
  const { packages } = json('package-lock.json');
  expect(packages['node_modules/posix']).toEqual({ resolved: 'packages/posix', link: true });
  const {
    name,
    description,
    private: isPrivate,
    main,
    types,
    files,
    ...locked
  } = json('packages/posix/package.json');
  expect(packages['packages/posix']).toEqual(locked);
});

// npm takes for bundled what a bundled package depends on, and leaves it out of global installs.
test('posix depends on nothing: it uses what specter depends on', () => {
  const posix: object = json('packages/posix/package.json');
  expect(Object.keys(posix).filter((key) => /dependencies$/i.test(key))).toEqual([]);
  expect(json('package.json').dependencies).toHaveProperty('koffi');
});
