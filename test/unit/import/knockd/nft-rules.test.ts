import { describe, expect, test } from 'vitest';
import { nftTable, type WatchedDoor } from '../../../../src/import/knockd/nft-rules.ts';
import type { Step } from '../../../../src/import/knockd/sequence.ts';

const tcp = (port: number): Step => ({ port, protocol: 'tcp' });
const udp = (port: number): Step => ({ port, protocol: 'udp' });
const door = (steps: readonly Step[], rest: Partial<WatchedDoor> = {}): WatchedDoor => ({
  steps,
  flags: new Map(),
  target: undefined,
  ...rest,
});

/** The rules alone. */
const rulesOf = (doors: readonly WatchedDoor[], name?: string): string[] =>
  nftTable(doors, { group: 5, interface: name })
    .filter((line) => line.includes('counter'))
    .map((line) => line.trim().replace(/ counter log group 5 queue-threshold 1/, ' …'));

test('a table of its own that can be loaded again', () => {
  expect(nftTable([door([tcp(2), tcp(1)])], { group: 5, interface: 'ppp0' })).toEqual([
    'table inet specter_knock',
    'delete table inet specter_knock',
    'table inet specter_knock {',
    '    chain knocks {',
    '        type filter hook prerouting priority raw; policy accept;',
    '        iifname "ppp0" fib daddr type local tcp dport { 1, 2 } counter log group 5 queue-threshold 1',
    '    }',
    '}',
  ]);
});

test('has the ports of all doors, each once, by protocol', () => {
  expect(rulesOf([door([tcp(30), udp(4), tcp(7)]), door([tcp(7), udp(30)])])).toEqual([
    'fib daddr type local tcp dport { 7, 30 } …',
    'fib daddr type local udp dport { 4, 30 } …',
  ]);
});

test('logs a packet once, also where a target is an address of ours', () => {
  expect(
    rulesOf([
      door([tcp(1)]),
      door([udp(2)], { target: '2001:db8::1' }),
      door([tcp(1)], { target: '192.0.2.1' }),
    ]),
  ).toEqual([
    'ip6 daddr 2001:db8::1 udp dport { 2 } … return',
    'ip daddr 192.0.2.1 tcp dport { 1 } … return',
    'fib daddr type local tcp dport { 1 } … return',
  ]);
});

describe('flags', () => {
  const syn = new Map([['syn', 'set']] as const);
  const synNoAck = new Map([
    ['syn', 'set'],
    ['ack', 'clear'],
  ] as const);
  const noAck = new Map([['ack', 'clear']] as const);
  const finRst = new Map([
    ['fin', 'set'],
    ['rst', 'set'],
    ['psh', 'clear'],
  ] as const);

  test.each([
    [syn, 'tcp flags & syn == syn'],
    [synNoAck, 'tcp flags & (syn | ack) == syn'],
    [noAck, 'tcp flags & ack == 0x0'],
    [finRst, 'tcp flags & (fin | rst | psh) == (fin | rst)'],
  ])('%j', (flags, match) => {
    expect(rulesOf([door([tcp(1)], { flags })])).toEqual([
      `fib daddr type local tcp dport { 1 } ${match} …`,
    ]);
  });

  test('that doors do not share are left to the doors', () => {
    const two = [door([tcp(1)], { flags: syn }), door([tcp(2)], { flags: synNoAck })];
    expect(rulesOf(two)).toEqual(['fib daddr type local tcp dport { 1, 2 } …']);
  });

  test('of doors without TCP do not matter', () => {
    expect(rulesOf([door([tcp(1)], { flags: syn }), door([udp(2)])])).toEqual([
      'fib daddr type local tcp dport { 1 } tcp flags & syn == syn …',
      'fib daddr type local udp dport { 2 } …',
    ]);
  });
});
