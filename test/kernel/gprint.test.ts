import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numbered,
  numberedPort,
  numberingRules,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { ethernet, ipv4, tcp, udp } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';
import { startUlogd, ulogdFile } from '../support/ulogd.ts';

const missing = requireKernel();

const ends = { source: '192.0.2.1', destination: '198.51.100.2', id: 7 };
const ports = { sourcePort: 40_000, destinationPort: 443 };
const samples = [
  { name: 'UDP', packet: ipv4(ends, udp(ports, 'abc')) },
  { name: 'TCP', packet: ipv4(ends, tcp({ ...ports, flags: ['syn', 'psh'] })) },
];

const rules = `table inet t {
  chain c {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} meta mark set 0xffffffff log group 5 queue-threshold 1 prefix "a=b: " log group 6 queue-threshold 1 prefix "a=b: "
  }
}
`;

/** The keys of a line; a value may hold `=`. */
const keysOf = (line = ''): Map<string, string> =>
  new Map(
    line.split(',').map((field) => {
      const at = field.indexOf('=');
      return [field.slice(0, at), field.slice(at + 1)] as const;
    }),
  );

const noUlogd = requireKernel('ulogd');

/** Texts that ulogd2 has as keys of their own, and the key that has them here. */
const repeated: ReadonlyMap<string, string> = new Map([
  ['ip.saddr.str', 'ip.saddr'],
  ['ip.daddr.str', 'ip.daddr'],
  ['mac.str', 'raw.mac'],
]);

describe.skipIf(noUlogd)(title("GPRINT beside ulogd2's", noUlogd), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let ulogd: Daemon;
  let lines = 0;

  beforeAll(async () => {
    hosts = await HostPair.create();
    const namespace = hosts.inside;
    await namespace.nft(rules);
    specter = await startSpecter({
      namespace,
      config: (folder) => `5 {
  plugin BASE
  plugin GPRINT
  file ${folder}/packets.gprint
  sync
  timestamp
}
`,
    });
    const plugins = ['filter_IFINDEX', 'filter_IP2STR', 'filter_HWHDR', 'output_GPRINT'];
    const stack = { plugins, options: { sync: 1, timestamp: 1 } };
    ulogd = await startUlogd({ namespace, group: 6, stack });
  });
  afterAll(async () => {
    await ulogd[Symbol.asyncDispose]();
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  test.each(samples)('has the same keys and values of $name', async ({ packet }) => {
    await hosts.send(ethernet({}, packet));
    lines += 1;
    const [ours, theirs] = await Promise.all([
      specter.waitForLines('packets.gprint', lines),
      ulogd.waitForLines(ulogdFile, lines),
    ]);
    const shape =
      /^timestamp=\d{4}\/\d\d\/\d\d-\d\d:\d\d:\d\d,([a-z_0-9.]+=[^,]*)(,[a-z_0-9.]+=[^,]*)*$/;
    expect(ours.at(-1)).toMatch(shape);
    expect(theirs.at(-1)).toMatch(shape);
    const expected = keysOf(theirs.at(-1));
    // An interface that a packet does not have is no key here.
    expect(expected.get('oob.out')).toBe('');
    // Each group takes its own time. tcp.offset they leave at 0 (2.0.8).
    for (const name of ['oob.out', 'timestamp', 'oob.time.sec', 'oob.time.usec', 'tcp.offset']) {
      expected.delete(name);
    }
    const found = keysOf(ours.at(-1));
    const value = (name: string) => found.get(name) ?? found.get(repeated.get(name) ?? '');
    expect(new Map([...expected.keys()].map((name) => [name, value(name)]))).toEqual(expected);
  });
});

describe.skipIf(missing)(title('GPRINT', missing), () => {
  test('writes a line for each of 100 000 packets, with the keys named', async () => {
    const packets = 100_000;
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `global {
  rmem 64M
}
5 {
  plugin BASE
  plugin GPRINT
  gprintfile ${folder}/packets.gprint
  gprintkeys oob.mark udp.dport ip.saddr
}
`,
    });
    await sendNumbered(namespace, packets, { rate: 50_000 });
    const lines = await specter.waitForLines('packets.gprint', packets, 30_000);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await numbered(namespace)).toBe(packets);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(packets, 'GPRINT') });
    const expected = range(0, packets).map(
      (number) => `oob.mark=${number},udp.dport=${numberedPort},ip.saddr=127.0.0.1`,
    );
    expect(lines).toEqual(expected);
  });
});
