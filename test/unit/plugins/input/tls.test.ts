import { describe, expect, test } from 'vitest';
import { tls } from '../../../../src/plugins/input/tls/index.ts';
import { PayloadPath, type Values } from './payload-path.ts';
import { overTcp, overUdp } from './payload-samples.ts';
import {
  alpn,
  chosenVersion,
  clientHello,
  extension,
  offeredVersions,
  opensslClientHello,
  opensslServerHello,
  opensslTls12ServerHello,
  serverHello,
  serverName,
} from './tls-hello.ts';

function found(data: Uint8Array): Values {
  const [values = {}] = new PayloadPath(tls).take(overTcp(data, { to: 8443 }));
  return values;
}

const name = serverName('example.com');
const protocols = alpn('h2', 'http/1.1');
/** An extension of another kind, as clients pad with. */
const padding = extension(21, Buffer.alloc(100));

describe('hellos of OpenSSL', () => {
  const client = {
    'tls.handshake.type': 1,
    'tls.version': 'TLS 1.3',
    'tls.sni': 'www.example.com',
    'tls.alpn': 'h2,http/1.1',
  };

  test('have all keys, over IPv4 and IPv6, not over UDP', () => {
    expect(
      new PayloadPath(tls).take(
        overTcp(opensslClientHello, { to: 443 }),
        overTcp(opensslClientHello, { to: 1, six: true }),
        overUdp(opensslClientHello, { to: 443 }),
        overTcp(opensslServerHello, { from: 443 }),
        overTcp(opensslTls12ServerHello, { from: 443 }),
      ),
    ).toEqual([
      client,
      client,
      {},
      { 'tls.handshake.type': 2, 'tls.version': 'TLS 1.3' },
      { 'tls.handshake.type': 2, 'tls.version': 'TLS 1.2' },
    ]);
  });

  test('cut at any byte have the extensions before that', () => {
    const seen = new Map<string, number>();
    for (let length = 0; length <= opensslClientHello.length; length++) {
      const values: Values = found(opensslClientHello.subarray(0, length));
      expect(client).toMatchObject(values);
      for (const key of Object.keys(values)) if (!seen.has(key)) seen.set(key, length);
    }
    const text = opensslClientHello.toString('latin1');
    expect([...seen]).toEqual([
      ['tls.handshake.type', 5 + 4 + 34 + 1],
      ['tls.sni', text.indexOf('www.example.com') + 15],
      ['tls.alpn', text.indexOf('http/1.1') + 8],
      // Not from the header, as long as the extension may come.
      ['tls.version', text.indexOf('\x00\x2b\x00\x05') + 9],
    ]);
  });
});

describe('the version', () => {
  const version = (data: Uint8Array) => found(data)['tls.version'];

  test.each([
    [0x0300, 'SSL 3.0'],
    [0x0301, 'TLS 1.0'],
    [0x0302, 'TLS 1.1'],
    [0x0303, 'TLS 1.2'],
    [0x0305, undefined],
  ])('is that of the header, %i, without an extension for it', (number, text) => {
    expect(version(clientHello({ version: number, extensions: [name] }))).toBe(text);
    expect(version(clientHello({ version: number }))).toBe(text);
    expect(version(serverHello({ version: number }))).toBe(text);
  });

  test('is the highest that the client offers, in whatever order', () => {
    for (const versions of [
      [0x0304, 0x0303],
      [0x0303, 0x0304, 0x0302],
      [0x7a7a, 0x0304, 0x7f1c],
    ]) {
      expect(version(clientHello({ extensions: [offeredVersions(...versions)] }))).toBe('TLS 1.3');
    }
    expect(version(clientHello({ extensions: [offeredVersions(0x0301, 0x0302)] }))).toBe('TLS 1.1');
  });

  test('is not taken from behind its extension, whatever the length in it', () => {
    const lying = extension(43, Buffer.from('080302', 'hex'));
    expect(version(clientHello({ extensions: [lying, extension(0x0304, padding)] }))).toBe(
      'TLS 1.1',
    );
  });

  test('is the one that the server chose', () => {
    expect(version(serverHello({ extensions: [chosenVersion(0x0304)] }))).toBe('TLS 1.3');
  });

  test('is absent when only unknown ones are named', () => {
    expect(version(clientHello({ extensions: [offeredVersions(0x0a0a, 0x7f1c)] }))).toBe(undefined);
    expect(version(clientHello({ extensions: [extension(43, Buffer.alloc(0))] }))).toBe(undefined);
    expect(version(serverHello({ extensions: [chosenVersion(0x7f1c)] }))).toBe(undefined);
    expect(version(serverHello({ extensions: [extension(43, Buffer.alloc(3))] }))).toBe(undefined);
  });

  test('is absent when the record ends before the extensions do', () => {
    const whole = clientHello({ extensions: [name, padding] });
    expect(version(whole)).toBe('TLS 1.2');
    const split = clientHello({ extensions: [name, padding], recordLength: whole.length - 5 - 50 });
    expect(found(split)).toEqual({ 'tls.handshake.type': 1, 'tls.sni': 'example.com' });
    expect(found(clientHello({ recordLength: 60 }))).toEqual({ 'tls.handshake.type': 1 });
  });
});

