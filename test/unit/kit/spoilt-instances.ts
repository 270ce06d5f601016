import type { StagePlugin } from '../../../src/plugins/api.ts';
import { key } from '../../../src/records/key.ts';
import { filter, input, modelKeys, output } from './model-plugins.ts';

/** A plugin that breaks a rule, and what has to be said about it. */
export type Spoilt = readonly [rule: string, seen: RegExp, plugin: StagePlugin];

const address = key('model.address', 'ip', 'an address');
const model = output();
const nothing = { written: 0, dropped: 0, errors: 0 };
/** State of a module, which instances must not have in common. */
let keptRows = 0;

export function fail(message: string): never {
  throw new Error(message);
}

/** Plugins whose instances break a rule. */
export const spoiltInstances: readonly Spoilt[] = [
  ['opens', /^open threw no luck/, output({ open: () => fail('no luck') })],
  [
    'opens',
    /^the instance has no function close/,
    output({}, () => ({ close: undefined }) as never),
  ],
  [
    'opens',
    /^it reported to context.fail: in pain/,
    output({}, ({ context }) => {
      context.fail(new Error('in pain'));
      return {};
    }),
  ],
  [
    'empty-batch',
    /^write threw no rows/,
    output({}, ({ write }) => ({
      write(batch) {
        if (batch.selected === 0) fail('no rows');
        write(batch);
      },
    })),
  ],
  [
    'absent-keys',
    /^fill threw absent/,
    input({}, ({ columns }) => ({
      fill(batch) {
        const packet = columns.readBytes('raw.pkt');
        for (let row = 0; row < batch.count; row++) if (!packet.has(row)) fail('absent');
      },
    })),
  ],
  [
    'extreme-values',
    /^write threw too long/,
    output({}, ({ context, write }) => ({
      write(batch) {
        const packet = context.columns.readBytes('raw.pkt');
        for (let i = 0; i < batch.selected; i++) {
          if (packet.length(batch.row(i)) > 60_000) fail('too long');
        }
        write(batch);
      },
    })),
  ],
  [
    'any-packet',
    /^fill threw Offset is outside the bounds of the DataView/,
    input({}, ({ columns }) => ({
      fill(batch) {
        const packet = columns.readBytes('raw.pkt');
        for (let row = 0; row < batch.count; row++) {
          if (!packet.has(row) || packet.length(row) < 4) continue;
          const view = new DataView(packet.data.buffer, packet.offset(row), packet.length(row));
          // The length that the header tells.
          view.getUint8(view.getUint16(2) - 1 || 0);
        }
      },
    })),
  ],
  [
    'leaves-others',
    /raw\.pkt is not what it was/,
    input({}, ({ columns }) => ({
      fill: () => void columns.readBytes('raw.pkt').data.fill(0),
    })),
  ],
  [
    'value-types',
    /^model\.address \(ip\) has 5 bytes$/,
    input({ provides: [address] }, ({ columns }) => ({
      fill(batch) {
        for (let row = 0; row < batch.count; row++) columns.bytes(address).set(row, 0, 5);
      },
    })),
  ],
  [
    'any-demand',
    /^model\.double has other values when it alone is read/,
    input({}, ({ columns }) => ({
      fill(batch) {
        const packet = columns.readBytes('raw.pkt');
        const length = columns.numbers(modelKeys.length);
        const double = columns.numbers(modelKeys.double);
        for (let row = 0; row < batch.count; row++) {
          if (packet.has(row)) length.set(row, packet.length(row));
        }
        for (let row = 0; row < batch.count; row++) {
          if (columns.readNumbers('model.length').has(row)) double.set(row, 2 * length.get(row));
        }
      },
    })),
  ],
  [
    'passes-subset',
    /^of rows .* these went on/,
    filter({}, () => ({ select: (batch) => void batch.rows.reverse() })),
  ],
  [
    'selected-rows',
    /model\.length is filled in row 0, which was not selected/,
    filter({}, ({ columns }) => ({
      select(batch) {
        for (let row = 0; row < batch.count; row++) columns.numbers(modelKeys.length).set(row, 1);
      },
    })),
  ],
  [
    'selected-rows',
    /^counter 1 should be "written 5" but is "written 16"/,
    output({}, ({ counters }) => ({
      write({ count }) {
        counters.written += count;
      },
    })),
  ],
  [
    'keeps-nothing',
    /^line of the log 1 should be "notice: .*" but is "notice: UU/,
    output({}, ({ context, write }) => {
      let last: Uint8Array | undefined;
      return {
        write(batch) {
          const packet = context.columns.readBytes('raw.pkt');
          if (batch.count > 0) last = packet.data.subarray(packet.offset(0), packet.offset(0) + 8);
          write(batch);
        },
        async close() {
          if (last) context.log.notice(Buffer.from(last).toString('latin1'));
        },
      };
    }),
  ],
  [
    'alone',
    /^line of the log 1 should be missing but is "notice: 16 rows/,
    output({}, ({ context, write }) => ({
      write(batch) {
        keptRows += batch.selected;
        write(batch);
      },
      async close() {
        if (keptRows > 0) context.log.notice(`${keptRows} rows`);
        keptRows = 0;
      },
    })),
  ],
  [
    'counters',
    /^written \+ dropped is 24 of 12 rows after a batch/,
    output({}, ({ counters }) => ({
      write({ selected }) {
        counters.written += 2 * selected;
      },
    })),
  ],
  [
    'counters',
    /^closed, after 22 rows it counts written 2 \+ dropped 0 = 2$/,
    output({}, ({ counters }) => ({
      write({ selected }) {
        if (selected > 0) counters.written++;
      },
    })),
  ],
  [
    'details',
    /^seen after a batch, but first none\n/,
    output({}, ({ counters }) => ({
      details: (): Record<string, number> => (counters.written > 0 ? { seen: 1 } : {}),
    })),
  ],
  ['details', /^dropped is specter's own/, output({}, () => ({ details: () => ({ dropped: 0 }) }))],
  [
    'tells-drops',
    /rows dropped in silence/,
    output({}, ({ counters }) => ({
      write({ selected }) {
        counters.dropped += selected;
      },
    })),
  ],
  ['reopen', /^reopen threw not now/, filter({}, () => ({ reopen: () => fail('not now') }))],
  [
    'close-twice',
    /^the second close wrote, logged or counted something/,
    output({}, ({ context }) => ({ close: async () => context.log.info('bye') })),
  ],
  [
    'opens',
    /^close failed: it takes longer than 20 ms/,
    output({}, () => ({ closeTimeout: 20, close: () => new Promise(() => {}) })),
  ],
  [
    'holds',
    /^it called hold\(\) and does not declare/,
    output({}, ({ context, write }) => ({
      write(batch) {
        context.hold()();
        context.hold();
        write(batch);
      },
    })),
  ],
  [
    'gives-back',
    /^after 8 lives there are \d more of Timeout/m,
    output({}, () => ({ close: async () => void setTimeout(() => {}, 60_000) })),
  ],
  [
    'refused-file',
    /^it was opened although its file could not be/,
    output({
      open(context) {
        try {
          return model.open(context);
        } catch {
          return { counters: nothing, write() {}, async close() {} };
        }
      },
    }),
  ],
  [
    'full-disk',
    /^\d+ rows wait, and it takes in more\nclosed, after /,
    output({}, ({ counters, write }) => ({
      // What cannot be written waits for ever.
      write(batch) {
        write(batch);
        counters.dropped = 0;
      },
    })),
  ],
  [
    'stuck-reader',
    /^\d+ rows wait, and it takes in more\nclosed, after /,
    output({}, ({ counters, write }) => ({
      write(batch) {
        write(batch);
        counters.dropped = 0;
      },
    })),
  ],
  [
    'full-memory',
    /^closed, after 24576 rows it counts written 24576 \+ dropped 24 = 24600$/,
    output({}, ({ context, counters, write }) => ({
      write(batch) {
        write(batch);
        if (batch.selected < 1024) return;
        counters.dropped++;
        context.log.counted('rows dropped', 1);
      },
    })),
  ],
];
