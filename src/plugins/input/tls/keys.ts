import { key } from '../../../records/key.ts';

/** What TLS provides, of a ClientHello or a ServerHello. */
export const tlsKeys = {
  type: key('tls.handshake.type', 'u8', '1 = ClientHello, 2 = ServerHello'),
  version: key(
    'tls.version',
    'string',
    'TLS 1.0 to TLS 1.3 or SSL 3.0: the highest that the client offers, or the one that the server chose',
  ),
  sni: key('tls.sni', 'string', 'name of the server that the client asks for, as sent'),
  alpn: key(
    'tls.alpn',
    'string',
    'protocols that the client offers (ALPN), or the one that the server chose, with commas between',
  ),
};
