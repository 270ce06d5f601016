import { connect, type NetConnectOpts } from 'node:net';
import { type ConnectionOptions, connect as connectTls } from 'node:tls';
import { sslRequest } from './messages.ts';

/** How long it may take: whoever asks does not wait for it. */
const TIMEOUT_MS = 5000;
/** The server's answer to SSLRequest, where it has TLS. */
const HAS_TLS = 'S';

/**
 * Sends a CancelRequest, in a connection of its own: what a session of the server is doing fails
 * (PostgreSQL's documentation, "Canceling Requests in Progress"). Nothing is told of what becomes of
 * it, as the server tells nothing either; it never throws.
 *
 * @param tls as for the session: the key in the request is a secret, and goes no other way
 */
export function sendCancelRequest(
  peer: NetConnectOpts,
  tls: ConnectionOptions | false,
  request: Uint8Array,
): void {
  const socket = connect(peer);
  const timer = setTimeout(() => socket.destroy(), TIMEOUT_MS);
  socket.on('error', ignore).on('close', () => clearTimeout(timer));
  if (!tls) {
    // The server closes the connection when it is done; poolers forget what is closed before.
    socket.resume().write(request);
    return;
  }
  socket.write(sslRequest);
  socket.once('data', (answer) => {
    if (answer.toString('latin1') === HAS_TLS) {
      const secure = connectTls({ ...tls, socket });
      secure.on('error', ignore).resume().write(request);
    } else socket.destroy();
  });
}

/** The limits of time that the session has end on the server what this does not. */
const ignore = (): void => {};
