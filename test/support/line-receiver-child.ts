/**
 * Receives lines on a Unix socket (a path) or a TCP port of 127.0.0.1, the first argument, and appends
 * whole ones to a file, the second one. Says when it listens, and when a connection comes or goes.
 */
import { openSync, rmSync, writeSync } from 'node:fs';
import { createServer } from 'node:net';

const [, , place = '', file = ''] = process.argv;
const fd = openSync(file, 'a');
const server = createServer((socket) => {
  console.log('connected');
  let rest = '';
  socket.setEncoding('latin1');
  socket.on('data', (text: string) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    if (lines.length > 0) writeSync(fd, `${lines.join('\n')}\n`, null, 'latin1');
  });
  socket.on('error', () => undefined);
  socket.on('close', () => console.log('disconnected'));
});
const listening = () => console.log('listening');
if (place.startsWith('/')) {
  rmSync(place, { force: true });
  server.listen(place, listening);
} else server.listen(Number(place), '127.0.0.1', listening);
