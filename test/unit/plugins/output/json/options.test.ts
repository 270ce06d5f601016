import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';
import { check, readsOf } from '../../../../../src/plugins/output/json/options.ts';
import { defaults } from './open-json.ts';

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'specter-json-'));
});
afterAll(() => rmSync(folder, { recursive: true }));

/** What specter says to a block with JSON and these options. */
function errorsOf(options: string): string {
  const text = `5 {\n  plugin BASE\n  plugin JSON\n${options}\n}\n`;
  const { document, diagnostics: syntax } = parseConfig(text, 'c');
  const { diagnostics } = resolveConfig(document, new PluginCatalogue());
  return formatDiagnostics([...syntax, ...diagnostics], document.source);
}

describe('JSON', () => {
  test('takes the names that ulogd2 has for its options', () => {
    const options = ['file', 'host', 'port', 'mode', 'device', 'timestamp', 'eventv1'];
    const values = [`${folder}/a.json`, 'log.example', '514', 'tcp', 'gate', '1', '1'];
    const section = options.map((option, i) => `    ${option} ${values[i]}`).join('\n');
    const text = `5 {\n  :BASE\n  :JSON\n${section}\n    boolean_label 1\n    sync 1\n}\n`;
    const { document } = parseConfig(text, 'c');
    const { config, diagnostics } = resolveConfig(document, new PluginCatalogue());
    expect(formatDiagnostics(diagnostics, document.source)).toBe('');
    expect(config?.blocks[0]?.plugins[1]?.options).toMatchObject({
      values: {
        jsonfile: `${folder}/a.json`,
        jsonhost: 'log.example',
        jsonport: 514,
        jsonmode: 'tcp',
        jsondevice: 'gate',
        jsontimestamp: true,
        jsoneventv1: true,
        jsonbooleanlabel: true,
        jsonsync: true,
      },
    });
  });

  test('refuses a file that there cannot be, but only where there is to be one', () => {
    const file = `${folder}/none/a.json`;
    expect(errorsOf(`  jsonfile ${file}`)).toContain(
      `c:4:12: error: option "jsonfile": the directory ${folder}/none does not exist; create it first`,
    );
    expect(errorsOf(`  jsonfile ${folder}`)).toContain(`${folder} is a directory`);
    expect(errorsOf(`  jsonmode unix\n  jsonfile ${file}`)).toBe('');
    expect(errorsOf(`  jsonmode tcp\n  jsonfile ${file}`)).toBe('');
  });

  test('leaves a relative path to those who know what it is relative to', () => {
    expect(check({ ...defaults, jsonfile: 'no/such/folder/a.json' })).toEqual([]);
  });

  test('refuses what its mode or schema has no use for', () => {
    expect(errorsOf('  jsonmode udp\n  jsonspool /tmp/s')).toMatch(
      /^c:5:13: error: .*jsonmode tcp or unix/,
    );
    expect(errorsOf(`  jsonfile ${folder}/a\n  jsonschema ecs\n  jsoneventv1`)).toContain(
      'error: jsoneventv1 is for jsonschema ulogd: ECS has names of its own',
    );
  });

  test('points at a key that nothing provides', () => {
    expect(errorsOf(`  jsonfile ${folder}/a\n  jsonkeys ip.saddr tcp.dprot`)).toMatch(
      /^c:5:21: error: .*tcp\.dprot/,
    );
  });

  test('reads all keys, or those that are named and what makes up its own fields', () => {
    const names = (options: Partial<typeof defaults>) =>
      readsOf({ ...defaults, ...options }).map(({ key }) => key);
    const jsonkeys = ['oob.hook'];
    expect(names({})).toEqual([]);
    expect(names({ jsonkeys })).toEqual(['oob.hook', 'oob.time.sec', 'oob.time.usec']);
    expect(names({ jsonkeys, jsontimestamp: false })).toEqual(['oob.hook']);
    expect(names({ jsonkeys, jsontimestamp: false, jsonbooleanlabel: true })).toEqual([
      'oob.hook',
      'raw.label',
    ]);
    expect(names({ jsonkeys, jsontimestamp: false, jsonschema: 'ecs' })).toEqual([
      'oob.hook',
      'oob.family',
    ]);
  });
});
