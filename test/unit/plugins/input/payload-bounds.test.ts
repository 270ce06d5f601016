/** Packets made to cost time: how often each of their bytes is looked at, on average. */
import { expect, test } from 'vitest';
import { dns } from '../../../../src/plugins/input/dns/index.ts';
import { http } from '../../../../src/plugins/input/http/index.ts';
import { pwsniff } from '../../../../src/plugins/input/pwsniff.ts';
import { tls } from '../../../../src/plugins/input/tls/index.ts';
import { MAX_PAYLOAD } from '../../../../src/records/protocols/payload.ts';
import {
  dotted,
  message,
  name,
  pointer,
  QUESTION,
  question,
  RESPONSE,
  record,
} from '../../../support/dns-message.ts';
import { PayloadPath } from './payload-path.ts';
import { overTcp, overUdp } from './payload-samples.ts';
import { clientHello, extension } from './tls-hello.ts';

const paths = {
  pwsniff: new PayloadPath(pwsniff, { pwsniffports: [21], pwsniffpass: false }),
  http: new PayloadPath(http),
  tls: new PayloadPath(tls),
  dns: new PayloadPath(dns, { dnsports: [53] }),
};

/** `text` again and again behind `start`, up to the longest payload. */
const filled = (start: string, text: string): string =>
  start + text.repeat(MAX_PAYLOAD / text.length).slice(0, MAX_PAYLOAD - start.length);

const request = 'GET / HTTP/1.1\n';
const longest = Array<string>(127).fill('\xff');
const malformed = Buffer.from([0x80]);
const response = (questions: readonly Uint8Array[], answers: readonly Uint8Array[]): Buffer =>
  overUdp(message({ flags: RESPONSE, questions, answers }), { from: 53 });
const repeated = (answer: Uint8Array): Uint8Array[] => Array<Uint8Array>(16).fill(answer);

/**
 * A record that holds `first` and 126 links, each with a pointer to what stands before it, and answers
 * that point to the last one.
 */
function chain(first: Uint8Array, link: Uint8Array): Buffer {
  let place = QUESTION + 7 + 12;
  let next = place + first.length;
  const links = Array.from({ length: 126 }, () => {
    const bytes = Buffer.concat([link, pointer(place)]);
    place = next;
    next += bytes.length;
    return bytes;
  });
  const data = Buffer.concat([first, ...links]);
  return response(
    [question(dotted('a'), 1)],
    [record(16, data), ...repeated(record(5, pointer(place)))],
  );
}

const login = (data: string): Buffer => overTcp(data, { to: 21 });
const hello = (count: number, type: number, body: Buffer): Buffer =>
  overTcp(clientHello({ extensions: Array<Uint8Array>(count).fill(extension(type, body)) }));
const answered = (data: Uint8Array): Buffer =>
  response([question(dotted('a'), 1)], repeated(record(5, data)));
const label = Buffer.from('\x01\xff', 'latin1');
const everywhere = response(
  Array<Uint8Array>(16).fill(question(name(longest), 1)),
  repeated(record(5, name(longest), name(longest))),
);

test.each([
  ['lines', 'pwsniff', login(filled('', '\n')), 1],
  ['commands', 'pwsniff', login(filled('', 'PASS \n')), 1],
  ['long commands', 'pwsniff', login(filled('', `PASS ${'x'.repeat(158)}\n`)), 2],
  ['a request without end', 'http', overTcp(filled('GET ', 'x')), 2],
  ['a request of blanks', 'http', overTcp(filled('GET ', ' ').replace(/ $/, '\n')), 2],
  ['long headers', 'http', overTcp(filled(request, `host${'x'.repeat(158)}\n`)), 2],
  ['a header of blanks', 'http', overTcp(filled(`${request}Host:`, ' ').replace(/ $/, '\n')), 2],
  ['empty protocols', 'tls', hello(4, 16, Buffer.alloc(4000)), 0.1],
  ['protocols of a byte', 'tls', hello(1, 16, Buffer.alloc(16_000, 1)), 1],
  ['versions', 'tls', hello(64, 43, Buffer.alloc(255, 0xfe)), 1],
  ['names that end badly', 'dns', answered(name(longest, malformed)), 0.1],
  ['long names everywhere', 'dns', everywhere, 1],
  ['pointers and labels that end badly', 'dns', chain(malformed, label), 2],
  ['pointers and labels', 'dns', chain(Buffer.from([0]), label), 2],
  ['pointers', 'dns', chain(name(['a']), Buffer.alloc(0)), 8],
] as const)('%s make %s look at a byte a few times at most', (_, plugin, packet, times) => {
  const path = paths[plugin];
  path.takeGuarded(packet);
  expect(path.bytesRead).toBeLessThanOrEqual(times * packet.length);
});
