import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../src/daemon/catalogue.ts';
import type { StagePlugin } from '../../../src/plugins/api.ts';

const root = new URL('../../../', import.meta.url);
const pages = ['README.md', ...readdirSync(new URL('docs/', root)).map((name) => `docs/${name}`)]
  .filter((name) => name.endsWith('.md'))
  .map((name) => ({ name, text: readFileSync(new URL(name, root), 'utf8') }));

const configs = pages.flatMap(({ name, text }) =>
  Array.from(text.matchAll(/^```conf\n(.*?)^```$/gms), ({ 1: config = '', index }) => ({
    place: `${name}:${text.slice(0, index).split('\n').length}`,
    config,
  })),
);

test.each(configs)('the config at $place is valid', async ({ place, config }) => {
  const { document, diagnostics: syntax, pluginReferences } = parseConfig(config, place);
  const catalogue = new PluginCatalogue();
  for (const reference of pluginReferences) {
    if (reference.kind !== 'module') continue;
    const file = new URL(`contrib/plugin-template/${reference.name}.mjs`, root);
    const module: { default: StagePlugin } = await import(file.href);
    catalogue.addStage(reference, module.default);
  }
  const paths = { writable: () => undefined, readable: () => undefined };
  const { diagnostics } = resolveConfig(document, catalogue, { paths });
  expect(formatDiagnostics([...syntax, ...diagnostics], document.source)).toBe('');
});

describe.each(pages)('$name', ({ name, text }) => {
  const links = Array.from(
    text.matchAll(/\]\(([^)#\s]+)(?:#[^)\s]*)?\)/g),
    ([, link = '']) => link,
  );
  const local = [...new Set(links)].filter((link) => !/^https?:/.test(link));

  test.each(local)('links to %s, which exists', (link) => {
    expect(existsSync(new URL(link, new URL(name, root)))).toBe(true);
  });

  test('shows only files of contrib/plugin-template, as they are', () => {
    const folder = new URL('contrib/plugin-template/', root);
    const names = readdirSync(folder).filter((file) => file.endsWith('.mjs'));
    const files = names.map((file) => readFileSync(new URL(file, folder), 'utf8'));
    const shown = Array.from(text.matchAll(/^```js\n(.*?)^```$/gms), ([, code]) => code);
    expect(files).toEqual(expect.arrayContaining(shown));
  });
});
