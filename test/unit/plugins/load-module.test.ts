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
    [declaration({ reads: 'undefined' }), '`reads` must be a list of { name }'],
    [declaration({ reads: "['ip.saddr']" }), '`reads` must be a list of { name }'],
    [
      declaration({ kind: "'input'", reads: "'all'", provides: '[]' }),
      '`reads` must be a list of { name }',
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
