/**
 * How fast bans take effect: `npm run build && npx tsx bench/nftset.ts`, as root.
 *
 * - Latency of a quiet machine: from a packet's being sent to the kernel's notice that its element is
 *   in the set, for NFTSET and for EXEC with nft.
 * - Elements a second that NFTSET stores in batches of 1024, and the longest that one batch takes.
 */

import { PollTable } from '../src/libc/poll.ts';
import { NETLINK_NETFILTER } from '../src/netlink/constants.ts';
import { MessageCursor, NetlinkSocket, ReceiveRing } from '../src/netlink/index.ts';
import { NFT_MSG_NEWSETELEM } from '../src/netlink/nftables/protocol.ts';
import { Nftset } from '../src/plugins/output/nftset/nftset.ts';
import { builtinStages } from '../src/plugins/registry.ts';
import { Batch } from '../src/records/batch.ts';
import { ColumnSet } from '../src/records/column-set.ts';
import { key } from '../src/records/key.ts';
import { Inside } from '../test/kernel/netlink/inside.ts';
import { startSpecter } from '../test/support/daemon.ts';
import { Namespace } from '../test/support/namespace.ts';
import { fakeContext } from '../test/unit/plugins/fake-context.ts';
import { UdpSender } from './udp-sender.ts';

/** enum nfnetlink_groups of linux/netfilter/nfnetlink.h */
const NFNLGRP_NFTABLES = 7;
const SAMPLES = 300;
const FIRST_PORT = 10_000;
const ROWS = 1024;
const BATCHES = 60;

const rules = `table inet bench {
  set ban { type inet_service; }
  set many { type ipv4_addr; flags timeout; size 1000000; }
  chain c {
    type filter hook input priority 0
    udp dport >= ${FIRST_PORT} log group 5 drop
  }
}
`;

const outputs: Readonly<Record<string, string>> = {
  NFTSET: 'plugin NFTSET\n  nftset "inet bench ban"\n  nftkey udp.dport',
  EXEC: 'plugin EXEC\n  execstr /usr/sbin/nft add element inet bench ban "{ %{udp.dport} }"',
};

for (const [name, lines] of Object.entries(outputs)) {
  if (builtinStages.some((plugin) => plugin.name === name)) await latency(name, lines);
}
await throughput();

async function latency(name: string, lines: string): Promise<void> {
  await using namespace = await Namespace.create();
  await namespace.nft(rules);
  const config = `5 {\n  qthreshold 1\n  plugin BASE\n  ${lines}\n}\n`;
  await using _specter = await startSpecter({ namespace, config });
  using _inside = new Inside(namespace);
  const notices = NetlinkSocket.open(NETLINK_NETFILTER);
  notices.joinMulticast(NFNLGRP_NFTABLES);
  const samples: number[] = [];
  for (let sample = 0; sample < SAMPLES; sample++) {
    samples.push(await timeToNotice(notices, FIRST_PORT + sample));
  }
  notices.close();
  samples.sort((a, b) => a - b);
  const at = (share: number): string => (samples[Math.floor(share * SAMPLES)] ?? 0).toFixed(2);
  console.log(`${name.padEnd(8)} packet to element, ms: p50 ${at(0.5)}, p99 ${at(0.99)}`);
}

/** Milliseconds from sending a packet to the port until the kernel tells of a change. */
async function timeToNotice(notices: NetlinkSocket, port: number): Promise<number> {
  const sender = new UdpSender(port, 64, 1);
  const table = new PollTable();
  table.assign([notices.fd]);
  const ring = new ReceiveRing({ slots: 8, slotSize: 4096 });
  // Each packet comes after a pause, so that the daemon waits for it in poll.
  await new Promise((resolve) => setTimeout(resolve, 20));
  // What the kernel says besides of the change before, such as its new generation.
  while (notices.receive(ring) > 0);
  const start = performance.now();
  sender.send(1);
  while (!tellsOfElement(notices, ring)) {
    if (table.wait(2000) === 0) throw new Error(`no element for port ${port} within 2 s`);
  }
  return performance.now() - start;
}

function tellsOfElement(notices: NetlinkSocket, ring: ReceiveRing): boolean {
  const count = notices.receive(ring);
  for (let slot = 0; slot < count; slot++) {
    const start = slot * ring.slotSize;
    const message = new MessageCursor().reset(ring.view, start, start + (ring.lengths[slot] ?? 0));
    while (message.next()) {
      if (message.type === NFT_MSG_NEWSETELEM) return true;
    }
  }
  return false;
}

async function throughput(): Promise<void> {
  await using namespace = await Namespace.create();
  await namespace.nft(rules);
  using _inside = new Inside(namespace);
  const saddr = key('ip.saddr', 'ip', 'source address');
  const columns = new ColumnSet(ROWS, [saddr]);
  const batch = new Batch(columns);
  const output = new Nftset(fakeContext(columns, {}), {
    sets: [{ family: 'inet', table: 'bench', set: 'many' }],
    keys: [saddr.name],
    action: 'add',
    timeoutMs: 3_600_000,
  });
  const addresses = Buffer.alloc(ROWS * 4);
  const times: number[] = [];
  for (let round = 0; round < BATCHES; round++) {
    batch.begin(addresses);
    for (let row = 0; row < ROWS; row++) {
      addresses.writeUInt32BE(0x0a000000 + round * ROWS + row, row * 4);
      columns.bytes(saddr).set(row, row * 4, 4);
    }
    batch.count = ROWS;
    batch.selectAll();
    const start = performance.now();
    output.write(batch);
    times.push(performance.now() - start);
  }
  await output.close();
  if (output.counters.written !== ROWS * BATCHES) throw new Error('elements were refused');
  const seconds = times.reduce((sum, time) => sum + time, 0) / 1000;
  const rate = Math.round((ROWS * BATCHES) / seconds);
  times.sort((a, b) => a - b);
  const [middle = 0, longest = 0] = [times[BATCHES >> 1], times.at(-1)];
  const each = `${middle.toFixed(2)} ms a batch, the longest ${longest.toFixed(2)} ms`;
  console.log(`NFTSET   batches of ${ROWS}: ${rate} elements/s; ${each}`);
}
