import fc from 'fast-check';
import { beforeEach, describe, expect, test } from 'vitest';
import { Attempts } from '../../../../../src/plugins/filter/knock/attempts.ts';
import { parseSequence, stepCode } from '../../../../../src/plugins/filter/knock/sequence.ts';

const TIMEOUT = 25_000;
const SOURCE = 1;
const OTHER = 2;

/** A client's hits, written as `7000/tcp` or `53/udp`, each of a connection of its own. */
class Client {
  readonly attempts: Attempts;
  now = 1_700_000_000_000;
  #port = 40_000;
  #lastPort = 0;

  constructor(sequence: string, options: { capacity?: number; strict?: boolean } = {}) {
    const { capacity = 16, strict = false } = options;
    this.attempts = new Attempts({ capacity, keyLength: 1, timeout: TIMEOUT, strict });
    this.attempts.follow(codesOf(sequence));
  }

  /** Returns whether the last of the hits completed the sequence; none before it may. */
  knock(hits: string, source = SOURCE): boolean {
    const results = codesOf(hits).map((code) => {
      this.#lastPort = this.#port++;
      return this.#hit(code, source);
    });
    expect(results.slice(0, -1)).not.toContain(true);
    return results.at(-1) ?? false;
  }

  /** The last hit's segment once more. */
  retransmit(hit: string): boolean {
    const [code = 0] = codesOf(hit);
    return this.#hit(code, SOURCE);
  }

  #hit(code: number, source: number): boolean {
    const sequenceNumber = this.#lastPort * 65_536 + 7;
    return this.attempts.hit(
      Uint8Array.of(source),
      1,
      code,
      this.#lastPort,
      sequenceNumber,
      this.now,
    );
  }

  get counts() {
    const { counts, evicted, sources } = this.attempts;
    return { ...counts, evicted, sources };
  }
}

const codesOf = (text: string): number[] => parseSequence(text).steps.map(({ code }) => code);

const nothing = { attempts: 0, spoiled: 0, expired: 0, completed: 0, evicted: 0, sources: 0 };

