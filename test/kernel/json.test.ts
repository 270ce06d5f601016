import { describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, range, sendNumbered } from '../support/numbered-packets.ts';
import { arp, ethernet, etherTypes, ipv4, ipv6, udp } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel('jq');

const ends = { source: '192.0.2.1', destination: '198.51.100.2' };
const ports = { sourcePort: 40_000, destinationPort: 53 };

describe.skipIf(missing)(title('JSON', missing), () => {
  test('has 30 000 packets, each once and in order, for jq to read', async () => {
    // 27 MB: they fit into the queue for the file, however slow the disk is just then.
    const packets = 30_000;
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `global {
  rmem 64M
}
5 {
  plugin BASE
  plugin JSON
  jsonfile ${folder}/packets.json
  jsonid
}
`,
    });
    await sendNumbered(namespace, packets, { rate: 50_000 });
    await specter.waitForLines('packets.json', packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(packets, 'JSON') });
    const file = specter.folder.join('packets.json');
    const marks = await namespace.exec('jq', '.["oob.mark"]', file);
    expect(marks.trim().split('\n').map(Number)).toEqual(range(0, packets));
    const ids = await namespace.exec('jq', '-s', 'map(.id) | unique | length', file);
    expect(Number(ids)).toBe(packets);
  });

  test('shows jq what any prefix and any name of an interface holds', async () => {
    await using hosts = await HostPair.create();
    const { inside } = hosts;
    // Octal, as printf of every shell takes it: a stray byte, quotes, an escape sequence, UTF-8.
    const name = '\\377"\\047\\033[1m\\303\\244';
    const script = `ip link set wan0 down
ip link set wan0 name "$(printf '${name}')"
ip link set "$(printf '${name}')" up`;
    await inside.exec('sh', '-ec', script);
    await inside.nft(`table inet t {
  chain c {
    type filter hook prerouting priority -300
  }
}
`);
    // nft's own syntax has no way to write a quotation mark.
    const prefix = 'x\n","oob.mark":1,"\r\t\u001b[2J\u007f\u0085\u202e\\u0041\u2028ä';
    const match = {
      match: {
        op: '==',
        left: { payload: { protocol: 'ether', field: 'saddr' } },
        right: sourceMac,
      },
    };
    const log = { log: { group: 5, prefix, 'queue-threshold': 1 } };
    const added = { family: 'inet', table: 't', chain: 'c', expr: [match, log] };
    await inside.exec(
      ...(['sh', '-c', 'printf %s "$1" | nft -j -f -', 'sh'] as const),
      JSON.stringify({ nftables: [{ add: { rule: added } }] }),
    );
    await using specter = await startSpecter({
      namespace: inside,
      config: (folder) => `5 {
  :BASE
  :JSON
    file ${folder}/ulogd.json
    jsonsync
  :JSON ecs
    file ${folder}/ecs.json
    jsonsync
    jsonschema ecs
}
`,
    });
    await hosts.send(ethernet({}, ipv4(ends, udp(ports))));
    await specter.waitForLines('ulogd.json', 1);
    await specter.waitForLines('ecs.json', 1);
    // The rest is shown by its bytes: characters that no terminal should be given.
    const shown =
      'x\n","oob.mark":1,"\r\t\u001b[2J\u007f\\xc2\\x85\\xe2\\x80\\xae\\u0041\\xe2\\x80\\xa8ä';
    const read = async (file: string, ...paths: string[]) =>
      JSON.parse(await inside.exec('jq', '-c', `[${paths.join()}]`, specter.folder.join(file)));
    expect(await read('ulogd.json', '.["oob.prefix"]', '.["oob.in"]', '.["oob.mark"]')).toEqual([
      shown,
      '\\xff"\'\u001b[1mä',
      0,
    ]);
    expect(
      await read(
        'ecs.json',
        '.rule.name',
        '.observer.ingress.interface.name',
        '.netfilter.oob.mark',
      ),
    ).toEqual([shown, '\\xff"\'\u001b[1mä', 0]);
  });

  test('has the fields of ECS for IPv4, IPv6 and ARP, and the keys that are named', async () => {
    await using hosts = await HostPair.create();
    const { inside } = hosts;
    await inside.bridge('br0', ['wan0']);
    await inside.nft(`table bridge t {
  chain c {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} log group 5 queue-threshold 1 prefix "in"
  }
}
`);
    await using specter = await startSpecter({
      namespace: inside,
      config: (folder) => `5 {
  label 1
  :BASE
  :JSON
    file ${folder}/few.json
    jsonsync
    timestamp 0
    boolean_label
    jsonkeys udp.dport ip.daddr arp.operation
  :JSON ecs
    file ${folder}/ecs.json
    jsonsync
    jsonschema ecs
    jsonbooleanlabel
}
`,
    });
    await hosts.send(
      ethernet({}, ipv4(ends, udp(ports))),
      ethernet(
        { type: etherTypes.ipv6 },
        ipv6({ source: '2001:db8::1', destination: '2001:db8::2' }, udp(ports)),
      ),
      ethernet(
        { type: etherTypes.arp },
        arp({ senderMac: sourceMac, senderIp: '192.0.2.1', targetIp: '192.0.2.2' }),
      ),
    );
    expect(await specter.waitForLines('few.json', 3)).toEqual([
      '{"dvc": "Netfilter", "dest_port": 53, "dest_ip": "198.51.100.2", "action": "allowed"}',
      '{"dvc": "Netfilter", "dest_port": 53, "dest_ip": "2001:db8::2", "action": "allowed"}',
      '{"dvc": "Netfilter", "arp.operation": 1, "action": "allowed"}',
    ]);
    await specter.waitForLines('ecs.json', 3);
    const filter =
      '[.network.type, .network.transport, .network.direction, .source.ip, .source.mac, .source.port, ' +
      '.destination.ip, .destination.mac, .event.action, .observer.ingress.interface.name, .netfilter.oob.physin, .rule.name]';
    const read = await inside.exec('jq', '-c', filter, specter.folder.join('ecs.json'));
    const [from, to] = ['02-00-00-00-00-01', '02-00-00-00-00-02'];
    const end = ['allowed', 'br0', 'wan0', 'in'];
    expect(
      read
        .trim()
        .split('\n')
        .map((line) => JSON.parse(line)),
    ).toEqual([
      ['ipv4', 'udp', 'ingress', '192.0.2.1', from, 40_000, '198.51.100.2', to, ...end],
      ['ipv6', 'udp', 'ingress', '2001:db8::1', from, 40_000, '2001:db8::2', to, ...end],
      ['arp', null, 'ingress', '192.0.2.1', from, null, '192.0.2.2', to, ...end],
    ]);
  });
});
