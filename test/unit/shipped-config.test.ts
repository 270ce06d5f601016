import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { allInfo } from '../../src/cli/info.ts';
import {
  type Config,
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../src/daemon/catalogue.ts';

const file = 'etc/specter.conf';
const shipped = readFileSync(new URL(`../../${file}`, import.meta.url), 'utf8');
/** A `#` before a blank starts prose, any other one an option or a block. */
const uncommented = shipped.replaceAll(/^( *)#(?=[^ #\n])/gm, '$1');
const catalogue = new PluginCatalogue();

test('is valid as it stands, without a warning', () => {
  expect(blocksOf(resolve(shipped))).toEqual({ 1: ['BASE', 'LOGEMU'] });
});

test('is valid with everything uncommented', () => {
  expect(blocksOf(resolve(uncommented))).toEqual({
    1: [
      'BASE',
      'LOCAL',
      'HTTP',
      'TLS',
      'DNS',
      'PWSNIFF',
      'LOGEMU',
      'OPRINT',
      'GPRINT',
      'XML',
      'PCAP',
      'JSON',
      'SQLITE3',
      'PGSQL',
      'MYSQL',
      'SYSLOG',
      'MARK',
      'MATCH',
      'THRESHOLD',
      'NFTSET',
      'EXEC',
    ],
    web: ['BASE', 'LOGEMU'],
    knock: ['BASE', 'KNOCK', 'LOGEMU', 'KNOCK', 'LOGEMU'],
  });
});

test('loads every plugin there is', () => {
  const loaded = new Set(Object.values(blocksOf(resolve(uncommented))).flat());
  expect([...loaded].sort()).toEqual([...catalogue.pluginNames()].sort());
});

const options = allInfo.flatMap(({ name: owner, options }) =>
  options.map((option) => ({ owner, ...option })),
);

test.each(options)('shows $owner: $name $default', ({ name, default: value }) => {
  const lines = uncommented.split('\n').map((line) => line.trim());
  if (value === undefined) expect(lines).toContainEqual(expect.stringMatching(`^${name} `));
  else expect(lines).toContain(`${name} ${value}`);
});

/** Checks as `specter -t` does, but for paths and users, which are another machine's. */
function resolve(text: string): Config {
  const { document, diagnostics: syntax } = parseConfig(text, file);
  const paths = { writable: () => undefined, readable: () => undefined };
  const { config, diagnostics } = resolveConfig(document, catalogue, { paths });
  expect(formatDiagnostics([...syntax, ...diagnostics], document.source)).toBe('');
  if (!config) throw new Error('no errors and no config');
  return config;
}

const blocksOf = ({ blocks }: Config): Record<string, string[]> =>
  Object.fromEntries(
    blocks.map(({ name, plugins }) => [name, plugins.map(({ schema }) => schema.name)]),
  );
