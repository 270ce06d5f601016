import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type LoadOptions, loadConfig } from '../../../src/daemon/load-config.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

const atStart = { color: false, folder: process.cwd(), reload: false };

/** Loads a config; in the messages, the folder's name and the length of long marks are left out. */
async function load(text: string, options: Partial<LoadOptions> = {}) {
  const file = await folder.write('s.conf', text);
  const { loaded, messages } = await loadConfig(file, { ...atStart, ...options });
  return { loaded, messages: messages.replaceAll(folder.path, '').replace(/~{9,}/g, '~…') };
}

const block = () => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder.join('packets.log')}
}
`;

/** A plugin of a third party that reads `reads`. */
const plugin = (reads: string) =>
  `export default { kind: 'output', name: 'MINE', summary: 'mine', options: {}, reads: ${reads}, open: () => ({}) };\n`;

describe('loadConfig', () => {
  test('gives config, plugins and global options of a valid file, and creates nothing', async () => {
    const { loaded, messages } = await load(`global {\n  loglevel 5\n  rmem 2M\n}\n${block()}`);
    expect(messages).toBe('');
    expect(loaded?.global).toMatchObject({ loglevel: 5, rmem: 2 << 20, errignore: false });
    expect(loaded?.config.blocks.map(({ name }) => name)).toEqual(['5']);
    expect(existsSync(folder.join('packets.log'))).toBe(false);
  });

  test('finds mistakes of every kind in one run', async () => {
    await folder.write('mine.mjs', plugin("[{ name: 'ip.sadr', required: true }]"));
    const { loaded, messages } = await load(`global {
  loglevel 9
}
5 {
  plugin BASE
  plugin LOGEMO
  plugin ${folder.join('none.mjs')}
  snaplen 12x
}
5 {
  plugin "OPRINT
}
6 {
  plugin BASE
  dumpfile ${folder.join('x')}
  plugin LOGEMU
  logemufile ${folder.join('no/such/folder')}
}
7 {
  plugin BASE
  plugin ${folder.join('mine.mjs')}
}
`);
    expect(loaded).toBeUndefined();
    expect(messages).toBe(`/s.conf:2:12: error: option "loglevel" takes a value from 1 to 8, not "9"
  loglevel 9
           ^
/s.conf:6:10: error: there is no plugin "LOGEMO"; did you mean "LOGEMU"?
  plugin LOGEMO
         ^~~~~~
/s.conf:7:10: error: cannot load plugin /none.mjs: ENOENT: no such file or directory, realpath '/none.mjs'
  plugin /none.mjs
         ^~…
/s.conf:8:11: error: option "snaplen" takes an integer, not "12x"
  snaplen 12x
          ^~~
