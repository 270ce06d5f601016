import { describe, expect, test } from 'vitest';
import { http } from '../../../../src/plugins/input/http/index.ts';
import { PayloadPath, type Values } from './payload-path.ts';
import { lines, overTcp, overUdp } from './payload-samples.ts';

function found(data: string): Values {
  const [values = {}] = new PayloadPath(http).take(overTcp(data, { to: 8080 }));
  return values;
}

/** Without the prefix `http.`. */
const short = (values: Values): Values =>
  Object.fromEntries(Object.entries(values).map(([name, value]) => [name.slice(5), value]));

const request = (...headers: readonly string[]) => lines('GET / HTTP/1.1', ...headers, '');

describe('a request', () => {
  const whole = lines(
    'POST /a/b?c=d&e HTTP/1.1',
    'Accept: */*',
    'Host: example.com:8080',
    'User-Agent: Mozilla/5.0 (X11)',
    'Referer: http://example.org/',
    '',
    'Host: body',
  );
  const values = {
    'http.method': 'POST',
    'http.path': '/a/b?c=d&e',
    'http.version': '1.1',
    'http.host': 'example.com:8080',
    'http.useragent': 'Mozilla/5.0 (X11)',
    'http.referer': 'http://example.org/',
  };

  test('has its line and three headers, over IPv4 and IPv6', () => {
    const packets = [overTcp(whole, { to: 80 }), overTcp(whole, { to: 1, six: true })];
    expect(new PayloadPath(http).take(...packets)).toEqual([values, values]);
  });

  test('over UDP is none', () => {
    expect(new PayloadPath(http).take(overUdp(whole, { to: 80 }))).toEqual([{}]);
  });

  test.each([
    ['HTTP/1.0', 'GET / HTTP/1.0', { method: 'GET', path: '/', version: '1.0' }],
    [
      'a URL for a proxy',
      'GET http://example.com/ HTTP/1.1',
      { method: 'GET', path: 'http://example.com/', version: '1.1' },
    ],
    [
      'host and port for CONNECT',
      'CONNECT example.com:443 HTTP/1.1',
      { method: 'CONNECT', path: 'example.com:443', version: '1.1' },
    ],
    [
      'a method that HTTP does not know',
      'M-SEARCH * HTTP/1.1',
      { method: 'M-SEARCH', path: '*', version: '1.1' },
    ],
    [
      'blanks in its target, as attackers send',
      'GET /a b HTTP/1.1',
      { method: 'GET', path: '/a b', version: '1.1' },
    ],
    [
      'blanks behind the version',
      'GET / HTTP/1.1 \t',
      { method: 'GET', path: '/', version: '1.1' },
    ],
    [
      'any bytes in its target',
      'GET /\0\xff\x1b[2J HTTP/1.1',
      { method: 'GET', path: '/\0\xff\x1b[2J', version: '1.1' },
    ],
  ])('may have %s', (_, line, expected) => {
    expect(short(found(lines(line)))).toEqual(expected);
    expect(short(found(`${line}\n`))).toEqual(expected);
  });

  test('has headers of any case, without the blanks around their values', () => {
    expect(found(request('HOST:  \t a \t', 'uSeR-aGeNt:b'))).toMatchObject({
      'http.host': 'a',
      'http.useragent': 'b',
    });
    expect(found(request('Host:', 'Referer: '))).toMatchObject({
      'http.host': '',
      'http.referer': '',
    });
  });

  test('has the first of headers that come twice', () => {
    expect(found(request('Host: a', 'Host: b'))).toMatchObject({ 'http.host': 'a' });
  });

  test('has no headers of other names', () => {
    const others = [
      'Hosts: a',
      'X-Host: a',
      'Host : a',
      ' Host: a',
      'User\rAgent: a',
      'Referrer: a',
    ];
    expect(found(request(...others))).toEqual({
      'http.method': 'GET',
      'http.path': '/',
      'http.version': '1.1',
    });
  });

  test('has a limit for header lines', () => {
    const fillers = (count: number) => Array.from({ length: count }, () => 'A: b');
    expect(found(request(...fillers(99), 'Host: a'))).toHaveProperty(['http.host'], 'a');
    expect(found(request(...fillers(100), 'Host: a'))).not.toHaveProperty(['http.host']);
  });

  test('has a limit for values', () => {
    const long = 'x'.repeat(3000);
    const values = found(lines(`GET /${long} HTTP/1.1`, `Host: ${long}`));
    expect(values['http.path']).toBe(`/${long.slice(0, 2047)}`);
    expect(values['http.host']).toBe(long.slice(0, 2048));
  });
});

