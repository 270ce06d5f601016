import { existsSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { loadConfig } from '../../../src/daemon/load-config.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

let folder: ScratchFolder;

beforeEach(async () => {
  folder = await ScratchFolder.create();
});
afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Loads a config; in the messages, the folder's name and the length of long marks are left out. */
async function load(text: string) {
  const { loaded, messages } = await loadConfig(await folder.write('s.conf', text), false);
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
/s.conf:21:10: error: MINE needs key ip.sadr, which no plugin of block 7 provides
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
    expect(await loadConfig(none, false)).toEqual({
      messages: `${none}: error: ENOENT: no such file or directory, open '${none}'\n`,
    });
    expect(await loadConfig(folder.path, false)).toEqual({
      messages: `${folder.path}: error: EISDIR: illegal operation on a directory, read\n`,
    });
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
    expect((await loadConfig(file, true)).messages).toContain('\x1b[1;31merror:\x1b[0m');
  });
});
