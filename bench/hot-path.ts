/**
 * What a packet costs in specter itself, from the bytes of its netlink message to its LOGEMU line,
 * without the kernel: `npx tsx bench/hot-path.ts`. Processor time, of many rounds the best one.
 */
import { openSync } from 'node:fs';
import { planColumns } from '../src/daemon/column-plan.ts';
import { MessageCursor } from '../src/netlink/index.ts';
import { base } from '../src/plugins/input/base/index.ts';
import { logemu } from '../src/plugins/output/logemu.ts';
import { NflogDecoder } from '../src/plugins/source/nflog/decode.ts';
import { nflog } from '../src/plugins/source/nflog/index.ts';
import { Batch } from '../src/records/batch.ts';
import { ColumnSet } from '../src/records/column-set.ts';
import { nflogDatagram } from '../test/support/fake-socket.ts';
import { ipv4, tcp, udp } from '../test/support/packets.ts';
import { FakeLinks, fakeContext, fakeHost } from '../test/unit/plugins/fake-context.ts';

const ROWS = 512;
const ROUNDS = 60;
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

const { keys } = planColumns(nflog, [
  { plugin: base, options: {} },
  { plugin: logemu, options: {} },
]);
const batch = new Batch(new ColumnSet(1024, keys));
const host = fakeHost({
  links: new FakeLinks({ 2: 'eth0' }),
  openAppend: () => openSync('/dev/null', 'a'),
});
const input = base.open(fakeContext(batch.columns, {}, { host }));
const options = { logemufile: '/dev/null', logemusync: false };
const output = logemu.open(fakeContext(batch.columns, options, { host }));
const decoder = new NflogDecoder(batch.columns);
const message = new MessageCursor();

const stages: Readonly<Record<string, () => void>> = {
  'message → keys': decode,
  'headers → keys': () => input.fill(batch),
  'keys → line': () => output.write(batch),
};

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
    // Lets the finished writes be taken note of, as between two batches of the daemon.
    if (i % 8 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
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
  throw new Error(`${output.counters.dropped} lines were dropped: the figures are wrong`);
