import { describe, expect, test } from 'vitest';
import { dns } from '../../../../src/plugins/input/dns/index.ts';
import {
  a,
  aaaa,
  dotted,
  type Message,
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
import { overTcp, overUdp } from './payload-samples.ts';

const defaults = { dnsports: [53, 5353, 5355] };

function decoded(data: Uint8Array): Values {
  const [values = {}] = new PayloadPath(dns, defaults).take(overUdp(data, { to: 53 }));
  return values;
}
const found = (parts: Message): Values => decoded(message(parts));

const example = question(dotted('www.example.com'), 1);
const query = message({ questions: [example] });
const queryValues = {
  'dns.id': 0x1234,
  'dns.qr': 0,
  'dns.opcode': 0,
  'dns.qname': 'www.example.com',
  'dns.qtype': 1,
  'dns.qtype.str': 'A',
  'dns.ancount': 0,
};

describe('a query', () => {
  test('has its keys, over UDP and TCP, IPv4 and IPv6', () => {
    const inTcp = withLength(query);
    expect(
      new PayloadPath(dns, defaults).take(
        overUdp(query, { to: 53 }),
        overUdp(query, { to: 5353, six: true }),
        overTcp(inTcp, { to: 53 }),
        overTcp(inTcp, { to: 53, six: true }),
      ),
    ).toEqual([queryValues, queryValues, queryValues, queryValues]);
  });

  test('is looked for at ports alone', () => {
    const path = new PayloadPath(dns, { dnsports: [54] });
    expect(
      path.take(
        overUdp(query, { to: 53 }),
        overUdp(query, { to: 54 }),
        overUdp(query, { from: 54 }),
        overTcp(withLength(query), { to: 53 }),
      ),
    ).toEqual([{}, queryValues, queryValues, {}]);
  });

  test('cut at any byte has what is whole before that', () => {
    const seen = new Map<string, number>();
    for (let length = 0; length <= query.length; length++) {
      const values = decoded(query.subarray(0, length));
      expect(queryValues).toMatchObject(values);
      for (const key of Object.keys(values)) if (!seen.has(key)) seen.set(key, length);
    }
    const nameEnd = QUESTION + 17;
    expect(Object.fromEntries(seen)).toEqual({
      'dns.id': QUESTION,
      'dns.qr': QUESTION,
      'dns.opcode': QUESTION,
      'dns.ancount': QUESTION,
      'dns.qname': nameEnd,
      'dns.qtype': nameEnd + 4,
      'dns.qtype.str': nameEnd + 4,
    });
  });

  test.each([
    [28, 'AAAA'],
    [65, 'HTTPS'],
    [255, 'ANY'],
    [10, 'NULL'],
    [51, 'NSEC3PARAM'],
    [0, 'TYPE0'],
    [65280, 'TYPE65280'],
  ])('of type %i is of %s', (type, text) => {
    expect(found({ questions: [question(dotted('a'), type)] })).toMatchObject({
      'dns.qtype': type,
      'dns.qtype.str': text,
    });
  });

  test('has the first of several questions', () => {
    const questions = [example, question(dotted('b'), 2)];
    expect(found({ questions })).toEqual(queryValues);
  });

  test('without a question has its header', () => {
    const {
      'dns.id': id,
      'dns.qr': qr,
      'dns.opcode': opcode,
      'dns.ancount': ancount,
    } = queryValues;
    const header = { 'dns.id': id, 'dns.qr': qr, 'dns.opcode': opcode, 'dns.ancount': ancount };
    expect(found({})).toEqual(header);
    expect(found({ questions: [example], counts: [17, 0] })).toEqual(header);
  });
});

describe('a name', () => {
  const qname = (owner: Uint8Array) => found({ questions: [question(owner, 1)] })['dns.qname'];

  test.each([
    ['the root', [], '.'],
    ['letters as they are', ['wWw', 'Example'], 'wWw.Example'],
    ['dots and backslashes in labels', ['a.b', 'c\\'], 'a\\.b.c\\\\'],
    ['commas', ['a,b'], 'a\\,b'],
    ['other bytes', ['\0 \x7f\xff', '~!'], '\\000\\032\\127\\255.~!'],
  ])('keeps %s', (_, labels, text) => {
    expect(qname(name(labels))).toBe(text);
  });

  const label = 'x'.repeat(63);

  test('has at most 255 bytes', () => {
    expect(qname(name([label, label, label, 'y'.repeat(61)]))).toBe(
      `${label}.${label}.${label}.${'y'.repeat(61)}`,
    );
    expect(qname(name([label, label, label, 'y'.repeat(62)]))).toBe(undefined);
    expect(qname(name(Array(127).fill('z')))).toBe(Array(127).fill('z').join('.'));
    expect(qname(name(Array(128).fill('z')))).toBe(undefined);
  });

  test('of the longest text has room', () => {
    const bytes = [63, 63, 63, 61].map((length) => '\xff'.repeat(length));
    expect(qname(name(bytes))).toBe(bytes.map(({ length }) => '\\255'.repeat(length)).join('.'));
  });

  test('of another form than RFC 1035 has no text', () => {
    for (const first of [0x40, 0x80, 0xbf]) {
      expect(qname(Buffer.concat([Buffer.from([first]), Buffer.alloc(100)]))).toBe(undefined);
    }
  });
});

describe('a response', () => {
  const answered = (...answers: readonly Uint8Array[]) =>
    found({ flags: RESPONSE, questions: [example], answers })['dns.answers'];

  test('has its code and the question', () => {
    expect(found({ flags: RESPONSE | 3, questions: [example] })).toEqual({
      ...queryValues,
      'dns.qr': 1,
      'dns.rcode': 3,
      'dns.rcode.str': 'NXDOMAIN',
    });
    expect(found({ flags: 0xafff })).toMatchObject({
      'dns.opcode': 5,
      'dns.rcode': 15,
      'dns.rcode.str': 'RCODE15',
    });
  });

  test('has addresses and names', () => {
    const target = dotted('mail', pointer(QUESTION + 4));
    expect(
      answered(
        record(5, dotted('cdn', pointer(QUESTION + 4))),
        a('192.0.2.1'),
        aaaa('20010db8000000000000000000000001'),
        record(2, dotted('ns', pointer(QUESTION))),
        record(12, pointer(QUESTION + 4)),
        record(39, dotted('dname')),
        record(15, Buffer.concat([Buffer.from([0, 10]), target])),
        record(33, Buffer.concat([Buffer.from([0, 1, 0, 2, 0, 80]), target])),
      ),
    ).toBe(
      'cdn.example.com,192.0.2.1,2001:db8::1,ns.www.example.com,example.com,dname,mail.example.com,mail.example.com',
    );
  });

  test('goes on behind records of other types', () => {
    expect(answered(record(16, Buffer.from('\x04text')), a('192.0.2.1'))).toBe('192.0.2.1');
  });

  test.each([
    ['an address of IPv4', record(1, Buffer.alloc(5))],
    ['an address of IPv6', record(28, Buffer.alloc(4))],
    ['a name', record(5, Buffer.alloc(0))],
    ['a mail server', record(15, Buffer.alloc(1))],
    ['a service', record(33, Buffer.alloc(6))],
  ])('ends before %s that is malformed', (_, malformed) => {
    expect(answered(a('192.0.2.1'), malformed, a('192.0.2.2'))).toBe('192.0.2.1');
  });

  test('has answers without a question, as in multicast DNS', () => {
    const owner = dotted('printer.local');
    const answers = [record(1, Buffer.from([192, 0, 2, 1]), owner)];
    expect(found({ flags: 0x8400, answers })).toEqual({
      ...{ 'dns.id': 0x1234, 'dns.qr': 1, 'dns.opcode': 0, 'dns.rcode': 0, 'dns.ancount': 1 },
      ...{ 'dns.rcode.str': 'NOERROR', 'dns.answers': '192.0.2.1' },
    });
  });

  test('has 16 answers at most', () => {
    const addresses = Array.from({ length: 20 }, (_, i) => `255.255.255.${100 + i}`);
    expect(answered(...addresses.map(a))).toBe(addresses.slice(0, 16).join(','));
    const six = Array.from({ length: 16 }, () => 'f000f111f222f333f444f555f666f777');
    expect(answered(...six.map(aaaa))).toBe(
      Array(16).fill('f000:f111:f222:f333:f444:f555:f666:f777').join(','),
    );
  });

  test('has room for the longest names', () => {
    const long = ['\xff'.repeat(63), '\xff'.repeat(63), '\xff'.repeat(63), '\xff'.repeat(61)];
    const text = long.map(({ length }) => '\\255'.repeat(length)).join('.');
    expect(answered(...Array(16).fill(record(5, name(long))))).toBe(text);
    const short = 'x'.repeat(60);
    const many = Array(11).fill(record(5, name([short])));
    expect(answered(...many.slice(0, 10), record(5, name(long)), a('192.0.2.1'))).toBe(
      [...Array(10).fill(short), text].join(','),
    );
  });

  test('cut at any byte has the answers that are whole', () => {
    const whole = message({
      flags: RESPONSE,
      questions: [example],
      answers: [a('192.0.2.1'), a('192.0.2.2')],
    });
    const texts = Array.from({ length: whole.length + 1 }, (_, length) => [
      decoded(whole.subarray(0, length))['dns.answers'],
    ]).flat();
    const first = whole.length - 16;
    expect(texts).toEqual([
      ...Array(first).fill(undefined),
      ...Array(16).fill('192.0.2.1'),
      '192.0.2.1,192.0.2.2',
    ]);
  });

  test('counts what it says, not what is there', () => {
    const parts = { flags: RESPONSE, questions: [example], answers: [a('192.0.2.1')] };
    expect(found({ ...parts, counts: [1, 65535] })).toMatchObject({
      'dns.ancount': 65535,
      'dns.answers': '192.0.2.1',
    });
  });
});

describe('a pointer', () => {
  /** The text of a CNAME whose data stands at `place` of the message. */
  const place = QUESTION + 21 + 12;
  const cname = (data: Uint8Array) =>
    found({ flags: RESPONSE, questions: [example], answers: [record(5, data)] })['dns.answers'];

  test('leads back to an earlier name', () => {
    expect(cname(pointer(QUESTION + 4))).toBe('example.com');
  });

  test('must not make a name of more than 255 bytes', () => {
    const long = 'y'.repeat(63);
    const [owner, rest] = [name(Array(3).fill(long)), 255 - 1 - 3 * 64];
    const alias = (length: number) =>
      found({
        flags: RESPONSE,
        questions: [question(owner, 1)],
        answers: [record(5, dotted('x'.repeat(length), pointer(QUESTION)))],
      })['dns.answers'];
    expect(alias(rest - 1)).toBe(['x'.repeat(rest - 1), long, long, long].join('.'));
    expect(alias(rest)).toBe(undefined);
  });

  test.each([
    ['to itself', place],
    ['to its own label', place - 2],
    ['forwards', place + 2],
    ['behind the message', 0x3fff],
  ])('must not lead %s', (_, target) => {
    const data = target === place - 2 ? dotted('a', pointer(place)) : pointer(target);
    expect(cname(data)).toBe(undefined);
  });

  test('cut by the capture leads nowhere', () => {
    const data = message({ questions: [Buffer.from([0xc0])], counts: [1, 0] });
    expect(decoded(data)).not.toHaveProperty(['dns.qname']);
  });

  test('may lead to another one, but not through a long chain', () => {
    const chain = (length: number) => {
      // A name at the front of the data of a TXT record, and pointers behind it, each to the one before.
      const pointers = Array.from({ length }, (_, i) => pointer(place + (i === 0 ? 0 : 2 + 2 * i)));
      const text = Buffer.concat([Buffer.from([1, 0x61, 0, 0]), ...pointers]);
      const last = pointer(place + 2 + 2 * length);
      return found({
        flags: RESPONSE,
        questions: [example],
        answers: [record(16, text), record(5, last)],
      })['dns.answers'];
    };
    expect(chain(1)).toBe('a');
    expect(chain(126)).toBe('a');
    expect(chain(127)).toBe(undefined);
  });
});

describe('in TCP', () => {
  const take = (data: Uint8Array) =>
    new PayloadPath(dns, defaults).take(overTcp(data, { from: 53 }))[0];

  test('a message ends where its length says', () => {
    const response = message({ flags: RESPONSE, questions: [example], answers: [a('192.0.2.1')] });
    expect(take(withLength(response))).toHaveProperty(['dns.answers'], '192.0.2.1');
    expect(take(withLength(response, response.length - 1))).not.toHaveProperty(['dns.answers']);
    expect(take(withLength(response, 0xffff))).toHaveProperty(['dns.answers'], '192.0.2.1');
  });

  test.each([
    ['a length shorter than the header', withLength(query, 11)],
    ['an unknown opcode', withLength(message({ flags: 0x3900, questions: [example] }))],
    ['the reserved bit', withLength(message({ flags: 0x0140, questions: [example] }))],
    ['two questions', withLength(message({ questions: [example, example] }))],
    ['only a length', Buffer.from([0, 40])],
    ['less than a header', withLength(query).subarray(0, 13)],
  ])('%s is not the beginning of a message', (_, data) => {
    expect(take(data)).toEqual({});
  });
});

test('DNS forgets between batches', () => {
  const path = new PayloadPath(dns, defaults);
  const response = message({ flags: RESPONSE, questions: [example], answers: [a('192.0.2.1')] });
  path.take(overUdp(response, { from: 53 }));
  expect(path.take(overUdp(query, { to: 53 }), overUdp('', { to: 53 }))).toEqual([queryValues, {}]);
});
