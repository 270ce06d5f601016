import { describe, expect, test } from 'vitest';
import { pwsniff } from '../../../../src/plugins/input/pwsniff.ts';
import { ipv4, tcp } from '../../../support/packets.ts';
import { PayloadPath, type Values } from './payload-path.ts';
import { lines, overTcp, overUdp } from './payload-samples.ts';

const defaults = { pwsniffports: [21, 110], pwsniffpass: false };

/** What is found in data to port 21, password and all. */
function found(data: string): Values {
  const [values = {}] = new PayloadPath(pwsniff, { ...defaults, pwsniffpass: true }).take(
    overTcp(data, { to: 21 }),
  );
  return values;
}
const login = (user: string, pass: string): Values => ({
  'pwsniff.user': user,
  'pwsniff.pass': pass,
});

describe('PWSNIFF finds', () => {
  const both = lines('USER anna', 'PASS s3cret pass');

  test('user and length of the password, of FTP and POP3, over IPv4 and IPv6', () => {
    const expected = login('anna', '11');
    expect(
      new PayloadPath(pwsniff, defaults).take(
        overTcp(both, { to: 21 }),
        overTcp(both, { to: 110 }),
        overTcp(both, { to: 21, six: true }),
        overTcp(both, { to: 110, six: true }),
      ),
    ).toEqual([expected, expected, expected, expected]);
  });

  test('the password itself when it is told to', () => {
    expect(found(both)).toEqual(login('anna', 's3cret pass'));
  });

  test('each in a packet of its own', () => {
    expect(found(lines('USER anna'))).toEqual({ 'pwsniff.user': 'anna' });
    expect(found(lines('PASS secret'))).toEqual({ 'pwsniff.pass': 'secret' });
  });

  test.each([
    ['lower case', 'user anna\r\npass secret\r\n'],
    ['mixed case', 'UsEr anna\r\npAsS secret\r\n'],
    ['lines without CR', 'USER anna\nPASS secret\n'],
    ['other commands around', 'AUTH TLS\r\nUSER anna\r\nPASS secret\r\nSYST\r\nTYPE'],
  ])('commands in %s', (_, data) => {
    expect(found(data)).toEqual(login('anna', 'secret'));
  });

  test('any bytes', () => {
    expect(found('USER \0\xff\r\r\nPASS \t\r\n')).toEqual(login('\0\xff\r', '\t'));
  });

  test('empty arguments', () => {
    expect(found('USER \r\nPASS \n')).toEqual(login('', ''));
    expect(new PayloadPath(pwsniff, defaults).take(overTcp('PASS \n', { to: 21 }))).toEqual([
      { 'pwsniff.pass': '0' },
    ]);
  });

  test('the last login of several, and no password of another one', () => {
    expect(found(lines('USER a', 'PASS 1', 'USER b', 'PASS 2'))).toEqual(login('b', '2'));
    expect(found(lines('USER a', 'PASS 1', 'USER b'))).toEqual({ 'pwsniff.user': 'b' });
  });

  test('logins at other ports', () => {
    const path = new PayloadPath(pwsniff, { ...defaults, pwsniffports: [2121, 65535] });
    const data = lines('USER anna');
    const packets = [2121, 65535, 21].map((to) => overTcp(data, { to }));
    expect(path.take(...packets)).toEqual([
      { 'pwsniff.user': 'anna' },
      { 'pwsniff.user': 'anna' },
      {},
    ]);
  });

  test('a login in the first hundred lines', () => {
    const behind = (count: number) => found('\n'.repeat(count) + lines('USER anna'));
    expect(behind(99)).toEqual({ 'pwsniff.user': 'anna' });
    expect(behind(100)).toEqual({});
  });

  test('the length of the longest password', () => {
    const data = `PASS ${'x'.repeat(16_000)}\r\n`;
    expect(new PayloadPath(pwsniff, defaults).take(overTcp(data, { to: 21 }))).toEqual([
      { 'pwsniff.pass': '16000' },
    ]);
  });
});

describe('PWSNIFF finds nothing', () => {
  test.each([
    ['in a line whose end is missing', 'USER anna'],
    ['in a command without argument', 'USER\r\n'],
    ['in another command', 'USERS anna\r\n'],
    ['within a line', 'SITE USER anna\r\n'],
    ['without data', ''],
  ])('%s', (_, data) => {
    expect(found(data)).toEqual({});
  });

  test('in answers, in UDP, in later fragments', () => {
    const data = lines('USER anna');
    const ends = { source: '192.0.2.1', destination: '198.51.100.2' };
    const segment = tcp({ sourcePort: 1, destinationPort: 21 }, data);
    expect(
      new PayloadPath(pwsniff, defaults).take(
        overTcp(data, { from: 21 }),
        overUdp(data, { to: 21 }),
        ipv4({ ...ends, fragmentOffset: 1 }, segment),
      ),
    ).toEqual([{}, {}, {}]);
  });

  test('behind the end of the IP packet, where link-layer padding stands', () => {
    const packet = overTcp(lines('USER anna'), { to: 21 });
    const padded = Buffer.concat([packet, Buffer.from(lines('PASS secret'))]);
    expect(new PayloadPath(pwsniff, defaults).take(padded)).toEqual([{ 'pwsniff.user': 'anna' }]);
  });
});

test('PWSNIFF keeps no password of the batch before', () => {
  const path = new PayloadPath(pwsniff, defaults);
  path.take(overTcp(lines('USER anna', 'PASS secret'), { to: 21 }));
  expect(path.take(overTcp('', { to: 21 }))).toEqual([{}]);
});

test('PWSNIFF does not need a reader of both keys', () => {
  for (const key of ['pwsniff.user', 'pwsniff.pass']) {
    const path = new PayloadPath(pwsniff, defaults, [key]);
    const [values = {}] = path.take(overTcp(lines('USER anna', 'PASS secret'), { to: 21 }));
    expect(Object.keys(values)).toEqual([key]);
  }
});
