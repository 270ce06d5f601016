/**
 * What looking into payloads costs: `npx tsx bench/payload-inputs.ts`. For each input the
 * nanoseconds of processor time that its own work takes for a packet, without BASE's; of many rounds
 * the best one.
 */
import { planColumns } from '../src/daemon/column-plan.ts';
import { defineOutput, type InputPlugin } from '../src/plugins/api.ts';
import { base } from '../src/plugins/input/base/index.ts';
import { dns } from '../src/plugins/input/dns/index.ts';
import { http } from '../src/plugins/input/http/index.ts';
import { pwsniff } from '../src/plugins/input/pwsniff.ts';
import { tls } from '../src/plugins/input/tls/index.ts';
import { nflog } from '../src/plugins/source/nflog/index.ts';
import { Batch } from '../src/records/batch.ts';
import { ColumnSet } from '../src/records/column-set.ts';
import { Family } from '../src/records/protocols/ip-protocol.ts';
import { a, dotted, message, question, RESPONSE } from '../test/support/dns-message.ts';
import { ipv4, type Layer, tcp, udp } from '../test/support/packets.ts';
import { fakeContext } from '../test/unit/plugins/fake-context.ts';
import { opensslClientHello } from '../test/unit/plugins/input/tls-hello.ts';

const ROWS = 512;
/** Distance of two packets in the receive buffer. */
const STRIDE = 1600;
const BATCHES_A_ROUND = 50;
const ROUNDS = 30;

const packet = (layer: Layer): Buffer =>
  ipv4({ source: '192.0.2.1', destination: '198.51.100.7' }, layer);
const to = (destinationPort: number) => ({ sourcePort: 40_000, destinationPort });

const request = [
  'GET /index.html?q=1 HTTP/1.1',
  'Host: www.example.com',
  'User-Agent: Mozilla/5.0 (X11; Linux x86_64; rv:128.0) Gecko/20100101 Firefox/128.0',
  'Accept: text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8',
  'Accept-Language: en-US,en;q=0.5',
  'Accept-Encoding: gzip, deflate',
  'Connection: keep-alive',
  '\r\n',
].join('\r\n');
const response = message({
  flags: RESPONSE,
  questions: [question(dotted('www.example.com'), 1)],
  answers: [a('192.0.2.1'), a('192.0.2.2')],
});

const traffic = {
  'TCP SYN': packet(tcp({ ...to(443), flags: ['syn'] })),
  'UDP, 36 bytes': packet(udp(to(4000), 'x'.repeat(36))),
  'TCP, 1400 bytes': packet(tcp(to(443), Buffer.alloc(1400, 0x17))),
  'HTTP request': packet(tcp(to(80), request)),
  ClientHello: packet(tcp(to(443), opensslClientHello)),
  'DNS response': packet(udp({ sourcePort: 53, destinationPort: 40_000 }, response)),
  'FTP USER': packet(tcp(to(21), 'USER anna\r\n')),
};

const inputs: readonly (readonly [plugin: InputPlugin, options: object])[] = [
  [pwsniff, { pwsniffports: [21, 110], pwsniffpass: false }],
  [http, {}],
  [tls, {}],
  [dns, { dnsports: [53, 5353, 5355] }],
];

/** Has an input fill batches of one packet in turn; returns the nanoseconds that a packet took. */
function round(plugin: InputPlugin, options: object, bytes: Uint8Array): () => number {
  const reader = defineOutput({
    kind: 'output',
    name: 'READER',
    summary: 'reads keys',
    options: {},
    reads: plugin.provides,
    open: () => {
      throw new Error('not to be opened');
    },
  });
  const stages = [base, plugin, reader].map((stage) => ({ plugin: stage, options: {} }));
  const columns = new ColumnSet(ROWS, planColumns(nflog, stages).keys);
  const batch = new Batch(columns);
  const decoder = base.open(fakeContext(columns, {}));
  const input = plugin.open(fakeContext(columns, options as never));
  const received = new Uint8Array(ROWS * STRIDE);
  batch.begin(received);
  for (let row = 0; row < ROWS; row++) {
    received.set(bytes, row * STRIDE);
    columns.readBytes('raw.pkt').set(row, row * STRIDE, bytes.length);
    columns.readNumbers('oob.family').set(row, Family.IPV4);
  }
  batch.count = ROWS;
  decoder.fill(batch);
  return () => {
    const start = process.cpuUsage();
    for (let i = 0; i < BATCHES_A_ROUND; i++) {
      for (const { name } of plugin.provides) columns.find(name)?.column.clear(ROWS);
      input.fill(batch);
    }
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / (BATCHES_A_ROUND * ROWS);
  };
}

// All kinds take their turn in every round, so that none has code that is specialised for it alone.
const runs = Object.entries(traffic).map(([name, bytes]) => ({
  name,
  costs: inputs.map(([plugin, options]) => ({
    run: round(plugin, options, bytes),
    best: Number.POSITIVE_INFINITY,
  })),
}));
for (let i = 0; i < ROUNDS; i++) {
  for (const { costs } of runs) {
    for (const each of costs) each.best = Math.min(each.best, each.run());
  }
}
const cells = (first: string, others: readonly string[]): string =>
  [first.padEnd(18), ...others.map((text) => text.padStart(10))].join('');
console.log(
  cells(
    'ns/packet',
    inputs.map(([{ name }]) => name),
  ),
);
for (const { name, costs } of runs) {
  console.log(
    cells(
      name,
      costs.map(({ best }) => best.toFixed(1)),
    ),
  );
}
