/**
 * Load generator: UDP datagrams to 127.0.0.1 in the network namespace it is started in.
 *
 *     node --import tsx bench/load.ts --port 9 --packets 1000000 [--rate 100000] [--size 64] [--flows 16]
 *
 * Without `--rate` (packets a second) it sends as fast as it can. `--size` is that of the whole IP
 * packet. At the end it writes one line of JSON, a {@link LoadReport}, to standard output.
 */
import { parseArgs } from 'node:util';
import { batchSize, UdpSender } from './udp-sender.ts';

export interface LoadReport {
  readonly packets: number;
  readonly seconds: number;
}

const { values } = parseArgs({
  options: {
    port: { type: 'string', default: '9' },
    packets: { type: 'string', default: '1000000' },
    rate: { type: 'string' },
    size: { type: 'string', default: '64' },
    flows: { type: 'string', default: '16' },
  },
});

const sender = new UdpSender(Number(values.port), Number(values.size), Number(values.flows));
const report = send(sender, Number(values.packets), Number(values.rate ?? Infinity));
process.stdout.write(`${JSON.stringify(report)}\n`);

/**
 * Keeps the average since the start at `rate`: what a sleep took too long is made up for at
 * once, in batches, as bursts of real traffic are.
 */
function send(sender: UdpSender, packets: number, rate: number): LoadReport {
  const clock = new Int32Array(new SharedArrayBuffer(4));
  const start = performance.now();
  let sent = 0;
  while (sent < packets) {
    const elapsed = performance.now() - start;
    const due = Math.min(packets, Math.floor((elapsed * rate) / 1000));
    if (sent >= due) {
      // The time until a whole batch is due; Atomics.wait sleeps for fractions of a millisecond.
      Atomics.wait(clock, 0, 0, (batchSize / rate) * 1000);
      continue;
    }
    sent += sender.send(due - sent);
  }
  return { packets: sent, seconds: (performance.now() - start) / 1000 };
}
