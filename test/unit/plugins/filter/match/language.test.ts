import { describe, expect, test } from 'vitest';
import { passing, type Row } from './rows.ts';

const ssh: Row = {
  'ip.protocol': 6,
  'ip.saddr': '10.1.2.3',
  'tcp.dport': 22,
  'tcp.syn': 1,
  'tcp.ack': 0,
  'oob.mark': 0x12,
  'oob.prefix': 'DROP: ',
  'oob.hook': 1,
  'raw.mac.saddr': Uint8Array.of(2, 0, 0, 0, 0, 1),
  'ct.bytes': 2n ** 63n,
};
const web: Row = {
  ...ssh,
  'ip.saddr': '2001:db8::1',
  'tcp.dport': 443,
  'tcp.ack': 1,
  'oob.mark': 0xffff_ffff,
  'oob.prefix': 'ACCEPT: \xff\n"',
  'oob.hook': 2,
  'raw.mac.saddr': Uint8Array.of(2, 0, 0, 0, 0, 2),
  'ct.bytes': 2n ** 63n + 1n,
};
const ping: Row = { 'ip.protocol': 1, 'ip.saddr': '192.0.2.7' };
/** Row 0, 1, 2, and 3, which has no key at all. */
const rows = [ssh, web, ping, {}];

const pass = (expression: string) => passing(expression, rows);

describe('tests', () => {
  test.each([
    ['tcp.dport == 22', [0]],
    ['tcp.dport==0x16', [0]],
    ['tcp.dport != 22', [1]],
    ['tcp.dport < 443', [0]],
    ['tcp.dport <= 443', [0, 1]],
    ['tcp.dport > 22', [1]],
    ['tcp.dport >= 22', [0, 1]],
    ['tcp.dport in {22, 443}', [0, 1]],
    ['tcp.dport not in {22, 80}', [1]],
    ['tcp.dport in {1-21, 23-443}', [1]],
    ['tcp.dport in 23-65535', [1]],
    ['tcp.dport in 443', [1]],
    ['tcp.dport exists', [0, 1]],
    ['tcp.dport not exists', [2, 3]],
    ['tcp.dport absent', [2, 3]],
    ['tcp.syn', [0, 1]],
    ['tcp.ack == true', [1]],
    ['tcp.ack == 0', [0]],
    ['ip.protocol == tcp', [0, 1]],
    ['ip.protocol in {icmp, UDP}', [2]],
    ['oob.hook == forward', [1]],
    ['oob.mark == 0xffffffff', [1]],
    ['oob.mark & 0xff == 0x12', [0]],
    ['oob.mark & 0x80000000 != 0', [1]],
    ['oob.mark & 0xf0000000 == 0xf0000000', [1]],
    ['oob.mark in {0-17, 0xfffffff0-0xffffffff}', [1]],
    ['oob.mark not in {0-17, 0xfffffff0-0xffffffff}', [0]],
    ['oob.mark & 0xf0 in 0x10-0x1f', [0]],
    ['oob.mark & 0xf0 > 0x10', [1]],
    ['oob.mark & 0xf0 >= 0x10', [0, 1]],
    ['oob.mark & 0xff < 0x20', [0]],
    ['oob.mark in {5, 18}', [0]],
    ['oob.mark not in {5, 18}', [1]],
    ['oob.mark & 0xffff in {0x12, 0x13, 0xffff}', [0, 1]],
    ['ct.bytes == 9223372036854775808', [0]],
    ['ct.bytes > 0x8000000000000000', [1]],
    ['ct.bytes & 0x8000000000000000 != 0', [0, 1]],
    ['ct.bytes & 1 == 1', [1]],
    ['ct.bytes not in {1-0x8000000000000000}', [1]],
    ['ct.bytes < 0x8000000000000000', []],
    ['ip.saddr == 10.1.2.3', [0]],
    ['ip.saddr != 10.1.2.3', [1, 2]],
    ['ip.saddr in 10.0.0.0/8', [0]],
    ['ip.saddr not in 10.0.0.0/8', [1, 2]],
    ['ip.saddr in {10.0.0.0/8, 2001:db8::/32}', [0, 1]],
    ['ip.saddr in 0.0.0.0/0', [0, 2]],
    ['ip.saddr in ::/0', [1]],
    ['ip.saddr in ::ffff:10.0.0.0/104', []],
    ["oob.prefix == 'DROP: '", [0]],
    ["oob.prefix == 'DROP:'", []],
    ['oob.prefix != "DROP: "', [1]],
    ["oob.prefix in {'x', 'DROP: ', 'DROP'}", [0]],
    ["oob.prefix not in {'x', 'DROP: '}", [1]],
    ["oob.prefix startswith 'DROP'", [0]],
    ["oob.prefix not startswith 'DROP'", [1]],
    ["oob.prefix endswith ': '", [0]],
    ["oob.prefix contains 'C'", [1]],
    ["oob.prefix not contains 'C'", [0]],
    ["oob.prefix contains '\\xff'", [1]],
    ["oob.prefix endswith '\\n\\\"'", [1]],
    ["oob.prefix startswith 'DROP: and more'", []],
    ['raw.mac.saddr == 02:00:00:00:00:01', [0]],
    ['raw.mac.saddr in {02:00:00:00:00:01, 02:00:00:00:00:02}', [0, 1]],
    ['raw.mac.saddr startswith 02:00', [0, 1]],
  ])('%s', (expression, expected) => {
    expect(pass(expression)).toEqual(expected);
  });
});

