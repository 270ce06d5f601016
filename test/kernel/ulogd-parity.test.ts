import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateLoad } from '../../bench/load-generator.ts';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { withoutStamp } from '../support/log-samples/sample.ts';
import { logSamples } from '../support/log-samples.ts';
import { arp, ethernet, etherTypes, ipv4, udp } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { startUlogd, ulogdFile } from '../support/ulogd.ts';

const missing = requireKernel('ulogd');

/**
 * Where ulogd2 2.0.8 writes something else by mistake, and what: `[specter, ulogd2]`.
 * Every other line has to be the same, byte for byte.
 */
const bugs: Readonly<Record<string, readonly [specter: string, ulogd: string]>> = {
  // No blank behind INCOMPLETE, so that the next field is glued to it.
  'TCP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  'UDP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  'ICMP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  'SCTP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  'ESP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  'IPv6 UDP header cut short': ['INCOMPLETE MARK=', 'INCOMPLETEMARK='],
  // The payload of a later fragment read as if it were the header.
  'later fragment': ['PROTO=UDP ', 'PROTO=UDP SPT=0 DPT=0 LEN=0 '],
  'last fragment': ['PROTO=UDP ', 'PROTO=UDP SPT=0 DPT=0 LEN=0 '],
  'IPv6 later fragment': ['PROTO=UDP MARK=', 'PROTO=UDP INCOMPLETEMARK='],
  'IPv6 last fragment': ['PROTO=UDP MARK=', 'PROTO=UDP INCOMPLETEMARK='],
  // Nothing decoded when nothing follows the IP header.
  'header only': [
    'SRC=192.0.2.1 DST=198.51.100.2 LEN=20 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=TCP INCOMPLETE ',
    'LEN=0 TOS=00 PREC=0x00 TTL=0 ID=0 PROTO=0 ',
  ],
  // The fields of ICMP messages chosen by their code instead of their type.
  'ICMP fragmentation needed': ['CODE=4 MTU=1400 ', 'CODE=4 '],
  'ICMP redirect': ['CODE=1 GATEWAY=192.0.2.254 ', 'CODE=1 '],
  'ICMP time exceeded': ['CODE=0 ', 'CODE=0 ID=0 SEQ=0 '],
  'ICMP parameter problem': ['CODE=0 PARAMETER=20 ', 'CODE=0 ID=0 SEQ=0 '],
  'ICMP router advertisement': ['CODE=0 ', 'CODE=0 ID=0 SEQ=0 '],
  // Left out when it is compiled, or forgotten for IPv6.
  ESP: ['SPI=0xdeadbeef MARK=', 'INCOMPLETEMARK='],
  AH: ['SPI=0x100 MARK=', 'INCOMPLETEMARK='],
  'IPv6 SCTP': ['SPT=40000 DPT=443 MARK=', 'INCOMPLETEMARK='],
  'IPv6 ESP': ['PROTO=ESP SPI=0x1234 MARK=', 'PROTO=AH INCOMPLETEMARK='],
};

const log = 'log group 5 queue-threshold 1 prefix "p: " log group 6 queue-threshold 1 prefix "p: "';

const chain = (family: string, hook: string, condition: string): string => `flush ruleset
table ${family} t {
  chain c {
    type filter hook ${hook} priority -300
    ${condition} ${log}
  }
}
`;

describe.skipIf(missing)(title("ulogd2's LOGEMU", missing), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let ulogd: Daemon;
  let packets = 0;

  /** The lines of both about the packets that `cause` brings. */
  async function lines(cause: Promise<unknown>, count = 1): Promise<[string[], string[]]> {
    await cause;
    const from = packets;
    packets += count;
    const ours = await specter.waitForLines('packets.log', packets);
    const theirs = await ulogd.waitForLines(ulogdFile, packets);
    return [ours.slice(from), theirs.slice(from)];
  }

  beforeAll(async () => {
    hosts = await HostPair.create();
    const namespace = hosts.inside;
    specter = await startSpecter({
      namespace,
      config: (folder) => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
  logemusync
}
`,
    });
    ulogd = await startUlogd({ namespace, group: 6 });
  });
  afterAll(async () => {
    await ulogd[Symbol.asyncDispose]();
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  describe('has the same line, time and all, or a bug', () => {
    beforeAll(async () => {
      await hosts.inside.nft(chain('inet', 'prerouting', `ether saddr ${sourceMac}`));
    });

    test('which is one of the samples', () => {
      const names = logSamples.map(({ name }) => name);
      expect(names).toEqual(expect.arrayContaining(Object.keys(bugs)));
      expect(new Set(names).size).toBe(names.length);
    });

    test.each(logSamples)('$name', async ({ name, packet }) => {
      const [ours, theirs] = await lines(hosts.send(ethernet({}, packet)));
      const [right = '', wrong = ''] = bugs[name] ?? [];
      expect(ours[0]).toContain(right);
      expect(theirs).toEqual([ours[0]?.replace(right, wrong)]);
    });
  });

  test('has the same lines about packets that leave, with user, group and mark', async () => {
    const { inside } = hosts;
    await inside.nft(chain('ip', 'output', 'udp dport 9 meta mark set 0xdeadbeef'));
    // Without a time stamp of the kernel's each daemon takes its own.
    const [ours, theirs] = await lines(generateLoad(inside, { port: 9, packets: 3 }), 3);
    expect(ours.map(withoutStamp)).toEqual(theirs.map(withoutStamp));
    expect(ours[0]).toMatch(
      / p: {2}IN= OUT=lo MAC= SRC=127\.0\.0\.1 DST=127\.0\.0\.1 LEN=64 .* UID=0 GID=0 MARK=0xdeadbeef $/,
    );
  });

  test('knows neither table netdev nor table arp', async () => {
    const { inside } = hosts;
    const datagram = ethernet(
      {},
      ipv4(
        { source: '192.0.2.1', destination: '192.0.2.2' },
        udp({ sourcePort: 1, destinationPort: 2 }),
      ),
    );
    await inside.nft(chain('netdev', 'ingress device wan0', `ether saddr ${sourceMac}`));
    const [ours, theirs] = await lines(hosts.send(datagram));
    expect(theirs).toEqual([ours[0]?.replace(/SRC=.* LEN=8 /, '')]);
    await inside.nft(chain('arp', 'input', ''));
    const [ourArp, theirArp] = await lines(hosts.send(request));
    expect(theirArp).toEqual([ourArp[0]?.replace(/SRC=.* REQUEST /, '')]);
  });

  test('has the same line about ARP on a bridge, but for its addresses', async () => {
    const { inside } = hosts;
    await inside.bridge('br0', ['wan0']);
    await inside.nft(chain('bridge', 'prerouting', `ether saddr ${sourceMac}`));
    const [ours, theirs] = await lines(hosts.send(request));
    const withoutAddresses = (line = '') => line.replaceAll(/(SRC|DST)=\S+/g, '$1=');
    expect(withoutAddresses(ours[0])).toBe(withoutAddresses(theirs[0]));
    expect(ours[0]).toContain('SRC=192.0.2.1 DST=192.0.2.2 PROTO=ARP REQUEST ');
  });
});

const request = ethernet(
  { type: etherTypes.arp },
  arp({ senderMac: sourceMac, senderIp: '192.0.2.1', targetIp: '192.0.2.2' }),
);
