/**
 * The demo's traffic, as told on standard input, a line each:
 *
 *     serve PORT           answer TCP connections from now on
 *     tcp ADDRESS PORT     connect once, and give up soon
 *     udp ADDRESS PORT     send one datagram
 */
import { createSocket } from 'node:dgram';
import { connect, createServer, isIPv6 } from 'node:net';
import { createInterface } from 'node:readline';

/** Milliseconds; a dropped SYN is answered by nobody, and the kernel repeats it after 1000. */
const patience = 500;

for await (const line of createInterface({ input: process.stdin })) {
  const [action, ...words] = line.split(' ');
  if (action === 'serve') serve(Number(words[0]));
  else if (action === 'tcp') connectOnce(words[0] ?? '', Number(words[1]));
  else if (action === 'udp') sendOnce(words[0] ?? '', Number(words[1]));
  else throw new Error(`no such traffic: ${line}`);
}

function serve(port: number): void {
  const server = createServer((socket) => socket.end('hello\n'));
  server.listen(port, '::', () => console.log(`listening on port ${port}`));
}

function connectOnce(host: string, port: number): void {
  const socket = connect({ host, port });
  const timer = setTimeout(() => socket.destroy(), patience);
  socket.resume();
  socket.once('close', () => clearTimeout(timer));
}

function sendOnce(host: string, port: number): void {
  const socket = createSocket(isIPv6(host) ? 'udp6' : 'udp4');
  socket.send('hello', port, host, () => socket.close());
}
