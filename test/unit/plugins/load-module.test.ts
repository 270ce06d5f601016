import { chmod, chown, mkdir, symlink, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadModule, PluginLoadError } from '../../../src/plugins/load-module.ts';
import { runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** A declaration that is right, as source text; `changes` replaces members. */
function declaration(changes: Readonly<Record<string, string>> = {}): string {
  const members = {
    kind: "'output'",
    name: "'COUNT'",
    summary: "'counts'",
    options: '{}',
    reads: '[]',
    open: '() => ({})',
    ...changes,
  };
  const text = Object.entries(members).map(([name, value]) => `${name}: ${value}`);
  return `export default { ${text.join(', ')} };\n`;
}

async function failureOf(source: string): Promise<string> {
  const file = await folder.write('plugin.mjs', source);
  const error: unknown = await loadModule(file).catch((reason: unknown) => reason);
  if (!(error instanceof PluginLoadError)) throw new Error(`no PluginLoadError but ${error}`);
  return error.message.replaceAll(folder.path, '');
}

describe('loadModule', () => {
  test('takes the default export of a module', async () => {
    const options = "{ limit: { type: 'integer', default: 5, help: 'most' } }";
    const reads = "[{ name: 'ip.saddr', required: true }]";
    const file = await folder.write('plugin.mjs', declaration({ options, reads }));
    expect(await loadModule(file)).toMatchObject({
      kind: 'output',
      name: 'COUNT',
      reads: [{ name: 'ip.saddr', required: true }],
      options: { limit: { type: 'integer', default: 5 } },
    });
  });

  test('takes inputs and filters with keys of their own', async () => {
    const provides = "[{ name: 'my.key', type: 'u32', help: 'mine' }]";
    for (const kind of ["'input'", "'filter'"]) {
      const file = await folder.write(`${kind}.mjs`, declaration({ kind, provides }));
      expect(await loadModule(file)).toMatchObject({ provides: [{ name: 'my.key' }] });
    }
  });

  test('takes in a file that was changed', async () => {
    const file = await folder.write('plugin.mjs', declaration());
    const first = await loadModule(file);
    expect(await loadModule(file)).toBe(first);
    await folder.write('plugin.mjs', declaration({ summary: "'counts twice'" }));
    await utimes(file, 1, 1);
    expect(await loadModule(file)).toMatchObject({ summary: 'counts twice' });
  });

  test.each([
    ['export default 5;', 'its default export is no plugin'],
    ['export default null;', 'its default export is no plugin'],
    ['export const plugin = {};', 'its default export is no plugin'],
    [declaration({ kind: "'source'" }), '`kind` must be input, filter or output'],
    [declaration({ name: "''" }), 'it has no `name`'],
    [declaration({ summary: 'undefined' }), 'it has no `summary`'],
    [declaration({ open: "'open'" }), 'it has no function `open`'],
    [declaration({ check: '5' }), '`check` must be a function'],
    [declaration({ readsOf: '[]' }), '`readsOf` must be a function'],
    [declaration({ capabilities: "'net_admin'" }), '`capabilities` must be a list of names'],
    [
      declaration({ apiVersion: '2' }),
      'it is written for version 2 of the plugin contract, and this specter has version 1',
    ],
    [declaration({ holds: 'true' }), '`holds` must be a function'],
    [declaration({ reads: 'undefined' }), '`reads` must be a list of { name, required?, for? }'],
    [declaration({ reads: "['ip.saddr']" }), '`reads` must be a list of { name, required?, for? }'],
    [
      declaration({ kind: "'input'", reads: "'all'", provides: '[]' }),
      '`reads` must be a list of { name, required?, for? }',
    ],
    [
      declaration({ kind: "'input'" }),
      '`provides` must be a list of { name, type, help }, with types that keys can have',
    ],
    [
      declaration({ kind: "'filter'", provides: "[{ name: 'a', type: 'u128', help: 'b' }]" }),
      '`provides` must be a list of { name, type, help }, with types that keys can have',
    ],
    [declaration({ options: 'null' }), 'it has no `options`; {} when it takes none'],
    [
      declaration({ options: '{ a: null }' }),
      'option "a": it must have a `help` and a `type` that options can have',
    ],
    [
      declaration({ options: "{ a: { type: 'toString', help: 'b' } }" }),
      'option "a": it must have a `help` and a `type` that options can have',
    ],
    [
      declaration({ options: "{ plugin: { type: 'flag', help: 'b' } }" }),
      'option "plugin": "plugin" is a word of the language',
    ],
    [
      declaration({ options: "{ a: { type: 'integer', min: 0, max: 1, default: 2, help: 'b' } }" }),
      'option "a": its default takes a value from 0 to 1, not "2"',
    ],
  ])('refuses %j', async (source, problem) => {
    expect(await failureOf(source)).toBe(`plugin /plugin.mjs: ${problem}; see docs/plugins.md`);
  });

  test.each([
    ["{ type: 'list' }", '`of` must be an object with the `type` of the items'],
    ["{ type: 'list', of: 'string' }", '`of` must be an object with the `type` of the items'],
    ["{ type: 'list', of: {} }", '`of` must have a `type` that items of a list can have'],
    [
      "{ type: 'list', of: { type: 'list', of: { type: 'string' } } }",
      '`of` must have a `type` that items of a list can have',
    ],
    [
      "{ type: 'list', of: { type: 'flag' } }",
      '`of` must have a `type` that items of a list can have',
    ],
    [
      "{ type: 'list', of: { type: 'enum' } }",
      '`of.values` must be a list of at least one string, none of them empty',
    ],
    ["{ type: 'list', of: { type: 'path' } }", '`of.access` must be write, read or none'],
    ["{ type: 'list', of: { type: 'integer', max: '9' } }", '`of.max` must be a number'],
    [
      "{ type: 'list', of: { type: 'string' }, default: 'a' }",
      '`default` must be a list of strings',
    ],
    [
      "{ type: 'list', of: { type: 'string' }, maxItems: 0 }",
      '`maxItems` must be an integer above 0',
    ],
    ["{ type: 'enum' }", '`values` must be a list of at least one string, none of them empty'],
    [
      "{ type: 'enum', values: [] }",
      '`values` must be a list of at least one string, none of them empty',
    ],
    [
      "{ type: 'enum', values: ['a', , 'b'] }",
      '`values` must be a list of at least one string, none of them empty',
    ],
    [
      "{ type: 'enum', values: ['a'], valueAliases: { b: 1 } }",
      '`valueAliases` must be an object of strings that are not empty',
    ],
    ["{ type: 'enum', values: ['a'], default: 1 }", '`default` must be a string'],
    ["{ type: 'flag', aliases: 'old' }", '`aliases` must be a list of strings that are not empty'],
    ["{ type: 'flag', aliases: [1] }", '`aliases` must be a list of strings that are not empty'],
    ["{ type: 'flag', default: 'yes' }", '`default` must be true or false'],
    ["{ type: 'string', required: 1 }", '`required` must be true or false'],
    ["{ type: 'string', rest: 'yes' }", '`rest` must be true or false'],
    ["{ type: 'string', default: null }", '`default` must be a string'],
    ["{ type: 'path' }", '`access` must be write, read or none'],
    ["{ type: 'path', access: 'toString' }", '`access` must be write, read or none'],
    [
      "{ type: 'path', access: 'none', words: 'stdout' }",
      '`words` must be a list of strings that are not empty',
    ],
    ["{ type: 'integer', min: Number.NaN }", '`min` must be a number'],
    ["{ type: 'integer', default: '1' }", '`default` must be a number'],
    ["{ type: 'size', max: '1K' }", '`max` must be a number'],
    ["{ type: 'size', default: 1024 }", '`default` must be a string'],
    ["{ type: 'duration', unit: 'w' }", '`unit` must be ms, s, m, h or d'],
    ["{ type: 'prefix', default: {} }", '`default` must be a string'],
  ])('refuses the option %s', async (option, problem) => {
    const options = `{ a: { help: 'h', ...${option} } }`;
    expect(await failureOf(declaration({ options }))).toBe(
      `plugin /plugin.mjs: option "a": ${problem}; see docs/plugins.md`,
    );
  });

  test.each([
    "[{ name: 'a', for: 'b' }]",
    "[{ name: 'a', for: [1] }]",
    "[{ name: 'a', required: 1 }]",
  ])('refuses that it reads %s', async (reads) => {
    expect(await failureOf(declaration({ reads }))).toBe(
      'plugin /plugin.mjs: `reads` must be a list of { name, required?, for? }; see docs/plugins.md',
    );
  });

  test('takes an option of every type with all that it can have', async () => {
    const options = `{
      flag: { type: 'flag', aliases: ['f'], default: true, help: 'h' },
      string: { type: 'string', rest: true, default: '', help: 'h' },
      path: { type: 'path', access: 'none', words: ['stdout'], default: '/x', help: 'h' },
      integer: { type: 'integer', min: 0, max: 9, required: true, help: 'h' },
      size: { type: 'size', min: 1, max: 2048, default: '1K', help: 'h' },
      duration: { type: 'duration', unit: 'm', min: 0, max: 60000, default: '1', help: 'h' },
      enum: { type: 'enum', values: ['a'], valueAliases: { b: 'a' }, default: 'b', help: 'h' },
      prefix: { type: 'prefix', default: '::/0', help: 'h' },
      list: { type: 'list', of: { type: 'enum', values: ['a'] }, maxItems: 1, default: ['a'], help: 'h' },
    }`;
    const reads = "[{ name: 'a', required: false, for: ['b'] }]";
    const file = await folder.write('plugin.mjs', declaration({ options, reads }));
    expect(Object.keys((await loadModule(file)).options)).toHaveLength(9);
  });

  test('says what a getter of the declaration throws', async () => {
    const source = "export default { get kind() { throw new RangeError('no kind') } };";
    expect(await failureOf(source)).toBe('cannot load plugin /plugin.mjs: no kind');
  });

  test('says what a module throws that is no error', async () => {
    expect(await failureOf('throw Object.create(null);')).toBe(
      'cannot load plugin /plugin.mjs: [Object: null prototype] {}',
    );
  });

  test('does not wait for ever for what a module awaits', async () => {
    const file = await folder.write('plugin.mjs', 'await new Promise(() => {});');
    await expect(loadModule(file, 20)).rejects.toThrow(
      new PluginLoadError(
        `cannot load plugin ${file}: its top-level await has not ended after 0.02 s`,
      ),
    );
  });

  test('says what a module throws', async () => {
    expect(await failureOf("throw new Error('not today');")).toBe(
      'cannot load plugin /plugin.mjs: not today',
    );
  });

  test('says that there is no such file', async () => {
    await expect(loadModule(folder.join('none.mjs'))).rejects.toThrow(
      /^cannot load plugin \S+\/none\.mjs: ENOENT: no such file or directory/,
    );
  });
});

const notRoot = runsAsRoot ? undefined : 'only root is told whom a plugin has to belong to';

describe.skipIf(notRoot)(title('loadModule as root', notRoot), () => {
  const refusal = (file: string, path: string, problem: string) =>
    `will not run plugin ${file} as root: ${path} ${problem}; chown it to root and remove write permission for others`;

  test("runs root's own files below a sticky folder such as /tmp", async () => {
    expect(folder.path.startsWith(tmpdir())).toBe(true);
    const file = await folder.write('plugin.mjs', declaration());
    expect((await loadModule(file)).name).toBe('COUNT');
  });

  test.each([
    ['a user who owns the file', 65_534, 0o644, 'belongs to user 65534'],
    ['a group that may write it', 0, 0o664, 'is writable by others'],
    ['anybody who may write it', 0, 0o646, 'is writable by others'],
    ['anybody who may write it, sticky or not', 0, 0o1646, 'is writable by others'],
  ])('does not run what could be changed by %s', async (_who, owner, mode, problem) => {
    const file = await folder.write('plugin.mjs', declaration());
    await chown(file, owner, 0);
    await chmod(file, mode);
    await expect(loadModule(file)).rejects.toThrow(refusal(file, file, problem));
  });

  test.each([
    ['a foreign owner', 65_534, 0o755, 'belongs to user 65534'],
    ['a group that may write', 0, 0o775, 'is writable by others'],
    ['a sticky foreign owner', 65_534, 0o1777, 'belongs to user 65534'],
  ])('looks at every folder above: %s', async (_what, owner, mode, problem) => {
    const inner = folder.join('inner');
    await mkdir(inner);
    const file = await folder.write('inner/plugin.mjs', declaration());
    await chown(folder.path, owner, 0);
    await chmod(folder.path, mode);
    await expect(loadModule(file)).rejects.toThrow(refusal(file, folder.path, problem));
  });

  test('looks at the file behind a link', async () => {
    const file = await folder.write('real.mjs', declaration());
    await chown(file, 65_534, 0);
    await symlink(file, folder.join('link.mjs'));
    await expect(loadModule(folder.join('link.mjs'))).rejects.toThrow(
      refusal(file, file, 'belongs to user 65534'),
    );
  });
});
