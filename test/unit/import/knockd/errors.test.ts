import { describe, expect, test } from 'vitest';
import { headlines, imported, machine } from './imported.ts';

const door = '[a]\nsequence=1,2\ncommand=/bin/sh -c true\n';
/** Far beyond any knockd.conf: what costs the square of it would take minutes. */
const many = 20_000;
const doors = (line: (index: number) => string): string =>
  Array.from({ length: many }, (_, index) => line(index)).join('');

describe('a huge file', () => {
  test.each([
    ['comments', `[a]\n${'#\n'.repeat(300_000)}sequence=1\ncommand=/bin/sh -c true\n`],
    ['comments in [options]', `[options]\n${'#\n'.repeat(300_000)}${door}`],
    ['comments at the end', `${door}${'#\n'.repeat(300_000)}`],
    ['repeated flags', `${door}${'tcpflags=syn\n'.repeat(many)}`],
    [
      'names that become the same',
      doors((i) => `[${String.fromCodePoint(0x4e00 + i)}]\nsequence=1\ncommand=/bin/sh -c :\n`),
    ],
    [
      'targets',
      doors((i) => `[${i}]\nsequence=1\ntarget=10.0.${i >> 8}.${i & 255}\ncommand=/bin/sh -c :\n`),
    ],
  ])('of %s is translated', (_what, text) => {
    expect(imported(text).config).toContain(':KNOCK ');
  });
});

const shut = '[a]\ncommand=/bin/sh -c true\n';

describe('errors', () => {
  test.each([
    ['an empty file', '', '1:1: error: there is no door with a command'],
    [
      'a line before any section',
      `sequence=1\n${door}`,
      '1:1: error: this line stands before the first [section]',
    ],
    ['a section without a name', `${door}[]\nsequence=1\n`, '4:1: error: a section needs a name'],
    [
      'a key without a value',
      `${door}  target\n`,
      '4:3: error: "target" needs a value: write "target = …"',
    ],
    [
      'UseSyslog with one',
      `${door}[options]\nUseSyslog = yes\n`,
      '5:13: error: UseSyslog takes no value',
    ],
    [
      'a key of [options] in a door',
      `${door}LogFile=/x\n`,
      '4:1: error: "logfile" belongs to [options]',
    ],
    [
      'a key of a door in [options]',
      `${door}[options]\nsequence=1\n`,
      '5:1: error: "sequence" belongs to a door, below its [name]',
    ],
    [
      'a door without a sequence',
      `${door}[b]\ncommand=/bin/sh\n`,
      '4:2: error: door "b" has no sequence',
    ],
    ['two doors of one name', `${door}${door}`, '4:2: error: there are two doors called "a"'],
    [
      'a port that is none',
      `${shut}sequence=1, 65536 ,0\n`,
      '3:13: error: a step is a port from 1 to 65535, perhaps with ":tcp" or ":udp", not "65536"',
    ],
    [
      'an unknown protocol',
      `${shut}sequence=1,2:icmp\n`,
      '3:12: error: the protocol of a step is tcp or udp, not "icmp"',
    ],
    [
      'an empty sequence',
      `${shut}sequence=\n`,
      '3:10: error: a step is a port from 1 to 65535, perhaps with ":tcp" or ":udp", not ""',
    ],
    [
      'too many steps',
      `${shut}sequence=${Array.from({ length: 33 }, () => '1').join()}\n`,
      '3:10: error: a sequence has up to 32 steps, not 33',
    ],
    [
      'an unknown flag',
      `${door}tcpflags=syn, !akc\n`,
      '4:15: error: the flags are fin, syn, rst, psh, ack, urg, not "!akc"; did you mean "ack"?',
    ],
    [
      'a timeout that is no number',
      `${door}seq_timeout=soon\n`,
      '4:13: error: seq_timeout is a number of seconds from 1 to 2147483, not "soon"',
    ],
    [
      'a timeout of nothing',
      `${door}timeout=0\n`,
      '4:9: error: timeout is a number of seconds from 1 to 2147483, not "0"',
    ],
    [
      'a time beyond timers',
      `${door}cmd_timeout=2147484\n`,
      '4:13: error: cmd_timeout is a number of seconds from 0 to 2147483, not "2147484"',
    ],
    [
      'a target that is a name',
      `${door}target=host.example\n`,
      '4:8: error: target is an IP address, not "host.example"',
    ],
    [
      'an interface that cannot be',
      `${door}[options]\ninterface=eth0"; flush\n`,
      '5:11: error: "eth0"; flush" cannot be an interface',
    ],
    ['an empty path', `${door}[options]\npidfile=\n`, '5:9: error: pidfile needs a path'],
    [
      'a file without a path',
      `${shut}one_time_sequences =\n`,
      '3:1: error: one_time_sequences needs the path of a file',
    ],
    [
      'a control character',
      `${door}command=/bin/x\x07\n`,
      '4:15: error: a control character, or a byte that is not UTF-8',
    ],
    [
      'a line that knockd would cut',
      `${door}command=${'x'.repeat(4090)}\n`,
      '4:1: error: knockd reads lines of up to 4094 bytes',
    ],
  ])('%s', (_, text, message) => {
    const { config, messages } = imported(text);
    expect(config).toBeUndefined();
    expect(headlines(messages)[0]).toBe(`knockd.conf:${message}`);
  });

  test('come all in one run, in the order of the file', () => {
    const { messages } = imported('x\n[b]\nsequence=0\ntarget=?\ncommand=/bin/sh\n[c]\n');
    expect(headlines(messages).map((line) => line.split(' ')[0])).toEqual([
      'knockd.conf:1:1:',
      'knockd.conf:3:10:',
      'knockd.conf:4:8:',
      'knockd.conf:6:2:',
    ]);
  });

  test('point at the place', () => {
    expect(imported(`${door}\ttcpflags = syn,akc\n`).messages).toBe(
      'knockd.conf:4:17: error: the flags are fin, syn, rst, psh, ack, urg, not "akc"; did you mean "ack"?\n\ttcpflags = syn,akc\n\t               ^~~\n',
    );
  });

  test('bytes that are not UTF-8 matter outside of comments only', () => {
    expect(imported(`# caf\ufffd\n${door}`).messages).toBe('');
    expect(headlines(imported(`[a\ufffd]\n`).messages)[0]).toMatch(
      /^knockd.conf:1:3: error: a control/,
    );
  });
});

