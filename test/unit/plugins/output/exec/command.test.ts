import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, expect, test } from 'vitest';
import { checkProgram, parseCommand } from '../../../../../src/plugins/output/exec/command.ts';

const folder = mkdtempSync(join(tmpdir(), 'specter-'));
afterAll(() => rmSync(folder, { recursive: true }));

/** Words of literal texts and lists of keys. */
const shape = (text: string) =>
  parseCommand(text).words.map(({ template }) =>
    template.map((part) => (typeof part === 'string' ? part : part.keys)),
  );

test('macros stand for the first key that a record has', () => {
  expect(shape('/a %I %O %S %D %P %s %d %i %{tcp.flags}')).toEqual([
    ['/a'],
    [['oob.in']],
    [['oob.out']],
    [['ip.saddr', 'arp.saddr']],
    [['ip.daddr', 'arp.daddr']],
    [['ip.protocol']],
    [['tcp.sport', 'udp.sport', 'sctp.sport']],
    [['tcp.dport', 'udp.dport', 'sctp.dport']],
    [['icmp.type', 'icmpv6.type']],
    [['tcp.flags']],
  ]);
});

test('macros stand within words, quoted or not, and %% for a percent sign', () => {
  expect(shape(`/a "<%S>"'%{x}%%S'%P%% ''`)).toEqual([
    ['/a'],
    ['<', ['ip.saddr', 'arp.saddr'], '>', ['x'], '%S', ['ip.protocol'], '%'],
    [],
  ]);
});

test('macros know where they stand in the text as written', () => {
  const text = String.raw`"/a \"%S\" x%{ip.ttl}"`;
  const macros = parseCommand(text).words.flatMap(({ template }) => template.slice());
  const spans = macros.flatMap((part) =>
    typeof part === 'string' ? [] : [text.slice(part.offset, part.offset + part.length)],
  );
  expect(spans).toEqual(['%S', '%{ip.ttl}']);
});

const known = 'there are %I %O %S %D %P %s %d %i, %{key}, and %% for a percent sign';

test.each([
  ['/a %x', { offset: 3, length: 2, message: `there is no macro %x; ${known}` }],
  ['/a %😀', { offset: 3, length: 3, message: `there is no macro %😀; ${known}` }],
  ['/a b%', { offset: 4, length: 1, message: `there is no macro %; ${known}` }],
  [
    '/a x%IP%',
    { offset: 4, length: 4, message: "%IP% is knockd's: write %S for the source address" },
  ],
  [
    '/a %{ip.saddr',
    { offset: 3, length: 10, message: 'the { of this macro is never closed: write %{key}' },
  ],
  ['/a "%{}"', { offset: 4, length: 3, message: '%{} names no key: write %{key}' }],
  ['/a %constructor', { offset: 3, length: 2, message: `there is no macro %c; ${known}` }],
])('%s is an error at its column', (text, problem) => {
  expect(parseCommand(text).problems).toEqual([problem]);
});

test('no number of errors is too much', () => {
  expect(parseCommand(`/a ${'%x'.repeat(200_000)}`).problems).toHaveLength(200_000);
});

test('the program has to be an absolute path of an executable file, written out', () => {
  const plain = join(folder, 'plain');
  writeFileSync(plain, '', { mode: 0o644 });
  const check = (text: string) => checkProgram(parseCommand(text));
  const missing = join(folder, 'missing');
  expect(check('/bin/sh %S')).toBeUndefined();
  expect(check('"/bin/sh"')).toBeUndefined();
  expect(check("''")).toEqual({ message: 'there is no command', offset: 0, length: 2 });
  expect(check('/bin/%P x')).toEqual({
    message: 'the program has to be written out: no record may choose what runs',
    offset: 5,
    length: 2,
  });
  expect(check('nft add')).toEqual({
    message: 'the program needs its whole path, as /usr/bin/nft: PATH is not searched for it',
    offset: 0,
    length: 3,
  });
  expect(check(folder)?.message).toBe(`${folder} is no file that could be executed`);
  expect(check(missing)?.message).toBe(`${missing}: no such file or directory (ENOENT)`);
  expect(check(plain)?.message).toBe(
    `${plain}: permission denied (EACCES); it has to be executable: chmod +x`,
  );
});
