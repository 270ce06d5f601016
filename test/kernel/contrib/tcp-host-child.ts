/**
 * TCP of one host, driven by lines on standard input; each is answered by one line on standard output:
 *
 *     listen PORT                → listen PORT open
 *     connect ADDRESS PORT MS    → connect ADDRESS PORT open | timed out | ECONNREFUSED …
 *     echo ADDRESS PORT MS       → the same, over the connection that is there
 *
 * `open` means that a byte went to the other host and came back: both directions pass.
 */
import { connect, createServer, type Socket } from 'node:net';
import { createInterface } from 'node:readline';

const connections = new Map<string, Socket>();

for await (const line of createInterface({ input: process.stdin })) {
  const [verb = '', ...words] = line.split(' ');
  const target = verb === 'listen' ? words.join(' ') : words.slice(0, 2).join(' ');
  process.stdout.write(`${verb} ${target} ${await perform(verb, words)}\n`);
}
process.exit();

async function perform(verb: string, [first = '', port = '', ms = '']: string[]): Promise<string> {
  if (verb === 'listen') return await listen(Number(first));
  const target = `${first} ${port}`;
  if (verb === 'connect') {
    connections.get(target)?.destroy();
    connections.set(target, connect({ host: first, port: Number(port) }));
  }
  const socket = connections.get(target);
  if (!socket) return 'not connected';
  const outcome = await echo(socket, Number(ms));
  // Its kernel shall not go on knocking at a door that is closed.
  if (verb === 'connect' && outcome !== 'open') socket.destroy();
  return outcome;
}

/** Answers every connection with the bytes that come, on all addresses of both families. */
async function listen(port: number): Promise<string> {
  const server = createServer((socket) => {
    // A banned host's connection may be reset.
    socket.on('error', () => undefined).pipe(socket);
  });
  return await new Promise((resolve) => {
    server.once('error', ({ message }) => resolve(message));
    server.listen(port, '::', () => resolve('open'));
  });
}

async function echo(socket: Socket, ms: number): Promise<string> {
  return await new Promise((resolve) => {
    const timer = setTimeout(() => resolve('timed out'), ms);
    socket.once('error', ({ message }) => {
      clearTimeout(timer);
      resolve(message.split(' ')[1] ?? message);
    });
    socket.once('data', () => {
      clearTimeout(timer);
      resolve('open');
    });
    socket.write('?');
  });
}
