import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { InputPlugin } from '../../../../src/plugins/api.ts';
import { dns } from '../../../../src/plugins/input/dns/index.ts';
import { http } from '../../../../src/plugins/input/http/index.ts';
import { pwsniff } from '../../../../src/plugins/input/pwsniff.ts';
import { tls } from '../../../../src/plugins/input/tls/index.ts';
import {
  a,
  aaaa,
  dotted,
  message,
  name,
  pointer,
  QUESTION,
  question,
  RESPONSE,
  record,
  withLength,
} from '../../../support/dns-message.ts';
import { PayloadPath, type Values } from './payload-path.ts';
import { lines, overTcp, overUdp } from './payload-samples.ts';
import {
  alpn,
  clientHello,
  offeredVersions,
  opensslClientHello,
  opensslServerHello,
  serverName,
} from './tls-hello.ts';

const response = message({
  flags: RESPONSE,
  questions: [question(dotted('www.example.com'), 1)],
  answers: [
    record(5, dotted('cdn', pointer(QUESTION + 4))),
    a('192.0.2.1'),
    aaaa('20010db8000000000000000000000001'),
    record(5, name(['\xff'.repeat(63), '\xff'.repeat(63), '\xff'.repeat(63)])),
  ],
});

interface Subject {
  readonly plugin: InputPlugin;
  readonly options?: object;
  readonly samples: readonly Buffer[];
  /** Puts data where the plugin looks for it. */
  readonly wrap: (data: Uint8Array) => Buffer;
}

const logins = [lines('USER anna', 'PASS secret'), lines('AUTH TLS', 'user x', 'USER y')];
const subjects: readonly (readonly [string, Subject])[] = [true, false].map(
  (pwsniffpass): [string, Subject] => [
    pwsniffpass ? 'PWSNIFF with pwsniffpass' : 'PWSNIFF',
    {
      plugin: pwsniff,
      options: { pwsniffports: [21], pwsniffpass },
      samples: logins.map((text) => Buffer.from(text)),
      wrap: (data) => overTcp(data, { to: 21 }),
    },
  ],
);
const all: typeof subjects = [
  ...subjects,
  [
    'HTTP',
    {
      plugin: http,
      samples: [
        lines('GET /a?b HTTP/1.1', 'Host: a', 'User-Agent: b', 'Referer: c', ''),
        lines('HTTP/1.1 404 Not Found', 'Server: a', ''),
        'DELETE /a',
      ].map((text) => Buffer.from(text)),
      wrap: (data) => overTcp(data),
    },
  ],
  [
    'TLS',
    {
      plugin: tls,
      samples: [
        opensslClientHello,
        opensslServerHello,
        clientHello({
          extensions: [serverName('a'), alpn('a,', 'b'), offeredVersions(0x0a0a, 0x0304)],
        }),
      ],
      wrap: (data) => overTcp(data),
    },
  ],
  [
    'DNS over UDP',
    {
      plugin: dns,
      options: { dnsports: [53] },
      samples: [response],
      wrap: (data) => overUdp(data, { from: 53 }),
    },
  ],
  [
    'DNS over TCP',
    {
      plugin: dns,
      options: { dnsports: [53] },
      samples: [withLength(response)],
      wrap: (data) => overTcp(data, { from: 53 }),
    },
  ],
];

/** What is found in each packet, with proof that no byte around it matters or is read, nor another row. */
function take(path: PayloadPath, packets: readonly Buffer[]): Values[] {
  path.filler = 0xee;
  const found = path.take(...packets);
  path.filler = 0x0a;
  expect(path.take(...packets)).toEqual(found);
  expect(packets.map((packet) => path.takeGuarded(packet))).toEqual(found);
  return found;
}

describe.each(all)('%s', (_, { plugin, options, samples, wrap }) => {
  const path = new PayloadPath(plugin, options);
  const edited = fc
    .tuple(
      fc.constantFrom(...samples),
      fc.array(fc.tuple(fc.nat(), fc.nat(0xff)), { minLength: 1, maxLength: 6 }),
      fc.nat(20),
    )
    .map(([sample, edits, cut]) => {
      const data = Buffer.from(sample);
      for (const [at, value] of edits) data[at % data.length] = value;
      return wrap(data.subarray(0, Math.max(0, data.length - cut)));
    });

  test('finds something in each sample', () => {
    for (const values of take(path, samples.map(wrap))) {
      expect(Object.keys(values).length).toBeGreaterThan(0);
    }
  });

  test('reads nothing beyond a capture of any length', () => {
    for (const packet of samples.map(wrap)) {
      for (let length = 0; length <= packet.length; length++) {
        take(path, [packet.subarray(0, length)]);
      }
    }
  });

  test('bears any bytes', () => {
    const any = fc.uint8Array({ maxLength: 300 }).map(wrap);
    fc.assert(
      fc.property(fc.array(any, { maxLength: 4 }), (packets) => {
        take(path, packets);
      }),
      { numRuns: 1000 },
    );
  });

  test('bears samples with errors in them, side by side', () => {
    fc.assert(
      fc.property(fc.array(edited, { minLength: 1, maxLength: 4 }), (packets) => {
        take(path, packets);
      }),
      { numRuns: 2000 },
    );
  });
});

test('the text of a DNS name leads back to its labels', () => {
  const path = new PayloadPath(dns, { dnsports: [53] });
  const label = fc
    .uint8Array({ minLength: 1, maxLength: 63 })
    .map((bytes) => Buffer.from(bytes).toString('latin1'));
  fc.assert(
    fc.property(fc.array(label, { minLength: 1, maxLength: 3 }), (labels) => {
      const data = message({ questions: [question(name(labels), 1)] });
      const [values = {}] = path.take(overUdp(data, { to: 53 }));
      const text = String(values['dns.qname']);
      expect(text).toMatch(/^[!-~]+$/);
      expect(labelsOf(text)).toEqual(labels);
    }),
  );
});

/** Reads a name's text as RFC 1035, 5.1 has it. */
const labelsOf = (text: string): string[] =>
  (text.match(/(\\\d{3}|\\\D|[^.\\])+/g) ?? []).map((label) =>
    label.replaceAll(/\\(\d{3}|\D)/g, (_, escaped: string) =>
      escaped.length === 3 ? String.fromCharCode(Number(escaped)) : escaped,
    ),
  );