describe('absent keys', () => {
  test.each([
    ['make every comparison false', 'tcp.dport == 22', [0]],
    ['!= too', 'tcp.dport != 22', [1]],
    ['and not in', 'tcp.dport not in {22}', [1]],
    ['but a negated comparison true', 'not tcp.dport == 22', [1, 2, 3]],
    ['and a negated one in parentheses', 'not (tcp.dport != 22)', [0, 2, 3]],
    ['can be asked for', 'tcp.dport absent and ip.saddr exists', [2]],
    ['are not a bool that is false', 'tcp.ack == 0', [0]],
    ['make a negated bool true', 'not tcp.ack', [0, 2, 3]],
  ])('%s: %s', (_, expression, expected) => {
    expect(pass(expression)).toEqual(expected);
  });
});

describe('addresses of a wrong length', () => {
  // As the decoders never make them: what is no address is in no prefix, and equal to none.
  const odd = [0, 1, 3, 5, 15, 17].map((length): Row => ({ 'ip.saddr': new Uint8Array(length) }));
  test.each([
    ['ip.saddr in {0.0.0.0/0, ::/0}', []],
    ['ip.saddr == 0.0.0.0', []],
    ['ip.saddr not in {0.0.0.0/0, ::/0}', [0, 1, 2, 3, 4, 5]],
    ['ip.saddr exists', [0, 1, 2, 3, 4, 5]],
  ])('%s', (expression, expected) => {
    expect(passing(expression, odd)).toEqual(expected);
  });
});

describe('names of numbers', () => {
  test.each([
    ['ip.protocol in {ipip, ipencap}', 4],
    ['ip.protocol == ipv6-icmp', 58],
    ['ip.protocol == IPCOMP', 108],
    ['oob.hook == postrouting', 4],
  ])('%s', (expression, value) => {
    const key = expression.split(' ')[0] ?? '';
    expect(passing(expression, [{ [key]: value }, { [key]: 94 }, {}])).toEqual([0]);
  });
});

describe('connectives', () => {
  test.each([
    ['tcp.syn and tcp.ack', [1]],
    ['tcp.ack or ip.protocol == icmp', [1, 2]],
    ['ip.protocol == icmp or tcp.dport == 22 and tcp.ack', [2]],
    ['(ip.protocol == icmp or tcp.dport == 22) and ip.saddr exists', [0, 2]],
    ['not tcp.syn or tcp.ack', [1, 2, 3]],
    ['not (tcp.syn or ip.protocol == icmp)', [3]],
    ['not not tcp.syn', [0, 1]],
    ['!tcp.syn&&ip.saddr exists||tcp.dport==22', [0, 2]],
    ['!!!tcp.syn', [2, 3]],
    ['NOT tcp.syn AND ip.saddr EXISTS', [2]],
    ['tcp.dport !in {22}', [1]],
    ['((((tcp.ack))))', [1]],
    ['tcp.dport == 22 or tcp.dport == 443 or ip.protocol == icmp', [0, 1, 2]],
    [
      'ip.protocol == tcp and tcp.dport in {22, 23} and ip.saddr not in 10.0.0.0/8 or tcp.dport == 443',
      [1],
    ],
  ])('%s', (expression, expected) => {
    expect(pass(expression)).toEqual(expected);
  });
});

describe('quotes', () => {
  test.each([
    ['"tcp.dport == 22"', [0]],
    ['"oob.prefix == \'DROP: \'"', [0]],
    ['"oob.prefix == \\"DROP: \\""', [0]],
    ['"oob.prefix contains \'\\xff\\n\'"', [1]],
    ['"oob.prefix contains \'\\\\xff\'"', [1]],
    ['"oob.prefix endswith \'\\"\'"', [1]],
    ['  tcp.dport == 22  ', [0]],
  ])('%s', (rest, expected) => {
    expect(pass(rest)).toEqual(expected);
  });
});
