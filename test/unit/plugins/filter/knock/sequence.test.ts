import { describe, expect, test } from 'vitest';
import {
  parseSequence,
  parseSequenceOption,
  protocolOf,
  stepCode,
} from '../../../../../src/plugins/filter/knock/sequence.ts';

const TCP = 6;
const UDP = 17;
const ICMP = 1;
const ICMPV6 = 58;

const codes = (text: string) => parseSequence(text).steps.map(({ code }) => code);
const problems = (text: string) =>
  parseSequence(text).problems.map(({ offset, length, message, suggestion }) => [
    text.slice(offset, offset + length),
    suggestion === undefined ? message : `${message} (${suggestion}?)`,
  ]);

describe('a sequence', () => {
  const expected = [stepCode(TCP, 7000), stepCode(UDP, 8000), stepCode(TCP, 9000)];

  test.each([
    '7000/tcp 8000/udp 9000/tcp',
    '7000 8000/udp 9000',
    '7000:tcp,8000:udp,9000:tcp',
    '7000,8000:UDP,9000',
    ' 7000 , 8000/Udp\t9000:tcp ',
  ])('is %s', (text) => {
    expect(codes(text)).toEqual(expected);
    expect(parseSequence(text).problems).toEqual([]);
  });

  test('takes types of ICMP and ICMPv6, from 0 to 255', () => {
    expect(codes('8/icmp 0/icmp 255/icmp')).toEqual([8, 0, 255].map((n) => stepCode(ICMP, n)));
    expect(codes('128/icmpv6')).toEqual([stepCode(ICMPV6, 128)]);
  });

  test('takes ports from 1 to 65535', () => {
    expect(codes('1 65535/udp')).toEqual([stepCode(TCP, 1), stepCode(UDP, 65535)]);
  });

  test('has codes that tell the protocol', () => {
    const protocols = codes('1/tcp 2/udp 3/icmp').map((code) => protocolOf(code));
    expect(protocols).toEqual([TCP, UDP, ICMP]);
    expect(protocolOf(stepCode(ICMPV6, 255))).toBe(ICMPV6);
  });

  test('has up to 32 steps', () => {
    const ports = Array.from({ length: 32 }, (_, index) => 7000 + index);
    expect(codes(ports.join(' '))).toEqual(ports.map((port) => stepCode(TCP, port)));
    expect(problems([...ports, 1, 2].join(' '))).toEqual([
      ['1', 'a sequence has at most 32 steps'],
    ]);
  });
});

describe('what is wrong', () => {
  const step = (word: string) =>
    `a step is a port or ICMP type with its protocol, such as 7000/tcp, not "${word}"`;
  const protocol = (word: string) =>
    `the protocol of a step is tcp, udp, icmp or icmpv6, not "${word}"`;

  test.each([
    ['7000/tpc', [['tpc', `${protocol('tpc')} (tcp?)`]]],
    ['1 8/icmp6', [['icmp6', `${protocol('icmp6')} (icmpv6?)`]]],
    ['7000/sctp', [['sctp', protocol('sctp')]]],
    ['7000/xyzzy', [['xyzzy', protocol('xyzzy')]]],
    ['7000/', [['', protocol('')]]],
    ['7000/constructor', [['constructor', protocol('constructor')]]],
    ['0', [['0', 'a port is a number from 1 to 65535, not "0"']]],
    ['7000 65536/udp', [['65536', 'a port is a number from 1 to 65535, not "65536"']]],
    ['256/icmp', [['256', 'an ICMP type is a number from 0 to 255, not "256"']]],
    ['ssh', [['ssh', step('ssh')]]],
    ['tcp/7000', [['tcp/7000', step('tcp/7000')]]],
    ['-1 7000', [['-1', step('-1')]]],
    ['', [['', 'a sequence needs at least one step, such as 7000/tcp']]],
    [' , ', [[' , ', 'a sequence needs at least one step, such as 7000/tcp']]],
  ])('in "%s" is told, all of it', (text, expected) => {
    expect(problems(text)).toEqual(expected);
  });
});

test('an option has its quotes with it, and offsets into itself', () => {
  expect(parseSequenceOption('"7000/tcp 8000/tcp"').steps).toEqual([
    { code: stepCode(TCP, 7000), offset: 1, length: 8 },
    { code: stepCode(TCP, 8000), offset: 10, length: 8 },
  ]);
  expect(parseSequenceOption('"7000').problems).toHaveLength(1);
});
