/**
 * Clients and servers that talk over the loopback of the namespace it runs in: HTTP, TLS, DNS and
 * FTP, by Node's own implementations where it has them. Ends when all of it was said.
 */
import { createSocket } from 'node:dgram';
import { Resolver } from 'node:dns/promises';
import { once } from 'node:events';
import { createServer as createHttpServer, get } from 'node:http';
import { type AddressInfo, connect, createServer, type Server } from 'node:net';
import { connect as connectTls, createServer as createTlsServer } from 'node:tls';
import { a, dotted, message, pointer, QUESTION, RESPONSE, record } from '../support/dns-message.ts';

async function listening(server: Server, port: number): Promise<AsyncDisposable> {
  server.listen(port);
  await once(server, 'listening');
  return {
    async [Symbol.asyncDispose]() {
      server.close();
      await once(server, 'close');
    },
  };
}

async function http(): Promise<void> {
  const server = createHttpServer((_, response) => {
    response.writeHead(404, { Connection: 'close' }).end('none');
  });
  await using _ = await listening(server, 8080);
  for (const host of ['127.0.0.1', '::1']) {
    const headers = { Host: 'www.example.com', 'User-Agent': 'probe/1.0', Referer: 'http://a/b' };
    const [response] = await once(
      get({ host, port: 8080, path: '/index.html?q=1', headers }),
      'response',
    );
    await once(response.resume(), 'end');
  }
}

/** Keys that both sides know take the place of certificates. */
const secret = { psk: Buffer.alloc(32, 7), identity: 'probe' };

async function tls(maxVersion: 'TLSv1.2' | 'TLSv1.3'): Promise<void> {
  const ciphers = maxVersion === 'TLSv1.2' ? 'PSK' : 'PSK:TLS_AES_128_GCM_SHA256';
  const server = createTlsServer({
    pskCallback: () => secret.psk,
    ALPNProtocols: ['h2'],
    ciphers,
    maxVersion,
  });
  server.on('secureConnection', (socket) => socket.end());
  await using _ = await listening(server, 8443);
  const client = connectTls({
    host: '127.0.0.1',
    port: 8443,
    servername: 'www.example.com',
    ALPNProtocols: ['h2', 'http/1.1'],
    pskCallback: () => secret,
    checkServerIdentity: () => undefined,
    ciphers,
    maxVersion,
  });
  await once(client, 'secureConnect');
  await once(client.resume(), 'close');
}

/** Answers every query for an address with an alias and two of them. */
async function dns(): Promise<void> {
  const server = createSocket('udp4');
  server.on('message', (query, { address, port }) => {
    const question = query.subarray(QUESTION, query.indexOf(0, QUESTION) + 5);
    const answers = [
      record(5, dotted('cdn', pointer(QUESTION + 4))),
      a('192.0.2.1'),
      a('192.0.2.2'),
    ];
    const parts = { id: query.readUInt16BE(0), flags: RESPONSE, questions: [question], answers };
    server.send(message(parts), port, address);
  });
  server.bind(53, '127.0.0.1');
  await once(server, 'listening');
  const resolver = new Resolver();
  resolver.setServers(['127.0.0.1']);
  await resolver.resolve4('www.example.com');
  server.close();
}

async function ftp(): Promise<void> {
  const server = createServer((socket) => socket.pipe(socket));
  await using _ = await listening(server, 21);
  const { port } = server.address() as AddressInfo;
  const client = connect({ host: '::1', port, noDelay: true });
  for (const command of ['USER anna\r\n', 'PASS s3cret\r\n']) {
    client.write(command);
    await once(client, 'data');
  }
  client.end();
  await once(client, 'close');
}

await http();
await tls('TLSv1.2');
await tls('TLSv1.3');
await dns();
await ftp();