describe('a request that is cut', () => {
  test('has the headers whose lines are whole', () => {
    expect(short(found('GET / HTTP/1.1\r\nHost: a\r\nUser-Agent: b'))).toEqual({
      method: 'GET',
      path: '/',
      version: '1.1',
      host: 'a',
    });
  });

  test.each([
    ['GET /long/pa', { method: 'GET', path: '/long/pa' }],
    ['GET /a HTT', { method: 'GET', path: '/a' }],
    ['GET /a HTTP/1.1', { method: 'GET', path: '/a' }],
    ['GET /a HTTP/1.1\r', { method: 'GET', path: '/a' }],
    ['DELETE ', { method: 'DELETE' }],
  ])('within its line has the target so far: %j', (data, expected) => {
    expect(short(found(data))).toEqual(expected);
  });

  test.each(['GET', 'BREW /pot', 'OPTIONS rtsp://a RTSP/1', 'GET /a\u0020HTTP/2'])(
    'before it can be told from other protocols is none: %j',
    (data) => {
      expect(found(data)).toEqual({});
    },
  );
});

describe('a response', () => {
  test.each([
    ['HTTP/1.1 404 Not Found\r\n', { version: '1.1', status: 404, reason: 'Not Found' }],
    ['HTTP/1.0 200 OK\nServer: x\n', { version: '1.0', status: 200, reason: 'OK' }],
    ['HTTP/1.1 200\r\n', { version: '1.1', status: 200 }],
    ['HTTP/1.1 200 \r\n', { version: '1.1', status: 200 }],
    ['HTTP/1.1 200 O', { version: '1.1', status: 200 }],
    ['HTTP/1.1 200', { version: '1.1', status: 200 }],
  ])('%j has its line', (data, expected) => {
    expect(short(found(data))).toEqual(expected);
  });

  test.each([
    'HTTP/1.1 20',
    'HTTP/1.1 2000 OK\r\n',
    'HTTP/1.1 2x0 OK\r\n',
    'HTTP/1.x 200 OK\r\n',
    'HTTP/1.1\t200 OK\r\n',
    'HTTP/2.0 200 OK\r\n',
  ])('%j is none', (data) => {
    expect(found(data)).toEqual({});
  });

  test('does not have the headers of requests', () => {
    expect(found(lines('HTTP/1.1 200 OK', 'Host: a', ''))).not.toHaveProperty(['http.host']);
  });
});

test.each([
  ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n'],
  ['SMTP', 'EHLO example.com\r\n'],
  ['FTP', 'USER anna\r\n'],
  ['SIP', 'OPTIONS sip:a@b SIP/2.0\r\n'],
  ['RTSP', 'DESCRIBE rtsp://a/ RTSP/1.0\r\n'],
  ['HTTP/2', 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n'],
  ['HTTP/0.9', 'GET /\r\n'],
  ['a request without target', 'GET HTTP/1.1\r\n'],
  ['a request with an empty target', 'GET  HTTP/1.1\r\n'],
  ['a method in lower case', 'get / HTTP/1.1\r\n'],
  ['a method that is too long', `${'A'.repeat(21)} / HTTP/1.1\r\n`],
  ['letters', 'A'.repeat(1000)],
  ['nothing', ''],
])('%s is not HTTP', (_, data) => {
  expect(found(data)).toEqual({});
});

test('HTTP forgets between batches', () => {
  const path = new PayloadPath(http);
  path.take(overTcp(request('Host: a')));
  expect(path.take(overTcp('HTTP/1.1 200 OK\r\n'))).toEqual([
    { 'http.version': '1.1', 'http.status': 200, 'http.reason': 'OK' },
  ]);
});
