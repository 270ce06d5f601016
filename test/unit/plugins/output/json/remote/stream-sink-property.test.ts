import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openStreamSink } from '../../../../../../src/plugins/output/json/remote/stream-sink.ts';
import { LoggedLines } from '../../../fake-context.ts';
import { FakeNetwork } from './fake-network.ts';
import { distinct } from './sink-bench.ts';

beforeEach(() => {
  const toFake = ['setTimeout', 'clearTimeout', 'Date', 'performance'] as const;
  vi.useFakeTimers({ toFake: [...toFake] });
});
afterEach(() => {
  vi.useRealTimers();
});

/** Bytes that the network holds for a receiver that does not read, besides the write that waits. */
const CAPACITY = 30_000;

type Step =
  | { readonly kind: 'records'; readonly lengths: readonly number[] }
  | { readonly kind: 'read'; readonly bytes: number }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'kill' | 'away' | 'back' | 'reopen' };

const step: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('records' as const),
      lengths: fc.array(fc.integer({ min: 10, max: 600 }), { minLength: 1, maxLength: 30 }),
    }),
  },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constant('read' as const), bytes: fc.nat(CAPACITY) }),
  },
  { weight: 4, arbitrary: fc.record({ kind: fc.constant('pass' as const), ms: fc.nat(5000) }) },
  {
    weight: 4,
    arbitrary: fc.record({ kind: fc.constantFrom('kill', 'away', 'back', 'reopen') }),
  },
);

describe('a stream sink, whatever the receiver does', () => {
  test('every record that was taken arrives, and comes first in the order of writing', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 20, maxLength: 60 }), async (steps) => {
        const network = new FakeNetwork(CAPACITY);
        const sink = openStreamSink({
          ...{ queueBytes: 1 << 20, resendBytes: 2 * CAPACITY, name: 'fake' },
          connect: network.connect,
          log: new LoggedLines(),
          whenReady: (begin) => {
            begin();
            return () => {};
          },
        });
        const taken: string[] = [];
        let written = 0;
        for (const each of steps) {
          await run(each);
          await setImmediate();
        }
        network.listening = true;
        for (let i = 0; i < 50 || (sink.details().queued ?? 0) > 0; i++) {
          network.read(CAPACITY);
          await vi.advanceTimersByTimeAsync(1000);
          await setImmediate();
        }
        expect(distinct(network.lines)).toEqual(taken);
        const { dropped } = sink.counters;
        expect(sink.counters.written).toBe(taken.length);
        expect(dropped + taken.length).toBe(written);
        const closed = sink.close();
        await vi.advanceTimersByTimeAsync(5000);
        await closed;
        expect(sink.counters).toMatchObject({ written: taken.length, dropped });

        async function run(action: Step): Promise<void> {
          if (action.kind === 'records') {
            for (const length of action.lengths) write(length);
            sink.endBatch();
          } else if (action.kind === 'read') network.read(action.bytes);
          else if (action.kind === 'pass') await vi.advanceTimersByTimeAsync(action.ms);
          else if (action.kind === 'reopen') sink.reopen();
          else if (action.kind === 'back') network.listening = true;
          else {
            network.listening = action.kind === 'kill';
            network.kill();
          }
        }

        function write(length: number): void {
          const record = `${written++} `.padEnd(length, '.');
          if (!sink.reserve(length + 20)) {
            sink.drop(1);
            return;
          }
          const bytes = Buffer.from(sink.view.buffer);
          sink.commit(sink.position + bytes.write(`${record}\n`, sink.position, 'latin1'));
          taken.push(record);
        }
      }),
      { numRuns: 100 },
    );
  });
});