describe('the server name', () => {
  const sni = (...extensions: readonly Uint8Array[]) =>
    found(clientHello({ extensions }))['tls.sni'];

  test('is found behind other extensions', () => {
    expect(sni(padding, protocols, name)).toBe('example.com');
  });

  test('may hold any bytes, up to 255', () => {
    expect(sni(serverName('\0\xff\n'))).toBe('\0\xff\n');
    expect(sni(serverName('a'.repeat(255)))).toBe('a'.repeat(255));
    expect(sni(serverName('a'.repeat(256)))).toBe(undefined);
  });

  test('is the first one when it comes twice', () => {
    expect(sni(name, serverName('other'))).toBe('example.com');
  });

  test.each([
    ['an empty name', serverName('')],
    ['another type of name', serverName('example.com', 1)],
    ['an empty extension', extension(0, Buffer.alloc(0))],
    ['a length beyond the extension', extension(0, Buffer.from('0006000004616263', 'hex'))],
  ])('is absent with %s', (_, bytes) => {
    expect(sni(bytes)).toBe(undefined);
  });

  test('is absent behind 64 extensions', () => {
    const fillers = (count: number) => Array.from({ length: count }, () => extension(9, padding));
    expect(sni(...fillers(63), name)).toBe('example.com');
    expect(sni(...fillers(64), name)).toBe(undefined);
  });
});

describe('the protocols', () => {
  const text = (...extensions: readonly Uint8Array[]) => {
    const ofServer = found(serverHello({ extensions }))['tls.alpn'];
    expect(found(clientHello({ extensions }))['tls.alpn']).toBe(ofServer);
    return ofServer;
  };

  test('have commas between', () => {
    expect(text(protocols)).toBe('h2,http/1.1');
    expect(text(alpn('h2'))).toBe('h2');
  });

  test('cannot pass for two', () => {
    expect(text(alpn('a,b', 'c\\'))).toBe('a\\,b,c\\\\');
  });

  test('do not name those that only test servers', () => {
    expect(text(alpn('\x0a\x0a', 'h2', '\xfa\xfa'))).toBe('h2');
    expect(text(alpn('\x0a\x1a', 'aa'))).toBe('\x0a\x1a,aa');
  });

  test('leave out what does not fit', () => {
    const long = 'x'.repeat(127);
    expect(text(alpn(long, 'y'.repeat(255), 'z'))).toBe(`${long},z`);
    expect(text(alpn(...Array(200).fill('ab')))).toBe(Array(85).fill('ab').join(','));
  });

  test('end before a name that is empty', () => {
    expect(text(alpn('h2', '', 'h3'))).toBe('h2');
  });

  test.each([
    ['no names', alpn()],
    ['an empty name', alpn('')],
    ['nothing', extension(16, Buffer.alloc(0))],
    ['a name longer than it', extension(16, Buffer.from('0004ff6832', 'hex'))],
  ])('are absent with %s', (_, bytes) => {
    expect(text(bytes)).toBe(undefined);
  });
});

test.each([
  ['application data', Buffer.from('1703030020e0622f428bdc597cc14ed4e1998211bc', 'hex')],
  ['another handshake message', changed(5, 11)],
  ['another version of records', changed(1, 4)],
  ['a hello of another version', changed(9, 4)],
  ['SSH', Buffer.from('SSH-2.0-OpenSSH_9.2\r\n')],
])('%s has no keys', (_, data) => {
  expect(found(data)).toEqual({});
});

function changed(at: number, value: number): Buffer {
  const bytes = Buffer.from(opensslClientHello);
  bytes[at] = value;
  return bytes;
}

test('TLS forgets between batches', () => {
  const path = new PayloadPath(tls);
  path.take(overTcp(opensslClientHello));
  expect(path.take(overTcp(serverHello()))).toEqual([
    { 'tls.handshake.type': 2, 'tls.version': 'TLS 1.2' },
  ]);
});
