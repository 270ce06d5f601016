import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { allInfo, info, listPlugins } from '../../../src/cli/info.ts';
import { builtins } from '../../../src/plugins/registry.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

let stdout: string;
let stderr: string;

beforeEach(() => {
  stdout = '';
  stderr = '';
  vi.spyOn(process.stdout, 'write').mockImplementation((text) => {
    stdout += text;
    return true;
  });
  vi.spyOn(process.stderr, 'write').mockImplementation((text) => {
    stderr += text;
    return true;
  });
});
afterEach(() => {
  vi.restoreAllMocks();
});

describe('specter info', () => {
  test('tells kind, options and keys of an input', async () => {
    expect(await info('local', false)).toBe(0);
    expect(stdout).toBe(`Name: LOCAL
Kind: input
Summary: adds the time of logging and this machine's name
Keys provided:
  local.time (unsigned int 32): time of logging, seconds since 1970
  local.hostname (string): this machine's name, up to the first dot
`);
  });

  test('tells options with type, default and other spellings of an output', async () => {
    expect(await info('/usr/lib/specter/specter_OPRINT.so', false)).toBe(0);
    expect(stdout).toBe(`Name: OPRINT
Kind: output
Summary: appends all keys of each packet to a file, one a line, for debugging
Options:
  dumpfile (path; default /var/log/specter.oprint; also file)
      file that packets are appended to
  dumpsync (flag; default no; also sync)
      make packets visible after each batch instead of within a second
  dumpkeys (list of string)
      keys to write, in this order; without it all that the block provides
Keys read: all that the block provides
Keys that its options name are read as well.
`);
  });

  test('tells which keys are required', async () => {
    await info('BASE', false);
    expect(stdout).toContain(
      'Keys read:\n  raw.pkt (required)\n  oob.family (required)\n  oob.protocol\n',
    );
    expect(stdout).toContain('\n  ip.saddr (IP addr): source address\n');
  });

  test('tells ranges and units of a source', async () => {
    await info('nflog', false);
    expect(stdout).toMatch(
      /^ {2}qthreshold \(.*1.*65535.*; default 64; also netlink_qthreshold\)$/m,
    );
    expect(stdout).toMatch(/^ {2}qtimeout \(.*; default 10ms\)$/m);
  });

  test('says that options can name keys', async () => {
    expect(await info('NFTSET', false)).toBe(0);
    expect(stdout).toMatch(/^Keys that its options name are read as well\.$/m);
  });

  test('tells everything without a name', async () => {
    expect(await info(undefined, false)).toBe(0);
    expect(stdout.match(/^Name: .*$/gm)).toEqual(
      ['global', ...builtins.map(({ name }) => name)].map((name) => `Name: ${name}`),
    );
  });

  test('tells the same as JSON', async () => {
    expect(await info('OPRINT', true)).toBe(0);
    expect(JSON.parse(stdout)).toEqual([
      {
        name: 'OPRINT',
        kind: 'output',
        summary: 'appends all keys of each packet to a file, one a line, for debugging',
        options: [
          {
            name: 'dumpfile',
            type: 'path',
            default: '/var/log/specter.oprint',
            required: false,
            aliases: ['file'],
            help: 'file that packets are appended to',
          },
          {
            name: 'dumpsync',
            type: 'flag',
            default: 'no',
            required: false,
            aliases: ['sync'],
            help: 'make packets visible after each batch instead of within a second',
          },
          {
            name: 'dumpkeys',
            type: 'list of string',
            required: false,
            aliases: [],
            help: 'keys to write, in this order; without it all that the block provides',
          },
        ],
        reads: 'all',
        readsNamed: true,
        surveys: false,
        provides: [],
      },
    ]);
    stdout = '';
    await info(undefined, true);
    expect(JSON.parse(stdout)).toEqual(JSON.parse(JSON.stringify(allInfo)));
  });

  test('describes a module', async () => {
    await using folder = await ScratchFolder.create();
    const text = `export default { kind: 'filter', name: 'MINE', summary: 'mine', options: {},
      reads: [{ name: 'ip.saddr' }], provides: [], open: () => ({}) };\n`;
    expect(await info(await folder.write('mine.mjs', text), false)).toBe(0);
    expect(stdout).toBe('Name: MINE\nKind: filter\nSummary: mine\nKeys read:\n  ip.saddr\n');
  });

  test.each([
    ['nothing', 'there is no plugin nothing; see `specter plugins`'],
    ['HWHDR', 'there is no plugin HWHDR: BASE provides its keys; see `specter plugins`'],
    [
      '/lib/ulogd/specter_ulog.so',
      'there is no plugin /lib/ulogd/specter_ulog.so: the kernel has no ULOG any more; use NFLOG rules and a numbered block; see `specter plugins`',
    ],
    [
      '/none.mjs',
      "cannot load plugin /none.mjs: ENOENT: no such file or directory, realpath '/none.mjs'",
    ],
  ])('says that there is no %s', async (name, message) => {
    expect(await info(name, false)).toBe(1);
    expect([stdout, stderr]).toEqual(['', `specter: ${message}\n`]);
  });

  test('says what is wrong with the options of a module', async () => {
    await using folder = await ScratchFolder.create();
    const file = await folder.write(
      'mine.mjs',
      "export default { kind: 'output', name: 'MINE', summary: 's', reads: [], open() {}, options: { items: { type: 'list', help: 'h' } } };",
    );
    expect(await info(file, false)).toBe(1);
    expect([stdout, stderr]).toEqual([
      '',
      `specter: plugin ${file}: option "items": \`of\` must be an object with the \`type\` of the items; see docs/plugins.md\n`,
    ]);
  });
});

test('specter plugins lists them with kind and summary', () => {
  listPlugins();
  expect(stdout.split('\n').map((line) => line.split(/\s+/).slice(0, 2).join(' '))).toEqual([
    'global block',
    'nflog source',
    'BASE input',
    'LOCAL input',
    'HTTP input',
    'TLS input',
    'DNS input',
    'PWSNIFF input',
    'MARK filter',
    'MATCH filter',
    'THRESHOLD filter',
    'KNOCK filter',
    'LOGEMU output',
    'SYSLOG output',
    'GPRINT output',
    'OPRINT output',
    'JSON output',
    'XML output',
    'PCAP output',
    'SQLITE3 output',
    'PGSQL output',
    'MYSQL output',
    'EXEC output',
    'NFTSET output',
    '',
  ]);
  expect(stdout).toContain(
    "LOCAL      input    adds the time of logging and this machine's name\n",
  );
});
