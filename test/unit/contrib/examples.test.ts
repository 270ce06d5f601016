import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../src/daemon/catalogue.ts';
import type { StagePlugin } from '../../../src/plugins/api.ts';
import { requireTools, title } from '../../support/requirements.ts';

const folder = new URL('../../../contrib/', import.meta.url);

// EXEC checks that the command is there.
const missing = requireTools('nft');

const plugins: Readonly<Record<string, Readonly<Record<string, readonly string[]>>>> = {
  'ban-bruteforce/specter.conf': { ban: ['BASE', 'THRESHOLD', 'NFTSET', 'LOGEMU'] },
  'per-group-logging/specter.conf': { dropped: ['BASE', 'LOGEMU'], accepted: ['BASE', 'LOGEMU'] },
  'plugin-template/specter.conf': { 5: ['BASE', 'SCOPE', 'TALLY', 'GPRINT'] },
  'port-knocking/specter-exec.conf': {
    knock4: ['BASE', 'EXEC'],
    knock6: ['BASE', 'EXEC'],
  },
  'port-knocking/specter.conf': { knock: ['BASE', 'KNOCK', 'NFTSET', 'KNOCK', 'NFTSET', 'LOGEMU'] },
};

test('every config in contrib is listed here', () => {
  const files = readdirSync(folder, { recursive: true, encoding: 'utf8' });
  expect(files.filter((file) => file.endsWith('.conf')).sort()).toEqual(Object.keys(plugins));
});

describe.skipIf(missing)(title('configs in contrib', missing), () => {
  test.each(Object.entries(plugins))('%s is valid, without a warning', async (file, blocks) => {
    const text = readFileSync(new URL(file, folder), 'utf8');
    const { document, diagnostics: syntax, pluginReferences } = parseConfig(text, file);
    const catalogue = new PluginCatalogue();
    for (const reference of pluginReferences) {
      if (reference.kind !== 'module') continue;
      const path = new URL(reference.path, new URL(file, folder));
      const module: { default: StagePlugin } = await import(path.href);
      catalogue.addStage(reference, module.default);
    }
    // As `specter -t` does, but for the paths, which are another machine's.
    const paths = { writable: () => undefined, readable: () => undefined };
    const { config, diagnostics } = resolveConfig(document, catalogue, { paths });
    expect(formatDiagnostics([...syntax, ...diagnostics], document.source)).toBe('');
    const loaded = config?.blocks.map(({ name, plugins: stages }) => [
      name,
      stages.map(({ schema }) => schema.name),
    ]);
    expect(Object.fromEntries(loaded ?? [])).toEqual(blocks);
  });
});