/s.conf:10:1: error: block 5 is defined twice
5 {
^
/s.conf:4:1: note: first defined here
5 {
^
/s.conf:11:10: error: the closing quote is missing
  plugin "OPRINT
         ^~~~~~~
/s.conf:15:3: error: option "dumpfile" belongs to plugin OPRINT, which block 6 does not load; add "plugin OPRINT"
  dumpfile /x
  ^~~~~~~~
/s.conf:17:14: error: option "logemufile": the directory /no/such does not exist; create it first
  logemufile /no/such/folder
             ^~…
/s.conf:21:10: error: MINE needs key ip.sadr, which no plugin of block 7 provides; did you mean "ip.saddr"?
  plugin /mine.mjs
         ^~…
`);
  });

  test('finds a user and capabilities that do not exist', async () => {
    const { loaded, messages } = await load(`global {
  user nobody-of-that-name
  keepcaps net_admin, fly, setuid
}
${block()}`);
    expect(loaded).toBeUndefined();
    expect(messages).toBe(`/s.conf:2:8: error: there is no user nobody-of-that-name
  user nobody-of-that-name
       ^~…
/s.conf:3:12: error: keepcaps fly: no such capability
  keepcaps net_admin, fly, setuid
           ^~…
/s.conf:3:12: error: keepcaps setuid: with it the user could become root again
  keepcaps net_admin, fly, setuid
           ^~…
`);
  });

  test('finds capabilities that do not exist without a user, who may come by -u', async () => {
    const { messages } = await load(`global {\n  keepcaps fly\n}\n${block()}`);
    expect(messages).toBe(`/s.conf:2:12: error: keepcaps fly: no such capability
  keepcaps fly
           ^~~
`);
  });

  test('takes a user and capabilities that exist', async () => {
    const { loaded } = await load(`global {\n  user nobody\n  keepcaps net_admin\n}\n${block()}`);
    expect(loaded?.global).toMatchObject({ user: 'nobody', keepcaps: ['net_admin'] });
  });

  test('finds plugins that would not have the capability they need', async () => {
    const nftset = (lines: string) =>
      `global {\n  ${lines}\n}\n5 {\n  plugin BASE\n  plugin NFTSET\n  nftset "inet t ban"\n}\n`;
    const { messages } = await load(nftset('user nobody'));
    expect(
      messages,
    ).toBe(`/s.conf:6:10: error: NFTSET needs the capability net_admin, which user nobody would not have; add "keepcaps net_admin" to the block "global"
  plugin NFTSET
         ^~~~~~
`);
    expect((await load(nftset('user nobody\n  keepcaps CAP_NET_ADMIN'))).messages).toBe('');
    // Who specter will be without the option is not the file's to say.
    expect((await load(nftset('loglevel 5'))).messages).toBe('');
  });

  test('loads the modules that a file names, each once', async () => {
    await folder.write('mine.mjs', plugin("[{ name: 'ip.saddr' }]"));
    const path = folder.join('mine.mjs');
    const { loaded, messages } = await load(
      `plugins {\n  MINE ${path}\n}\n5 {\n  plugin BASE\n  plugin MINE\n}\n6 {\n  plugin ${path}\n}\n`,
    );
    expect(messages).toBe('');
    const schemas = loaded?.config.blocks.map(({ plugins }) => plugins.at(-1)?.schema);
    expect(schemas?.map((schema) => schema?.name)).toEqual(['MINE', 'MINE']);
    expect(schemas?.[0]).toBe(schemas?.[1]);
    const [schema] = schemas ?? [];
    expect(schema && loaded?.catalogue.stageOf(schema).summary).toBe('mine');
  });

  test('says why a file cannot be read', async () => {
    const none = folder.join('none.conf');
    const noFile = `${none}: error: ENOENT: no such file or directory, open '${none}'\n`;
    expect(await loadConfig(none, atStart)).toEqual({
      messages: noFile,
      errors: noFile,
      warnings: '',
    });
    const noText = `${folder.path}: error: EISDIR: illegal operation on a directory, read\n`;
    expect(await loadConfig(folder.path, atStart)).toEqual({
      messages: noText,
      errors: noText,
      warnings: '',
    });
  });

  test('looks for modules and paths in the folder that specter was started in', async () => {
    await folder.write('mine.mjs', plugin("'all'"));
    await folder.write('file', '');
    const text = (path: string) =>
      `5 {\n  plugin BASE\n  plugin ./mine.mjs\n  plugin LOGEMU\n  logemufile ${path}\n}\n`;
    const { loaded, messages } = await load(text('packets.log'), { folder: folder.path });
    expect(messages).toBe('');
    // The plugin opens it, in the same folder.
    expect(loaded?.config.blocks[0]?.plugins.at(-1)?.options.values).toMatchObject({
      logemufile: 'packets.log',
    });
    expect((await load(text('none/packets.log'), { folder: folder.path })).messages).toContain(
      'option "logemufile": the directory /none does not exist; create it first',
    );
    expect((await load(text('new/'), { folder: folder.path })).messages).toContain(
      'option "logemufile": /new/ is the name of a directory',
    );
    expect((await load(text('packets.log'))).messages).toContain('cannot load plugin');
  });

  test('reads a relative file in that folder as well', async () => {
    await folder.write('s.conf', block());
    const result = await loadConfig('s.conf', { ...atStart, folder: folder.path });
    expect(result.loaded?.config.file).toBe('s.conf');
  });

  test('does not check again on a reload what only a start opens', async () => {
    const none = folder.join('none/file');
    const text = `global {\n  logfile ${none}\n  pidfile ${none}\n}\n${block()}`;
    const problem = 'the directory /none does not exist; create it first';
    const started = await load(text);
    expect(started.loaded).toBeUndefined();
    expect(started.messages).toContain(`option "logfile": ${problem}`);
    expect(started.messages).toContain(`option "pidfile": ${problem}`);
    const reloaded = await load(text, { reload: true });
    expect(reloaded.messages).toBe('');
    expect(reloaded.loaded?.global).toMatchObject({ logfile: none, pidfile: none });
  });

  test('checks the paths of blocks on a reload', async () => {
    const text = block().replace('packets.log', 'none/packets.log');
    const { loaded, messages } = await load(text, { reload: true });
    expect(loaded).toBeUndefined();
    expect(messages).toContain('option "logemufile": the directory /none does not exist');
  });

  test('tells warnings from errors', async () => {
    const valid = `${block()}spare {\n  plugin BASE\n}\n`;
    const file = await folder.write('s.conf', valid);
    const good = await loadConfig(file, atStart);
    expect(good.loaded).toBeDefined();
    expect(good.errors).toBe('');
    expect(good.warnings).toContain('s.conf:6:1: warning: ');
    expect(good.messages).toBe(good.warnings);
    await folder.write('s.conf', `${valid}7 {\n  plugin NONE\n}\n`);
    const bad = await loadConfig(file, atStart);
    expect(bad.loaded).toBeUndefined();
    expect(bad.warnings).toBe(good.warnings);
    expect(bad.errors).toMatch(/^[^\n]*s\.conf:10:10: error: there is no plugin "NONE"/);
    expect(bad.errors).not.toContain('warning');
    expect(bad.messages).toBe(`${bad.warnings}${bad.errors}`);
  });

  test('finds that a file has nothing to do', async () => {
    const { loaded, messages } = await load('');
    expect(loaded).toBeUndefined();
    expect(
      messages,
    ).toBe(`/s.conf:1:1: error: no block is fed by a source; add one, such as "5 { … }" for NFLOG group 5

^
`);
  });

  test('colours messages for a terminal', async () => {
    const file = await folder.write('s.conf', 'glob {\n');
    expect((await loadConfig(file, { ...atStart, color: true })).messages).toContain(
      '\x1b[1;31merror:\x1b[0m',
    );
  });
});
