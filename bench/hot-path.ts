/**
 * What a packet costs in specter itself, from the bytes of its netlink message to its record, without
 * the kernel: `npx tsx bench/hot-path.ts [OUTPUT ['OPTION VALUE' …]]`, LOGEMU by default. Of many rounds
 * the best one.
 */
import { openSync } from 'node:fs';
import { argv } from 'node:process';
import { setImmediate } from 'node:timers/promises';
import {
  formatDiagnostics,
  parseConfig,
  type ResolvedValues,
  resolveConfig,
} from '../src/config-grammar/index.ts';
import { PluginCatalogue } from '../src/daemon/catalogue.ts';
import { planColumns } from '../src/daemon/column-plan.ts';
import { MessageCursor } from '../src/netlink/index.ts';
import { base } from '../src/plugins/input/base/index.ts';
import { builtinStages } from '../src/plugins/registry.ts';
import { NflogDecoder } from '../src/plugins/source/nflog/decode.ts';
import { nflog } from '../src/plugins/source/nflog/index.ts';
import { Batch } from '../src/records/batch.ts';
import { ColumnSet } from '../src/records/column-set.ts';
import { nflogDatagram } from '../test/support/fake-socket.ts';
import { ipv4, tcp, udp } from '../test/support/packets.ts';
import { FakeLinks, fakeContext, fakeHost } from '../test/unit/plugins/fake-context.ts';

const ROWS = 512;
const ROUNDS = 40;
const BATCHES_A_ROUND = 100;

const ends = { source: '192.0.2.1', destination: '198.51.100.7' };
const ports = { sourcePort: 40_000, destinationPort: 443 };
const payloads = [
  ipv4(ends, udp(ports, 'x'.repeat(36))),
  ipv4(ends, tcp({ ...ports, flags: ['syn'] })),
];
const header = Buffer.from('0a0b0c0d0e0f0102030405060800', 'hex');

const packets = Array.from({ length: ROWS }, (_, i) => ({
  group: 5,
  prefix: 'input: ',
  indev: 2,
  timestamp: { sec: 1_795_316_000n, usec: 5n },
  seq: i,
  payload: payloads[i % payloads.length] ?? new Uint8Array(),
  attributes: [
    { type: 15, value: Buffer.from([0, 1]) },
    { type: 17, value: Buffer.from([0, 14]) },
    { type: 16, value: header },
  ],
}));
const datagram = nflogDatagram(packets);
const received = new Uint8Array(new ArrayBuffer(datagram.length));
received.set(datagram);
const view = new DataView(received.buffer);

const [, , name = 'LOGEMU', ...lines] = argv;
const plugin = builtinStages.find((stage) => stage.name === name.toUpperCase());
if (plugin?.kind !== 'output') throw new Error(`there is no output ${name}`);
const values = valuesOf(plugin.name, lines);

const { keys } = planColumns(nflog, [
  { plugin: base, options: {} },
  { plugin, options: values },
]);
const batch = new Batch(new ColumnSet(1024, keys));
const host = fakeHost({
  links: new FakeLinks({ 2: 'eth0' }),
  openAppend: () => openSync('/dev/null', 'a'),
});
const input = base.open(fakeContext(batch.columns, {}, { host }));
const output = plugin.open(fakeContext(batch.columns, values, { host }));
const decoder = new NflogDecoder(batch.columns);
const message = new MessageCursor();

const stages: Readonly<Record<string, () => void>> = {
  'message → keys': decode,
  'headers → keys': () => input.fill(batch),
  'keys → record': () => output.write(batch),
};

/** The values of an output's options when a config says no more than these lines. */
function valuesOf(plugin: string, lines: readonly string[]): ResolvedValues {
  const text = ['5 {', 'plugin BASE', `plugin ${plugin}`, ...lines, '}', ''].join('\n');
  const { document, diagnostics: syntax } = parseConfig(text, 'options');
  const paths = { writable: () => undefined, readable: () => undefined };
  const { config, diagnostics } = resolveConfig(document, new PluginCatalogue(), { paths });
  const values = config?.blocks[0]?.plugins[1]?.options.values;
  if (values) return values;
  throw new Error(formatDiagnostics([...syntax, ...diagnostics], document.source));
}

function decode(): void {
  batch.begin(received);
  message.reset(view, 0, datagram.length);
  while (message.next() && batch.count < ROWS) {
    decoder.decode(batch.count, message);
    batch.count++;
  }
  batch.selectAll();
}

/** Nanoseconds a packet for each stage, in one go through all of them. */
async function round(): Promise<number[]> {
  const spent = Object.values(stages).map(() => 0);
  for (let i = 0; i < BATCHES_A_ROUND; i++) {
    for (const [index, run] of Object.values(stages).entries()) {
      const start = process.hrtime.bigint();
      run();
      spent[index] = (spent[index] ?? 0) + Number(process.hrtime.bigint() - start);
    }
    // Lets finished writes be taken note of, as between two batches of the daemon: some chunks.
    for (let turn = 0; turn < 8; turn++) await setImmediate();
  }
  return spent.map((ns) => ns / (BATCHES_A_ROUND * ROWS));
}

const best = Object.keys(stages).map(() => Number.POSITIVE_INFINITY);
for (let i = 0; i < ROUNDS; i++) {
  for (const [index, ns] of (await round()).entries()) {
    best[index] = Math.min(best[index] ?? ns, ns);
  }
}
for (const [index, name] of Object.keys(stages).entries()) {
  console.log(`${name.padEnd(16)} ${(best[index] ?? 0).toFixed(0).padStart(5)} ns/packet`);
}
await output.close();
if (output.counters.dropped > 0)
  throw new Error(`${output.counters.dropped} records were dropped: the figures are wrong`);
