/**
 * `send-packets-child.ts INTERFACE`: sends the frames that arrive on standard input, each behind its
 * length (32 bits, little endian). A length of 0 asks for a report: `sent N`, on standard output.
 */
import { PacketSocket } from './packet-socket.ts';

const [interfaceName = ''] = process.argv.slice(2);
const socket = new PacketSocket(interfaceName);
let pending = Buffer.alloc(0);
let sent = 0;

process.stdin.on('data', (chunk: Buffer) => {
  pending = Buffer.concat([pending, chunk]);
  let at = 0;
  while (pending.length - at >= 4) {
    const length = pending.readUInt32LE(at);
    const end = at + 4 + length;
    if (end > pending.length) break;
    if (length === 0) process.stdout.write(`sent ${sent}\n`);
    else {
      socket.send(pending.subarray(at + 4, end));
      sent += 1;
    }
    at = end;
  }
  pending = pending.subarray(at);
});
