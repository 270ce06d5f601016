import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sendCancelRequest } from '../../../../../../src/plugins/output/database/pgsql/cancel-request.ts';
import { cancelRequest } from '../../../../../../src/plugins/output/database/pgsql/messages.ts';
import { ScratchFolder } from '../../../../../support/scratch-folder.ts';

beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
afterEach(() => void vi.useRealTimers());

const request = cancelRequest(4711, -2);
const sslRequest = '0000000804d2162f';

/** A server that is asked to cancel, and what has come to it when it has read as much as that. */
async function asked(tls: boolean, bytes: number, answer: string): Promise<Asked> {
  const folder = await ScratchFolder.create();
  const path = folder.join('socket');
  const server = createServer({ allowHalfOpen: true }).listen(path);
  await once(server, 'listening');
  sendCancelRequest({ path }, tls && { rejectUnauthorized: false }, request);
  const [socket]: Socket[] = await once(server, 'connection');
  if (!socket) throw new Error('no connection');
  const chunks: Buffer[] = [];
  const read = () => Buffer.concat(chunks).toString('hex');
  await new Promise<void>((resolve) => {
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      if (read().length >= 2 * bytes) resolve();
    });
  });
  const closed = once(socket, 'end');
  if (answer) socket.write(answer);
  return {
    ...{ socket, read, closed },
    async [Symbol.asyncDispose]() {
      socket.destroy();
      server.close();
      await folder[Symbol.asyncDispose]();
    },
  };
}

interface Asked extends AsyncDisposable {
  readonly socket: Socket;
  /** As hexadecimal digits. */
  read(): string;
  /** The peer has closed the connection. */
  readonly closed: Promise<unknown>;
}

test('the request goes there, and the server ends the connection', async () => {
  await using peer = await asked(false, 16, '');
  // Length, code, process, key.
  expect(peer.read()).toBe('0000001004d2162e00001267fffffffe');
  peer.socket.end();
  await peer.closed;
  expect(vi.getTimerCount()).toBe(0);
});

test('a server that does not end it: the connection is given up', async () => {
  await using peer = await asked(false, 16, '');
  await vi.advanceTimersByTimeAsync(5000);
  await peer.closed;
});

test('no TLS where there has to be: the key does not go without', async () => {
  await using peer = await asked(true, 8, 'N');
  await peer.closed;
  expect(peer.read()).toBe(sslRequest);
});

test('what is no TLS', async () => {
  await using peer = await asked(true, 8, 'S');
  peer.socket.write('HTTP/1.1 400 Bad Request\r\n\r\n');
  await peer.closed;
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
});

test('nobody there', async () => {
  sendCancelRequest({ path: '/nowhere/socket' }, false, request);
  await vi.waitFor(() => expect(vi.getTimerCount()).toBe(0));
});
