import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, launchSpecter, startSpecter } from '../support/daemon.ts';
import { HostPair } from '../support/host-pair.ts';
import { oprintRecords } from '../support/oprint-records.ts';
import {
  ethernet,
  icmpEcho,
  icmpv6Echo,
  ipv4,
  ipv6,
  type Layer,
  type TcpFlag,
  tcp,
  udp,
} from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';

const missing = requireKernel();

const rules = `table inet match {
  chain prerouting {
    type filter hook prerouting priority -300
    ether saddr != 02:00:00:00:00:01 accept
    udp dport 53 meta mark set 0x110
    tcp flags & (syn | ack) == syn log prefix "NEW: " group 5 queue-threshold 1 drop
    log prefix "OLD: " group 5 queue-threshold 1 drop
  }
}
`;

const four = (source: string, layer: Layer): Uint8Array =>
  ethernet({}, ipv4({ source, destination: '192.0.2.255' }, layer));
const six = (source: string, layer: Layer): Uint8Array =>
  ethernet({}, ipv6({ source, destination: '2001:db8::ff' }, layer));
const to = (destinationPort: number) => ({ sourcePort: 40_000, destinationPort });
const segment = (port: number, ...flags: TcpFlag[]): Layer => tcp({ ...to(port), flags });

/** In the order in which they are sent. */
const packets = {
  ssh: four('10.1.2.3', segment(22, 'syn')),
  outside: four('192.0.2.1', segment(22, 'syn')),
  answer: four('192.0.2.1', segment(443, 'syn', 'ack')),
  dns: four('192.0.2.2', udp(to(53))),
  ping: four('10.0.0.9', icmpEcho({ id: 1, sequence: 1 })),
  ssh6: six('2001:db8::1', segment(22, 'syn')),
  data6: six('2001:db8:1::1', segment(50_000, 'ack', 'psh')),
  dns6: six('2001:db8::2', udp(to(53))),
  ping6: six('fe80::9', icmpv6Echo({ id: 1, sequence: 1 })),
};
type Name = keyof typeof packets;
const names = Object.keys(packets) as Name[];

const expressions: readonly (readonly [expression: string, passing: readonly Name[]])[] = [
  [
    'ip.protocol == tcp and tcp.dport in {22, 23} and ip.saddr not in 10.0.0.0/8',
    ['outside', 'ssh6'],
  ],
  ['tcp.syn and not tcp.ack', ['ssh', 'outside', 'ssh6']],
  ['tcp.dport != 22', ['answer', 'data6']],
  ['not tcp.dport == 22', ['answer', 'dns', 'ping', 'data6', 'dns6', 'ping6']],
  ['tcp.dport in 1024-65535 || udp.dport < 54', ['dns', 'data6', 'dns6']],
  ['ip.saddr in {10.0.0.0/8, 2001:db8::/48}', ['ssh', 'ping', 'ssh6', 'dns6']],
  ['ip.saddr == fe80::9', ['ping6']],
  ['icmp.type == echo-request or icmpv6.type == echo-request', ['ping', 'ping6']],
  ['ip.ttl exists', ['ssh', 'outside', 'answer', 'dns', 'ping']],
  ['ip.ttl absent and oob.family == ipv6 or ip6.hoplimit > 63', ['ssh6', 'data6', 'dns6', 'ping6']],
  ["oob.prefix startswith 'NEW' and oob.in == 'wan0'", ['ssh', 'outside', 'ssh6']],
  ["not oob.prefix contains 'EW: '", ['answer', 'dns', 'ping', 'data6', 'dns6', 'ping6']],
  ['oob.mark & 0xff == 0x10', ['dns', 'dns6']],
  ['"oob.mark == 0 and oob.prefix == \\"OLD: \\""', ['answer', 'ping', 'data6', 'ping6']],
  ['raw.mac.saddr startswith 02:00 and oob.hook == prerouting', names],
  ["raw.pkt endswith '\\x00\\x00' and udp.dport absent and tcp.dport > 22", ['answer', 'data6']],
  ['ip.saddr in 10.0.0.0/8 and oob.family == ipv6', []],
  ['oob.protocol == ipv6 and not (tcp.syn or udp.dport == 53)', ['data6', 'ping6']],
];

const section = (plugin: string, name: string, ...options: readonly string[]): string =>
  [`  :${plugin} ${name}`, ...options.map((option) => `    ${option}`)].join('\n');

/** Writes all packets to all.log, and those that each filter passes to a file of its own. */
const config = (filters: readonly string[]) => (folder: string) => {
  const outputs = filters.map((_, index) =>
    section('OPRINT', `f${index}`, `when f${index}`, `dumpfile ${folder}/f${index}.keys`),
  );
  return `5 {
  :BASE
  :LOGEMU
    logemufile ${folder}/all.log
    logemusync
${[...filters, ...outputs].join('\n')}
}
`;
};

