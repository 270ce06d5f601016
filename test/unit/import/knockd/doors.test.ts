import { describe, expect, test } from 'vitest';
import { parseCommand } from '../../../../src/plugins/output/exec/command.ts';
import { headlines, imported, machine, paragraph } from './imported.ts';

const on = machine(['/bin/a', '/bin/b', '/usr/sbin/iptables']);

describe('names', () => {
  test('become usable, and stay apart', () => {
    const names = ['a b', 'a-b', '"{ $(x) }"', '日本', 'a', 'a6'];
    const text = names.map((name) => `[${name}]\nsequence=1\ncommand=/bin/a\ncommand_6=/bin/b\n`);
    const { config = '' } = imported(text.join(''), on);
    expect(Array.from(config.matchAll(/:KNOCK (.*)/g), ([, name]) => name)).toEqual([
      'a-b',
      'a-b6',
      'a-b-2',
      'a-b6-2',
      'x',
      'x6',
      'door',
      'door6',
      'a',
      'a6',
      'a6-2',
      'a66',
    ]);
    expect(paragraph(config, ':KNOCK x')[1]).toBe(String.raw`knockname "\"{ $(x) }\""`);
    expect(paragraph(config, ':KNOCK door')[1]).toBe('knockname 日本');
    expect(paragraph(config, ':KNOCK a')[1]).toBe('knocksequence 1/tcp');
    expect(config).toContain(
      '    # Door [a b] of knockd, under a name that can be written here.\n    :KNOCK a-b\n',
    );
  });
});

test('a program with blanks and a quote in its name stays one word', () => {
  const odd = machine(["/opt/it's here"]);
  const { config } = imported("[a]\nsequence=1\ncommand=/opt/it\\'s\\ here\n", odd);
  const execstr = /execstr (.*)/.exec(config ?? '')?.[1] ?? '';
  const [program, ...others] = parseCommand(execstr).words.map(({ template }) => template);
  expect([program, others]).toEqual([["/opt/it's here"], []]);
});

describe('families', () => {
  const doors = (lines: string): string[] =>
    (imported(`[d]\nsequence=1\n${lines}\n`, on).config ?? '')
      .split('\n')
      .map((line) => line.trim())
      .filter((line) => /^(:KNOCK|:EXEC|knockfamily|execstr|execdelay|execthen)/.test(line));

  test.each([
    ['command=/bin/a', [':KNOCK d', ':EXEC d', 'execstr /bin/a']],
    ['command=/bin/a\ncommand_6=/bin/a', [':KNOCK d', ':EXEC d', 'execstr /bin/a']],
    ['command=/bin/a\ncommand_6=', [':KNOCK d', 'knockfamily ip', ':EXEC d', 'execstr /bin/a']],
    ['command_6=/bin/b', [':KNOCK d', 'knockfamily ip6', ':EXEC d', 'execstr /bin/b']],
    ['command=\ncommand_6=/bin/b', [':KNOCK d', 'knockfamily ip6', ':EXEC d', 'execstr /bin/b']],
    [
      'command=/bin/a\nstop_command=/bin/a 0\nstop_command_6=\ncmd_timeout=3',
      [
        ...[':KNOCK d', 'knockfamily ip', ':EXEC d', 'execstr /bin/a'],
        ...['execdelay 3s', 'execthen /bin/a 0'],
        ...[':KNOCK d6', 'knockfamily ip6', ':EXEC d6', 'execstr /bin/a'],
      ],
    ],
    [
      'command=/bin/a\ncommand_6=/bin/b\ntarget=192.0.2.1',
      [':KNOCK d', 'knockfamily ip', ':EXEC d', 'execstr /bin/a'],
    ],
    [
      'command=/bin/a\ncommand_6=/bin/b\ntarget=2001:db8::1',
      [':KNOCK d', 'knockfamily ip6', ':EXEC d', 'execstr /bin/b'],
    ],
  ])('%s', (lines, expected) => {
    expect(doors(lines)).toEqual(expected);
  });

  test('iptables is no matter where only IPv4 gets there', () => {
    const text = '[d]\nsequence=1\ncommand=iptables -L\n';
    expect(headlines(imported(text, on).messages)).toHaveLength(1);
    expect(imported(`${text}command_6=\n`, on).messages).toBe('');
    expect(imported(`${text}target=192.0.2.1\n`, on).messages).toBe('');
  });
});

test('knockd has defaults of its own, which are written out', () => {
  const { config } = imported('[d]\nsequence=1\ncommand=/bin/a\nstop_command=/bin/b\n', on);
  expect(paragraph(config, ':KNOCK d')).toEqual([
    ...[':KNOCK d', 'knocksequence 1/tcp', 'knocktimeout 25s', 'knockflags any'],
    ...[':EXEC d', 'when d', 'execstr /bin/a', 'execdelay 10s', 'execthen /bin/b'],
  ]);
});

test('keys, flags and protocols are read in any case, flags of several lines together', () => {
  const text = '[d]\nSEQUENCE = 1:UDP , 2\nTcpFlags = SYN\ntcpflags = !Ack\nCommand = /bin/a\n';
  const { config, messages } = imported(text, on);
  expect(messages).toBe('');
  expect(paragraph(config, ':KNOCK d').slice(1, 4)).toEqual([
    'knocksequence "1/udp 2/tcp"',
    'knocktimeout 25s',
    'knockflags syn,!ack',
  ]);
});

test('commands that sleep get the time for it', () => {
  const text = '[d]\nsequence=1\ncommand=/bin/a; sleep 5m; sleep 10; /bin/b\n';
  expect(paragraph(imported(text, on).config, ':EXEC d')).toContain('exectimeout 340s');
  const long = text.replace('5m', '9d');
  expect(paragraph(imported(long, on).config, ':EXEC d')).toContain('exectimeout 86400s');
});

test('the other doors spoil attempts, as far as there are any', () => {
  const text = '[d]\nsequence=1\ncommand=/bin/a\n';
  expect(paragraph(imported(text, on).config, ':KNOCK d')).not.toContain('knockstrict');
  const two = `${text}[e]\nsequence=2\ncommand=/bin/a\n`;
  expect(paragraph(imported(two, on).config, ':KNOCK d')).toContain('knockstrict');
  expect(paragraph(imported(two, on).config, ':KNOCK e')).toContain('knockstrict');
});
