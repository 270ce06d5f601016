import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { withoutStamp } from '../support/log-samples/sample.ts';
import { logSamples } from '../support/log-samples.ts';
import { arp, ethernet, etherTypes, ipv4, udp, vlan } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';

const missing = requireKernel();

const config = (folder: string) => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/lines
  logemusync
}
`;

const log = 'log group 5 queue-threshold 1 prefix "p:"';

/** A chain that sees frames from outside; neither the kernels' own nor those of bridges. */
const chain = (family: string, hook: string): string => `flush ruleset
table ${family} t {
  chain c {
    type filter hook ${hook} priority -300
    ${family === 'arp' ? '' : `ether saddr ${sourceMac}`} ${log}
  }
}
`;

const header = (type: string) => `MAC=02:00:00:00:00:02:02:00:00:00:00:01:${type} `;
const ipv4Header = header('08:00');
const arpHeader = header('08:06');

const addresses = { senderMac: sourceMac, senderIp: '192.0.2.1', targetIp: '192.0.2.2' };
const arpFrame = (operation: number) =>
  ethernet({ type: etherTypes.arp }, arp({ ...addresses, operation, targetMac: sourceMac }));
const datagram = ipv4(
  { source: '192.0.2.1', destination: '198.51.100.2', id: 7 },
  udp({ sourcePort: 1, destinationPort: 2 }),
);
const datagramText =
  'SRC=192.0.2.1 DST=198.51.100.2 LEN=28 TOS=00 PREC=0x00 TTL=64 ID=7 PROTO=UDP SPT=1 DPT=2 LEN=8 ';
const tagged = (packet: Buffer) =>
  ethernet({ type: etherTypes.vlan }, vlan({ id: 5, priority: 3 }, packet));
const arpText = 'SRC=192.0.2.1 DST=192.0.2.2 PROTO=ARP ';

type Case = readonly [name: string, frame: Buffer, rest: string];

const arpCases: readonly Case[] = [
  ['ARP request', arpFrame(1), `${arpHeader}${arpText}REQUEST `],
  ['ARP reply', arpFrame(2), `${arpHeader}${arpText}REPLY REPLY_MAC=${sourceMac} `],
  ['ARP refusal', arpFrame(10), `${arpHeader}${arpText}NAK `],
  ['ARP with another operation', arpFrame(9), `${arpHeader}${arpText}CODE=9 `],
];
const ipCases: readonly Case[] = [
  ['UDP', ethernet({}, datagram), `${ipv4Header}${datagramText}`],
  ['UDP in a VLAN', tagged(datagram), `${ipv4Header}${datagramText}`],
];
const frameCases: readonly Case[] = [
  ...ipCases,
  ...arpCases,
  ['ARP cut short', arpFrame(1).subarray(0, 14 + 20), `${arpHeader}PROTO=ARP REQUEST `],
  [
    'an unknown Ethernet type',
    ethernet({ type: 0x88b5 }, Buffer.alloc(30)),
    `${header('88:b5')}PROTO=34997 `,
  ],
  ['an IP header cut short', ethernet({}, datagram.subarray(0, 10)), `${ipv4Header}PROTO=2048 `],
];

const families = [
  { name: 'table arp', family: 'arp', hook: 'input', device: 'wan0', frames: arpCases },
  {
    name: 'table inet at ingress',
    family: 'inet',
    hook: 'ingress device wan0',
    device: 'wan0',
    frames: ipCases,
  },
  {
    name: 'table netdev',
    family: 'netdev',
    hook: 'ingress device wan0',
    device: 'wan0',
    frames: frameCases,
  },
  { name: 'table bridge', family: 'bridge', hook: 'prerouting', device: 'br0', frames: frameCases },
];

describe.skipIf(missing)(title('protocols', missing), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let sent = 0;

  /** Sends a frame and returns the line about it. */
  async function logged(frame: Uint8Array): Promise<string> {
    sent += 1;
    await hosts.send(frame);
    const lines = await specter.waitForLines('lines', sent);
    return withoutStamp(lines[sent - 1] ?? '');
  }

  beforeAll(async () => {
    hosts = await HostPair.create();
    specter = await startSpecter({ namespace: hosts.inside, config });
  });
  afterAll(async () => {
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  describe('of IPv4 and IPv6 have exact lines', () => {
    beforeAll(async () => await hosts.inside.nft(chain('inet', 'prerouting')));

    test.each(logSamples)('$name', async ({ packet, body }) => {
      const line = await logged(ethernet({}, packet));
      const type = (packet[0] ?? 0) >> 4 === 4 ? '08:00' : '86:dd';
      expect(line).toBe(`p: IN=wan0 OUT= ${header(type)}${body}MARK=0x0 `);
    });
  });

  describe.each(families)('of $name have exact lines', ({ family, hook, device, frames }) => {
    beforeAll(async () => {
      if (family === 'bridge') await hosts.inside.bridge('br0', ['wan0']);
      await hosts.inside.nft(chain(family, hook));
    });

    test.each(frames)('%s', async (_, frame, rest) => {
      const line = await logged(frame);
      // A veth pair leaves packets to their sender's socket until the IP layer takes them.
      const own = line.replace(/UID=\d+ GID=\d+ /, '');
      expect(own).toBe(`p: IN=${device} OUT= ${rest}MARK=0x0 `);
    });
  });
});