/** Sends all packets, and returns the names of those in each filter's file. */
async function passed(hosts: HostPair, specter: Daemon, filters: number): Promise<Name[][]> {
  await hosts.send(...Object.values(packets));
  await specter.waitForLines('all.log', names.length);
  expect((await specter.stop()).code).toBe(0);
  const files = Array.from({ length: filters }, (_, index) => specter.lines(`f${index}.keys`));
  return (await Promise.all(files)).map((lines) =>
    oprintRecords(lines).map((record) => nameOf(record['oob.seq.local'])),
  );
}

function nameOf(number: string | undefined): Name {
  const name = names[Number(number)];
  if (name === undefined) throw new Error(`no packet has the number ${number}`);
  return name;
}

describe.skipIf(missing)(title('MATCH', missing), () => {
  let hosts: HostPair;
  beforeEach(async () => {
    hosts = await HostPair.create();
    await hosts.inside.nft(rules);
  });
  afterEach(async () => await hosts[Symbol.asyncDispose]());

  test('lets packets of IPv4 and IPv6 pass by what they are', async () => {
    const filters = expressions.map(([expression], index) =>
      section('MATCH', `f${index}`, `match ${expression}`),
    );
    await using specter = await startSpecter({ namespace: hosts.inside, config: config(filters) });
    const files = await passed(hosts, specter, filters.length);
    expect(expressions.map(([expression], index) => [expression, files[index]])).toEqual(
      expressions,
    );
    expect(lastStatistics(specter.stderr)[5]?.stages['MATCH f0']).toEqual({
      seen: names.length,
      passed: 2,
    });
  });

  test('stands before other plugins in flat style', async () => {
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: (folder) => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/all.log
  logemusync
  plugin MATCH
  match tcp.syn \\
    and not tcp.ack
  plugin OPRINT
  dumpfile ${folder}/f0.keys
}
`,
    });
    expect(await passed(hosts, specter, 1)).toEqual([['ssh', 'outside', 'ssh6']]);
  });

  test('MARK lets packets pass by their marks', async () => {
    const marks = [['mark 0x110'], ['mark 0x10', 'mask 0xff'], ['mask -1'], ['mark 0x11']];
    const filters = marks.map((options, index) => section('MARK', `f${index}`, ...options));
    await using specter = await startSpecter({ namespace: hosts.inside, config: config(filters) });
    const unmarked = names.filter((name) => !name.startsWith('dns'));
    expect(await passed(hosts, specter, filters.length)).toEqual([
      ['dns', 'dns6'],
      ['dns', 'dns6'],
      unmarked,
      [],
    ]);
  });

  test('takes another expression at a reload, and keeps the old one in place of a wrong one', async () => {
    const withPort = (port: number) => (folder: string) =>
      config([section('MATCH', 'f0', `match tcp.dport == ${port}`)])(folder);
    await using specter = await startSpecter({ namespace: hosts.inside, config: withPort(22) });
    const { path } = specter.folder;
    await hosts.send(packets.ssh);
    await specter.waitForLines('all.log', 1);
    await specter.folder.write('specter.conf', withPort(443)(path));
    specter.signal('SIGUSR1');
    await specter.waitForLog(/config reloaded/);
    await hosts.send(packets.ssh, packets.answer);
    await specter.waitForLines('all.log', 3);
    await specter.folder.write('specter.conf', withPort(70_000)(path));
    specter.signal('SIGUSR1');
    await specter.waitForLog(
      /specter\.conf:7:24: error: "tcp\.dport" takes a number from 0 to 65535/,
    );
    await hosts.send(packets.ssh, packets.answer);
    await specter.waitForLines('all.log', 5);
    expect((await specter.stop()).code).toBe(0);
    const ports = oprintRecords(await specter.lines('f0.keys')).map(
      (record) => record['tcp.dport'],
    );
    expect(ports).toEqual(['22', '443', '443']);
  });

  test('is refused with all of its errors, each at its column', async () => {
    const filters = [section('MATCH', 'f0', 'match tcp.dprot == 22 and ip.saddr in 10.0.0.0/33')];
    await using specter = await launchSpecter({
      namespace: hosts.inside,
      config: config(filters),
    });
    expect((await specter.process.exit).code).toBe(1);
    expect(specter.stderr).toMatch(
      /:7:11: error: MATCH f0 needs key tcp\.dprot, .*"tcp\.dport"\?$/m,
    );
    expect(specter.stderr).toMatch(/:7:43: error: "ip\.saddr" takes a prefix length from 0 to 32/);
  });
});
