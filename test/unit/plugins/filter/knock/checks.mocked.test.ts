import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import {
  formatDiagnostics,
  parseConfig,
  resolveConfig,
} from '../../../../../src/config-grammar/index.ts';
import { PluginCatalogue } from '../../../../../src/daemon/catalogue.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';

/** As of a file system that is mounted read-only: root too may write to everything else. */
const disk = vi.hoisted(() => ({ isReadOnly: false }));

vi.mock('node:fs', async (importOriginal) => {
  const fs = await importOriginal<typeof import('node:fs')>();
  return {
    ...fs,
    accessSync: (path: string, mode: number) => {
      if (disk.isReadOnly && (mode & fs.constants.W_OK) !== 0) throw new Error('EROFS');
      fs.accessSync(path, mode);
    },
  };
});

const catalogue = new PluginCatalogue();

/** What specter says about these options of KNOCK: the message, and what the caret is under. */
function complaints(options: string, plugins = ':BASE'): string[] {
  const text = `door {
  group 1
  ${plugins}
  :KNOCK
    ${options}
  :OPRINT
    file /dev/null
}
`;
  const { document, diagnostics } = parseConfig(text, 't.conf');
  const paths = { writable: () => undefined, readable: () => undefined };
  const resolution = resolveConfig(document, catalogue, { paths });
  const all = formatDiagnostics([...diagnostics, ...resolution.diagnostics], document.source);
  return all
    .split(/(?=^t\.conf)/m)
    .filter((diagnostic) => diagnostic !== '')
    .map((diagnostic) => {
      const [message = '', line = '', caret = ''] = diagnostic.split('\n');
      const marked = line.slice(caret.indexOf('^'), caret.trimEnd().length);
      return `${message.replace(/^t\.conf:\d+:\d+: /, '')} @ ${marked}`;
    });
}

describe('KNOCK takes', () => {
  test.each([
    'knocksequence 7000/tcp 8000/udp',
    'knocksequence "7000:tcp,8000:udp"  # as knockd has it',
    'knocksequence 8/icmp 7000',
    'knocksequence 128/icmpv6\nknockfamily ip6',
    'knocksequence 7000\nknockflags syn,!ack\nknocktarget 192.0.2.1 2001:db8::/64',
    'knocksequence 7000\nknockflags any\nknockstrict\nknockname "my door"\nknocktimeout 500ms',
    'knockfile /nonexistent/file',
  ])('%s', (options) => {
    expect(complaints(options)).toEqual([]);
  });
});

describe('KNOCK says what is wrong with', () => {
  test.each([
    ['', 'error: plugin KNOCK needs the option "knocksequence" or "knockfile" @ :KNOCK'],
    [
      'knocksequence 7000\nknockfile /f',
      'error: knocksequence and knockfile exclude each other; give only one of them @ /f',
    ],
    [
      'knocksequence 7000/tcp 8000/tpc',
      'error: the protocol of a step is tcp, udp, icmp or icmpv6, not "tpc"; did you mean "tcp"? @ tpc',
    ],
    [
      'knocksequence "7000, 65536:udp"',
      'error: a port is a number from 1 to 65535, not "65536" @ 65536',
    ],
    [
      'knocksequence 8/icmp 128/icmpv6',
      'error: icmp is IPv4 and icmpv6 is IPv6: no source can do both @ 128/icmpv6',
    ],
    [
      'knocksequence 8/icmp\nknockfamily ip6',
      'error: icmp is IPv4, but knockfamily is ip6 @ 8/icmp',
    ],
    [
      'knocksequence 1 128/icmpv6\nknockfamily ip',
      'error: icmpv6 is IPv6, but knockfamily is ip @ 128/icmpv6',
    ],
    [
      'knocksequence 7000\nknockflags syn !ack !syn',
      'error: "!syn" contradicts a word before it: no packet could match @ !syn',
    ],
  ])('%s', (options, expected) => {
    expect(complaints(options)).toEqual([expected]);
  });
});

describe('KNOCK reads a knockfile before anything starts', () => {
  let folder: ScratchFolder;
  beforeAll(async () => {
    folder = await ScratchFolder.create();
  });
  afterAll(async () => await folder[Symbol.asyncDispose]());

  test('and tells every wrong line', async () => {
    const path = await folder.write('wrong', '7000\nssh\n99999\n');
    expect(complaints(`knockfile ${path}`)).toEqual([
      `error: ${path}:2: a step is a port or ICMP type with its protocol, such as 7000/tcp, not "ssh" @ ${path}`,
      `error: ${path}:3: a port is a number from 1 to 65535, not "99999" @ ${path}`,
    ]);
  });

  test('and warns when no sequence is left in it', async () => {
    const path = await folder.write('used', '#000 8000\n');
    expect(complaints(`knockfile ${path}`)).toEqual([
      `warning: ${path} has no unused sequence: the door stays shut @ ${path}`,
    ]);
  });

  test('and refuses what no used sequence can be marked in', async () => {
    const path = await folder.write('constant', '7000\n');
    const long = await folder.write('long', '#'.repeat((1 << 20) + 1));
    const refusal = (file: string, reason: string) => [`error: ${file} ${reason} @ ${file}`];
    expect(complaints(`knockfile ${long}`)).toEqual(refusal(long, 'is longer than 1 MiB'));
    expect(complaints('knockfile /dev/zero')).toEqual(
      refusal('/dev/zero', 'is not a regular file'),
    );
    disk.isReadOnly = true;
    try {
      expect(complaints(`knockfile ${path}`)).toEqual(
        refusal(path, 'cannot be written: used sequences have to be marked in it'),
      );
    } finally {
      disk.isReadOnly = false;
    }
    expect(complaints(`knockfile ${path}`)).toEqual([]);
  });
});