describe('a sequence of three', () => {
  let client: Client;
  beforeEach(() => {
    client = new Client('7000/tcp 8000/udp 9000/tcp');
  });

  test('is completed by its last step', () => {
    expect(client.knock('7000/tcp 8000/udp 9000/tcp')).toBe(true);
    expect(client.counts).toEqual({ ...nothing, attempts: 1, completed: 1, sources: 1 });
  });

  test('can be done again and again', () => {
    for (let i = 0; i < 3; i++) expect(client.knock('7000/tcp 8000/udp 9000/tcp')).toBe(true);
    expect(client.counts).toEqual({ ...nothing, attempts: 3, completed: 3, sources: 1 });
  });

  test.each([
    ['backwards', '9000/tcp 8000/udp 7000/tcp'],
    ['without its first step', '8000/udp 9000/tcp'],
    ['without its second', '7000/tcp 9000/tcp'],
    ['with the right ports of other protocols', '7000/udp 8000/tcp 9000/udp'],
    ['with a step in between that comes later', '7000/tcp 9000/tcp 8000/udp 9000/tcp'],
    ['with a step in between that came before', '7000/tcp 8000/udp 7000/tcp 9000/tcp'],
  ])('is not completed %s', (_, hits) => {
    expect(client.knock(hits)).toBe(false);
    expect(client.counts.completed).toBe(0);
  });

  test('keeps no strangers in mind', () => {
    client.knock('8000/udp 9000/tcp 1/tcp 53/udp');
    expect(client.counts).toEqual(nothing);
  });

  test('ignores what is no step of it', () => {
    expect(client.knock('7000/tcp 22/tcp 8000/tcp 8000/udp 53/udp 8/icmp 9000/tcp')).toBe(true);
    expect(client.counts).toMatchObject({ attempts: 1, spoiled: 0, completed: 1 });
  });

  test('does not mind that the current step comes again', () => {
    expect(client.knock('7000/tcp 7000/tcp 8000/udp 8000/udp 8000/udp 9000/tcp')).toBe(true);
    expect(client.counts).toMatchObject({ attempts: 1, spoiled: 0, completed: 1 });
  });

  test('begins anew with the first step that spoils it', () => {
    expect(client.knock('7000/tcp 8000/udp 7000/tcp 8000/udp 9000/tcp')).toBe(true);
    expect(client.counts).toMatchObject({ attempts: 2, spoiled: 1, completed: 1 });
  });

  test('is nothing to do with what other sources do', () => {
    client.knock('7000/tcp 8000/udp');
    expect(client.knock('9000/tcp', OTHER)).toBe(false);
    client.knock('7000/tcp 9000/tcp', OTHER);
    expect(client.knock('9000/tcp')).toBe(true);
    expect(client.counts).toEqual({
      ...nothing,
      attempts: 2,
      spoiled: 1,
      completed: 1,
      sources: 1,
    });
  });

  test('may take as long as the timeout, from the first step', () => {
    client.knock('7000/tcp');
    client.now += TIMEOUT - 1;
    client.knock('8000/udp');
    client.now += 1;
    expect(client.knock('9000/tcp')).toBe(true);
  });

  test('may not take longer', () => {
    client.knock('7000/tcp 8000/udp');
    client.now += TIMEOUT + 1;
    expect(client.knock('9000/tcp')).toBe(false);
    expect(client.counts).toEqual({ ...nothing, attempts: 1, expired: 1 });
  });

  test('begins anew with the first step that comes too late', () => {
    client.knock('7000/tcp 8000/udp');
    client.now += TIMEOUT + 1;
    expect(client.knock('7000/tcp 8000/udp 9000/tcp')).toBe(true);
    expect(client.counts).toMatchObject({ attempts: 2, expired: 1, completed: 1 });
  });

  test('counts its time from the first step that came last', () => {
    client.knock('7000/tcp');
    client.now += TIMEOUT - 1;
    client.knock('7000/tcp');
    client.now += TIMEOUT - 1;
    expect(client.knock('8000/udp 9000/tcp')).toBe(true);
  });

  test('does not count its time from a retransmission', () => {
    client.knock('7000/tcp');
    client.now += TIMEOUT;
    client.retransmit('7000/tcp');
    client.now += 1;
    expect(client.knock('8000/udp 9000/tcp')).toBe(false);
  });

  test('takes no time while the clock is set back', () => {
    client.knock('7000/tcp');
    client.now -= 3_600_000;
    client.knock('8000/udp');
    client.now += TIMEOUT;
    expect(client.knock('9000/tcp')).toBe(true);
    client.knock('7000/tcp');
    client.now -= 3_600_000;
    client.knock('8000/udp');
    client.now += TIMEOUT + 1;
    expect(client.knock('9000/tcp')).toBe(false);
  });

  test('is forgotten when another takes its place', () => {
    client.knock('7000/tcp 8000/udp');
    client.attempts.follow(codesOf('9000/tcp 7000/tcp'));
    expect(client.knock('9000/tcp')).toBe(false);
    expect(client.knock('7000/tcp')).toBe(true);
  });
});

describe('a sequence of the same port', () => {
  test('is not completed by a retransmission', () => {
    const client = new Client('7000/tcp 7000/tcp 7000/tcp');
    client.knock('7000/tcp');
    expect([1, 2, 3].map(() => client.retransmit('7000/tcp'))).toEqual([false, false, false]);
    client.knock('7000/tcp');
    client.retransmit('7000/tcp');
    expect(client.knock('7000/tcp')).toBe(true);
    expect(client.counts).toMatchObject({ attempts: 1, completed: 1, spoiled: 0 });
  });

  test('is completed by as many datagrams', () => {
    const client = new Client('7000/udp 7000/udp');
    expect(client.knock('7000/udp 7000/udp')).toBe(true);
  });
});

