import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { logSamples } from '../support/log-samples.ts';
import { ethernet } from '../support/packets.ts';
import { title } from '../support/requirements.ts';
import { requireUlogdPlugin, startUlogd, ulogdFile } from '../support/ulogd.ts';

const missing = requireUlogdPlugin('output_JSON', 'ulogd2-json');

type Fields = Readonly<Record<string, unknown>>;

/** What ulogd2 2.0.8 has no field for. */
const ownFields = [
  'block',
  'label',
  'host',
  'oob.seq.local',
  'oob.seq.global',
  'tcp.ece',
  'tcp.cwr',
  'tcp.flags',
  'icmp.gateway',
  'icmp.pointer',
  'icmp.orig.ip.saddr',
  'icmp.orig.ip.daddr',
  'icmp.orig.ip.protocol',
  'icmp.orig.l4.sport',
  'icmp.orig.l4.dport',
  'icmpv6.mtu',
  'ip6.firsthdr',
  'ip6.exthdrs',
  'ahesp.spi',
];

/** Each daemon's rule has a time of its own: the same packet, some microseconds apart. */
const times = ['timestamp', 'oob.time.sec', 'oob.time.usec'];

const addresses = ['src_ip', 'dest_ip'];
const ipv4 = ['protocol', 'tos', 'ttl', 'totlen', 'ihl', 'csum', 'id', 'fragoff'];

/** Fields that ulogd2 lacks by mistake. */
const forgotten: Readonly<Record<string, readonly string[]>> = {
  'header only': [...addresses, ...ipv4.map((name) => `ip.${name}`)],
  'IPv6 SCTP': ['src_port', 'dest_port', 'sctp.csum'],
  'IPv6 ESP': ['ip.protocol'],
  'IPv6 later fragment': ['ip.protocol'],
  'IPv6 last fragment': ['ip.protocol'],
};

/** Fields that it makes up, from what is no header. */
const noHeader = { src_port: 0, dest_port: 0, 'udp.len': 0, 'udp.csum': 0 };
const madeUp: Readonly<Record<string, Fields>> = {
  'later fragment': noHeader,
  'last fragment': noHeader,
};

const swapped = (value: number): number => ((value & 0xff) << 8) | (value >> 8);

/** What ulogd2 has for a packet of which specter has `ours`, its bugs and all. */
function ofUlogd(name: string, ours: Fields): Fields {
  const theirs = { ...ours, 'oob.out': '', ...madeUp[name] } as Record<string, unknown>;
  for (const field of [...ownFields, ...times, ...(forgotten[name] ?? [])]) delete theirs[field];
  for (const field of ['icmp.csum', 'icmpv6.csum']) {
    const value = theirs[field];
    if (typeof value === 'number') theirs[field] = swapped(value);
  }
  for (const field of ['tcp.offset', 'tcp.reserved']) if (field in theirs) theirs[field] = 0;
  // Only where the URG flag is set.
  if (theirs['tcp.urg'] === 0) delete theirs['tcp.urgp'];
  return theirs;
}

describe.skipIf(missing)(title("JSON and ulogd2's", missing), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let ulogd: Daemon;
  let packets = 0;

  beforeAll(async () => {
    hosts = await HostPair.create();
    const namespace = hosts.inside;
    specter = await startSpecter({
      namespace,
      config: (folder) => `5 {
  plugin BASE
  plugin JSON
  jsonfile ${folder}/packets.json
  jsonsync
}
`,
    });
    const plugins = ['filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR', 'output_JSON'];
    ulogd = await startUlogd({ namespace, group: 6, stack: { plugins, options: { sync: 1 } } });
    await namespace.nft(`table inet t {
  chain c {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} log group 5 queue-threshold 1 prefix "p: " log group 6 queue-threshold 1 prefix "p: "
  }
}
`);
  });
  afterAll(async () => {
    await ulogd[Symbol.asyncDispose]();
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  test.each(logSamples)('have the same fields, or a bug: $name', async ({ name, packet }) => {
    await hosts.send(ethernet({}, packet));
    packets++;
    const ours = (await specter.waitForLines('packets.json', packets)).at(-1) ?? '';
    const theirs = (await ulogd.waitForLines(ulogdFile, packets)).at(-1) ?? '';
    const fields = JSON.parse(theirs);
    // In UTC it leaves the zone out.
    expect(fields.timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}([+-]\d{4})?$/);
    expect(JSON.parse(ours).timestamp).toMatch(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}[+-]\d{4}$/);
    for (const field of times) delete fields[field];
    expect(fields).toEqual(ofUlogd(name, JSON.parse(ours)));
    expect(ours).toMatch(
      /^\{"timestamp": "[^"]+", "dvc": "Netfilter", "mac\.str": "[^"]+", "raw\.mac_len": 14, /,
    );
    expect(theirs).toMatch(/^\{"timestamp": "[^"]+", "dvc": "Netfilter", "raw\.pktlen": /);
  });
});