describe('warnings', () => {
  test.each([
    [
      'an unknown key',
      'tcpflag = syn\n',
      '4:1: warning: knockd knows no "tcpflag"; left out; did you mean "tcpflags"?',
    ],
    [
      'a key that is there twice',
      'command=/bin/sh\n',
      '4:1: warning: "command" is there twice; the last one counts',
    ],
    [
      'a number with something behind it',
      'seq_timeout = 5 # short\n',
      '4:15: warning: knockd reads 5 from this',
    ],
    [
      'a sequence beside a file',
      'one_time_sequences=seq\n',
      '2:1: warning: sequence is left out: the door has one_time_sequences',
    ],
    [
      'syslog and a file',
      'UseSyslog\n[options]\nlogfile=/tmp/l\n',
      '4:1: warning: specter logs to one place: to the LogFile, not to syslog as well',
    ],
    [
      'a program that is not there',
      'stop_command=nft flush x\n',
      '4:14: warning: there is no program nft here; taken for /usr/sbin/nft',
    ],
    [
      'iptables for IPv6',
      'start_command_6=/bin/sh /sbin/iptables\n',
      '4:17: warning: iptables takes no IPv6 addresses, and this command is run for IPv6 sources too',
    ],
    [
      'a door that does nothing',
      '[b]\nsequence=1\ncommand=\nstop_command=/bin/sh\n',
      '4:2: warning: door "b" runs no command; left out',
    ],
  ])('%s', (_, line, message) => {
    const { config, messages } = imported(
      door + line,
      machine(['/bin/sh'], { '/etc/seq': '1,2\n' }),
    );
    expect(config).toBeDefined();
    expect(headlines(messages)[0]).toBe(`knockd.conf:${message}`);
  });

  test('files of one-time sequences that cannot be used as they are', () => {
    const text = '[a]\none_time_sequences=/s\ncommand=/bin/sh\n';
    expect(headlines(imported(text).messages)).toEqual([
      'knockd.conf:2:20: warning: /s cannot be read: its ports are missing in the rules',
    ]);
    const { messages } = imported(text, machine(['/bin/sh'], { '/s': '1,2\n#x\nx\n\n1 :udp\n' }));
    expect(headlines(messages)).toEqual([
      'knockd.conf:2:20: warning: /s:3 is no sequence; specter will not start with it',
      'knockd.conf:2:20: warning: /s:5 is no sequence; specter will not start with it',
    ]);
  });
});
