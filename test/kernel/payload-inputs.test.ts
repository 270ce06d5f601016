import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { oprintRecords } from '../support/oprint-records.ts';
import { linkTypes, pcapFile } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { scriptCommand } from '../support/script-command.ts';

const missing = requireKernel('tshark');

const config = (folder: string) => `5 {
  plugin BASE
  plugin HTTP
  plugin TLS
  plugin DNS
  plugin PWSNIFF
  plugin OPRINT
  dumpfile ${folder}/keys
}
`;

const rules = `table inet t {
  chain c {
    type filter hook output priority 0
    meta l4proto { tcp, udp } log group 5 queue-threshold 1
  }
}
`;

/** Our keys and the fields of tshark that say the same, of a packet's first message alone. */
const fields = {
  'http.method': 'http.request.method',
  'http.path': 'http.request.uri',
  'http.host': 'http.host',
  'http.useragent': 'http.user_agent',
  'http.referer': 'http.referer',
  'http.status': 'http.response.code',
  'http.reason': 'http.response.phrase',
  'tls.sni': 'tls.handshake.extensions_server_name',
  'tls.alpn': 'tls.handshake.extensions_alpn_str',
  'dns.qr': 'dns.flags.response',
  'dns.opcode': 'dns.flags.opcode',
  'dns.rcode': 'dns.flags.rcode',
  'dns.qname': 'dns.qry.name',
  'dns.qtype': 'dns.qry.type',
  'dns.ancount': 'dns.count.answers',
} as const;

type Fields = Readonly<Record<string, string>>;

/** The records of packets that one of the four has found something in, without other keys. */
const found = (records: readonly Fields[]): Fields[] =>
  records
    .map((record) =>
      Object.fromEntries(
        Object.entries(record).filter(
          ([name]) => /^(http|tls|dns|pwsniff)\./.test(name) && name !== 'dns.id',
        ),
      ),
    )
    .filter((keys) => Object.keys(keys).length > 0);

describe.skipIf(missing)(title('inputs that look into payloads', missing), () => {
  let namespace: Namespace;
  let specter: Daemon;
  let records: readonly Fields[];

  beforeAll(async () => {
    namespace = await Namespace.create();
    await namespace.nft(rules);
    specter = await startSpecter({ namespace, config });
    await namespace.exec(...scriptCommand(new URL('./payload-traffic.ts', import.meta.url)));
    expect((await specter.stop()).code).toBe(0);
    records = oprintRecords(await specter.lines('keys'));
  });
  afterAll(async () => {
    await specter[Symbol.asyncDispose]();
    await namespace[Symbol.asyncDispose]();
  });

  /** What is found by the plugin whose keys begin with `prefix`. */
  const foundBy = (prefix: string) =>
    found(records).filter((keys) => Object.keys(keys).some((name) => name.startsWith(prefix)));

  test('HTTP finds requests and responses over IPv4 and IPv6', () => {
    const request = {
      'http.method': 'GET',
      'http.path': '/index.html?q=1',
      'http.version': '1.1',
      'http.host': 'www.example.com',
      'http.useragent': 'probe/1.0',
      'http.referer': 'http://a/b',
    };
    const response = { 'http.version': '1.1', 'http.status': '404', 'http.reason': 'Not Found' };
    expect(foundBy('http.')).toEqual([request, response, request, response]);
  });

  test('TLS finds what is offered and, before TLS 1.3, what is chosen', () => {
    const offer = {
      'tls.handshake.type': '1',
      'tls.sni': 'www.example.com',
      'tls.alpn': 'h2,http/1.1',
    };
    const choice = { 'tls.handshake.type': '2', 'tls.version': 'TLS 1.2', 'tls.alpn': 'h2' };
    expect(foundBy('tls.')).toEqual([
      { ...offer, 'tls.version': 'TLS 1.2' },
      choice,
      { ...offer, 'tls.version': 'TLS 1.3' },
      { 'tls.handshake.type': '2', 'tls.version': 'TLS 1.3' },
    ]);
  });

  test('DNS finds query and answers', () => {
    const query = {
      'dns.opcode': '0',
      'dns.qname': 'www.example.com',
      'dns.qtype': '1',
      'dns.qtype.str': 'A',
    };
    expect(foundBy('dns.')).toEqual([
      { ...query, 'dns.qr': '0', 'dns.ancount': '0' },
      {
        ...query,
        'dns.qr': '1',
        'dns.rcode': '0',
        'dns.rcode.str': 'NOERROR',
        'dns.ancount': '3',
        'dns.answers': 'cdn.example.com,192.0.2.1,192.0.2.2',
      },
    ]);
  });

  test('PWSNIFF finds the user and no password', () => {
    expect(foundBy('pwsniff.')).toEqual([{ 'pwsniff.user': 'anna' }, { 'pwsniff.pass': '6' }]);
  });

  test('tshark finds the same in the same packets', async () => {
    const packets = records.map((record) => Buffer.from(record['raw.pkt'] ?? '', 'hex'));
    const file = await specter.folder.write('packets.pcap', pcapFile(linkTypes.raw, packets));
    const output = await namespace.exec(
      'tshark',
      ...['-n', '-r', file, '-o', 'tcp.desegment_tcp_streams:FALSE'],
      ...['-d', 'tcp.port==8080,http', '-d', 'tcp.port==8443,tls', '-T', 'fields'],
      ...Object.values(fields).flatMap((field) => ['-e', field]),
    );
    const seen = output.split('\n').slice(0, -1).map(fieldsOf);
    const compared = records.map((record) =>
      Object.fromEntries(
        Object.keys(fields).flatMap((key) => (key in record ? [[key, record[key]]] : [])),
      ),
    );
    expect(compared).toEqual(seen);
  });
});

/** A line of tshark by our names, as far as a field is there. */
function fieldsOf(line: string): Fields {
  const values = line.split('\t');
  const entries = Object.keys(fields).map((key, index) => [key, values[index] ?? '']);
  return Object.fromEntries(entries.filter(([, value]) => value !== ''));
}
