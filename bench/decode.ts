/**
 * What decoding alone costs: `npx tsx bench/decode.ts`. Processor time, and of many rounds the
 * best one, because everything else on the machine can only make a round slower.
 */
import { ColumnSet } from '../src/records/column-set.ts';
import type { Key } from '../src/records/key.ts';
import { Family } from '../src/records/protocols/ip-protocol.ts';
import { PacketDecoder, packetKeys } from '../src/records/protocols/packet.ts';
import { hopByHop, icmpEcho, ipv4, ipv6, type Layer, tcp, udp } from '../test/support/packets.ts';

/** Rows of a batch, and the distance of two packets in the receive buffer. */
const ROWS = 512;
const STRIDE = 128;
const BATCHES_A_ROUND = 400;
const ROUNDS = 40;

interface Packet {
  readonly family: number;
  readonly bytes: Uint8Array;
}

const ends4 = { source: '192.0.2.1', destination: '198.51.100.7' };
const ends6 = { source: '2001:db8::1', destination: '2001:db8::2' };
const ports = { sourcePort: 40_000, destinationPort: 443 };
const over4 = (layer: Layer): Packet => ({ family: Family.IPV4, bytes: ipv4(ends4, layer) });
const over6 = (layer: Layer): Packet => ({ family: Family.IPV6, bytes: ipv6(ends6, layer) });

const traffic: Readonly<Record<string, readonly Packet[]>> = {
  'TCP/IPv4': [over4(tcp({ ...ports, flags: ['syn'] }))],
  'UDP/IPv4': [over4(udp(ports, 'x'.repeat(36)))],
  'TCP/IPv6': [over6(tcp({ ...ports, flags: ['syn'] }))],
  mixed: [
    over4(tcp({ ...ports, flags: ['syn'] })),
    over4(udp(ports)),
    over6(tcp({ ...ports, flags: ['ack'] })),
    over4(icmpEcho({ id: 1, sequence: 2 })),
    over6(hopByHop(udp(ports))),
  ],
};

const demands: Readonly<Record<string, readonly Key[]>> = {
  'all keys': packetKeys,
  'addresses and ports': packetKeys.filter(({ name }) =>
    /^(ip|tcp|udp)\.([sd]addr|[sd]port)$/.test(name),
  ),
  'no keys': [],
};

/** Decodes batches of `packets` in turn; returns the nanoseconds of processor time that a packet took. */
function round(keys: readonly Key[], packets: readonly Packet[]): () => number {
  const columns = new ColumnSet(ROWS, keys);
  const decoder = new PacketDecoder(columns);
  const received = new Uint8Array(ROWS * STRIDE);
  const families = new Uint8Array(ROWS);
  const lengths = new Uint8Array(ROWS);
  for (let row = 0; row < ROWS; row++) {
    const packet = packets[row % packets.length];
    if (packet === undefined) throw new Error('there is no packet to decode');
    received.set(packet.bytes, row * STRIDE);
    families[row] = packet.family;
    lengths[row] = packet.bytes.length;
  }
  return () => {
    const start = process.cpuUsage();
    for (let batch = 0; batch < BATCHES_A_ROUND; batch++) {
      columns.reset(ROWS, received);
      for (let row = 0; row < ROWS; row++) {
        const at = row * STRIDE;
        const end = at + (lengths[row] as number);
        decoder.begin(row);
        decoder.decode(row, families[row] as number, 0, received, at, end);
      }
    }
    const { user, system } = process.cpuUsage(start);
    return ((user + system) * 1000) / (BATCHES_A_ROUND * ROWS);
  };
}

// One decoder class serves every block of the daemon: all kinds take their turn in every round, so
// that none is measured with code that V8 has specialised for it alone.
const runs = Object.entries(traffic).flatMap(([name, packets]) =>
  Object.entries(demands).map(([demand, keys]) => ({
    title: `${name}, ${demand}`,
    run: round(keys, packets),
    best: Number.POSITIVE_INFINITY,
  })),
);
for (let i = 0; i < ROUNDS; i++) {
  for (const each of runs) each.best = Math.min(each.best, each.run());
}
for (const { title, best } of runs) {
  console.log(`${title.padEnd(32)}${best.toFixed(1).padStart(7)} ns/packet`);
}