describe('a sequence of one step', () => {
  test('is completed once by a segment and its retransmissions', () => {
    const client = new Client('7000/tcp');
    expect(client.knock('7000/tcp')).toBe(true);
    expect(client.retransmit('7000/tcp')).toBe(false);
    expect(client.knock('7000/tcp')).toBe(true);
    expect(client.counts).toEqual({ ...nothing, attempts: 2, completed: 2, sources: 1 });
  });

  test('is completed by every datagram', () => {
    const client = new Client('7000/udp');
    expect([1, 2, 3].map(() => client.knock('7000/udp'))).toEqual([true, true, true]);
  });
});

test('a retransmission of the last step begins nothing', () => {
  const client = new Client('7000/tcp 8000/tcp 7000/tcp');
  expect(client.knock('7000/tcp 8000/tcp 7000/tcp')).toBe(true);
  client.retransmit('7000/tcp');
  expect(client.counts.attempts).toBe(1);
  client.knock('7000/tcp');
  expect(client.counts.attempts).toBe(2);
});

describe('in strict mode', () => {
  test.each(['22/tcp', '53/udp', '8/icmp', '128/icmpv6'])('%s spoils an attempt', (hit) => {
    const client = new Client('7000/tcp 8000/tcp', { strict: true });
    client.knock(`7000/tcp ${hit}`);
    expect(client.knock('8000/tcp')).toBe(false);
    expect(client.counts).toEqual({ ...nothing, attempts: 1, spoiled: 1 });
  });

  test('the current step again does not', () => {
    const client = new Client('7000/tcp 8000/tcp', { strict: true });
    expect(client.knock('22/tcp 7000/tcp 7000/tcp 8000/tcp')).toBe(true);
  });
});

test('a full table forgets who has been quiet longest', () => {
  const client = new Client('7000/tcp 8000/tcp 9000/tcp', { capacity: 2 });
  client.knock('7000/tcp', 1);
  client.knock('7000/tcp', 2);
  client.knock('8000/tcp', 1);
  client.knock('7000/tcp', 3);
  expect(client.knock('8000/tcp 9000/tcp', 2)).toBe(false);
  expect(client.knock('9000/tcp', 1)).toBe(true);
  expect(client.counts).toEqual({ ...nothing, attempts: 3, completed: 1, evicted: 1, sources: 2 });
});

test('a completed attempt has its steps in order and in time, with no other step between', () => {
  const steps = [stepCode(6, 1), stepCode(6, 2), stepCode(6, 1), stepCode(17, 3)];
  const hit = fc.record({
    source: fc.integer({ min: 1, max: 3 }),
    code: fc.constantFrom(...new Set(steps), stepCode(6, 99)),
    pause: fc.constantFrom(0, 1000, 9000),
  });
  fc.assert(
    fc.property(fc.array(hit, { maxLength: 60 }), (hits) => {
      const attempts = new Attempts({ capacity: 8, keyLength: 1, timeout: TIMEOUT, strict: false });
      attempts.follow(steps);
      const history = new Map<number, { code: number; now: number }[]>();
      let now = 1_700_000_000_000;
      for (const [index, { source, code, pause }] of hits.entries()) {
        now += pause;
        const past = history.get(source) ?? [];
        if (steps.includes(code)) past.push({ code, now });
        history.set(source, past);
        if (!attempts.hit(Uint8Array.of(source), 1, code, index, index, now)) continue;
        // Without what merely repeats the step before it, the last hits are the steps.
        const distinct = past.filter((entry, at) => entry.code !== past[at - 1]?.code);
        expect(distinct.slice(-steps.length).map((entry) => entry.code)).toEqual(steps);
        const last = past.findLastIndex((entry) => entry === distinct.at(-steps.length + 1));
        expect(now - (past[last - 1]?.now ?? 0)).toBeLessThanOrEqual(TIMEOUT);
        history.set(source, []);
      }
    }),
  );
});
