import { describe, expect, test } from 'vitest';
import { PluginCatalogue } from '../../../src/daemon/catalogue.ts';
import { defineOptions, defineOutput } from '../../../src/plugins/api.ts';
import { logemu } from '../../../src/plugins/output/logemu.ts';
import { builtinStages } from '../../../src/plugins/registry.ts';
import { nflog } from '../../../src/plugins/source/nflog/index.ts';
import { FakePlugins } from './fake-plugins.ts';

describe('PluginCatalogue', () => {
  test('describes the plugins that come with specter to the grammar', () => {
    const catalogue = new PluginCatalogue();
    const schema = catalogue.plugin({ kind: 'builtin', name: 'LOGEMU' });
    expect(schema).toMatchObject({
      name: 'LOGEMU',
      kind: 'output',
      requires: ['oob.time.sec', 'ip.protocol'],
      provides: [],
    });
    expect(schema?.options).toBe(logemu.options);
    expect(schema && catalogue.stageOf(schema)).toBe(logemu);
    expect(catalogue.pluginNames()).toEqual(builtinStages.map(({ name }) => name));
  });

  test('knows sources by name, in any case, and the one of blocks that choose none', () => {
    const catalogue = new PluginCatalogue();
    const schema = catalogue.source('NFlog');
    expect(schema && catalogue.sourceOf(schema)).toBe(nflog);
    expect(catalogue.source(catalogue.defaultSource)).toBe(schema);
    expect([catalogue.source('ulog'), catalogue.sourceNames()]).toEqual([undefined, ['nflog']]);
  });

  test('tells who provides a key, and where plugins of ulogd2 have gone', () => {
    const catalogue = new PluginCatalogue();
    expect(catalogue.providersOf('ip.saddr')).toEqual(['BASE']);
    expect(catalogue.providersOf('ip.sadr')).toEqual([]);
    expect(catalogue.hint('hwhdr')).toBe('BASE provides its keys');
    expect(catalogue.hint('LOGEMU')).toBeUndefined();
  });

  test('takes modules by path and keeps them apart from built-in names', () => {
    const catalogue = new PluginCatalogue();
    const { sink } = new FakePlugins().fakes;
    const target = { kind: 'module', name: 'LOGEMU', path: '/x/LOGEMU.mjs' } as const;
    catalogue.addStage(target, sink);
    const schema = catalogue.plugin(target);
    expect(schema && catalogue.stageOf(schema)).toBe(sink);
    expect(catalogue.plugin({ kind: 'builtin', name: 'LOGEMU' })?.options).toBe(logemu.options);
    expect(catalogue.plugin({ ...target, path: '/y/LOGEMU.mjs' })).toBeUndefined();
  });

  test('refuses the options of a module whose own checks throw', () => {
    const catalogue = new PluginCatalogue();
    const target = { kind: 'module', name: 'THROWS', path: '/x/THROWS.mjs' } as const;
    const plugin = defineOutput({
      kind: 'output',
      name: 'THROWS',
      summary: '',
      options: defineOptions({ by: { type: 'string', help: 'a key' } }),
      reads: [],
      readsOf: () => {
        throw new Error('broken');
      },
      open: () => {
        throw new Error('not to be opened');
      },
    });
    catalogue.addStage(target, plugin);
    const schema = catalogue.plugin(target);
    expect(schema?.check?.({})).toEqual([
      { option: '', message: 'plugin THROWS cannot check its options: broken' },
    ]);
    expect(schema?.requiredKeys?.({})).toEqual([]);
  });

  test('tells the types of keys', () => {
    const base = new PluginCatalogue().plugin({ kind: 'builtin', name: 'BASE' });
    expect(['ip.saddr', 'tcp.dport', 'raw.pkt'].map((key) => base?.typeOf?.(key))).toEqual([
      'ip',
      'u16',
      undefined,
    ]);
  });

  test('refuses the options of a module whose checks of types throw', () => {
    const catalogue = new PluginCatalogue();
    const target = { kind: 'module', name: 'THROWS', path: '/x/THROWS.mjs' } as const;
    const checkType = (type: string) => {
      if (type === 'ip') throw new Error('broken');
      return [];
    };
    const plugin = defineOutput({
      kind: 'output',
      name: 'THROWS',
      summary: '',
      options: defineOptions({ by: { type: 'string', help: 'a key' } }),
      reads: [],
      readsOf: () => [{ key: 'ip.saddr', option: 'by', checkType }],
      open: () => {
        throw new Error('not to be opened');
      },
    });
    catalogue.addStage(target, plugin);
    const [need] = catalogue.plugin(target)?.requiredKeys?.({}) ?? [];
    expect(need?.checkType?.('u8')).toEqual([]);
    expect(need?.checkType?.('ip')).toEqual([
      { option: 'by', message: 'plugin THROWS cannot check its options: broken' },
    ]);
  });

  test('has no plugin for a schema of another catalogue', () => {
    const foreign = new PluginCatalogue().plugin({ kind: 'builtin', name: 'BASE' });
    if (!foreign) throw new Error('no BASE');
    expect(() => new PluginCatalogue().stageOf(foreign)).toThrow(
      'schema BASE is of another catalogue',
    );
  });
});
