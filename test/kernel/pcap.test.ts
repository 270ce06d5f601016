import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { generateLoad } from '../../bench/load-generator.ts';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { logSamples } from '../support/log-samples.ts';
import { Namespace } from '../support/namespace.ts';
import { arp, ethernet, etherTypes, ipv4, udp, vlan } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';
import { startUlogd, ulogdFile } from '../support/ulogd.ts';
import { records, tcpdump, tcpdumpLines, tshark, waitForPackets } from './pcap-reading.ts';

const missing = requireKernel('tcpdump', 'tshark');

const sections = (folder: string): string => `
  :PCAP raw
    file ${folder}/raw.pcap
    sync
  :PCAP nano
    file ${folder}/ethernet.pcap
    pcaplinktype ethernet
    pcapprecision nano
    sync
  :PCAP pcapng
    file ${folder}/packets.pcapng
    pcapformat pcapng
    sync
`;

/** What packets of each output have in front of their IP header. */
const outputs = [
  { name: 'raw.pcap', header: 0 },
  { name: 'ethernet.pcap', header: 14 },
  { name: 'packets.pcapng', header: 14 },
] as const;

const chain = (family: string, hook: string, condition: string, log: string): string =>
  `flush ruleset
table ${family} t {
  chain c {
    type filter hook ${hook} priority -300
    ${condition} ${log}
  }
}
`;

describe.skipIf(missing)(title('PCAP', missing), () => {
  test('is read by tcpdump and tshark, packet for packet, without a warning', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(
      chain('inet', 'input', 'udp dport 9', 'log prefix "Größe 1:" group 5 queue-threshold 1 drop'),
    );
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `5 {\n  snaplen 48${sections(folder)}}\n`,
    });
    await generateLoad(namespace, { port: 9, packets: 500, size: 64, rate: 5000 });
    await generateLoad(namespace, { port: 9, packets: 500, size: 1400, rate: 5000 });
    const { stderr } = await specter.stop();
    expect(lastStatistics(stderr)['5']?.lost).toBe(0);

    const times: string[][] = [];
    for (const { name, header } of outputs) {
      const file = specter.folder.join(name);
      const [theirs, lines] = [await tshark(file), await tcpdump(file)];
      expect(lines).toEqual(
        theirs.map(({ time, captured, original }) => ({ time, captured, original })),
      );
      const lengths = theirs.map(({ captured, original }) => `${captured} of ${original}`);
      expect(lengths).toEqual([
        ...Array(500).fill(`${48 + header} of ${64 + header}`),
        ...Array(500).fill(`${48 + header} of ${1400 + header}`),
      ]);
      times.push(theirs.map(({ time }) => time));
    }
    expect(times[1]).toEqual(times[0]);
    expect(times[2]).toEqual(times[0]);
    const [packet] = await tshark(specter.folder.join('packets.pcapng'));
    expect(packet).toMatchObject({
      interface: 'lo',
      comment: 'Größe 1:',
      direction: '0x00000001',
    });
  });
});

describe.skipIf(missing)(title('PCAP of frames from outside', missing), () => {
  let hosts: HostPair;
  let specter: Daemon;
  let frames = 0;

  /** Sends a frame; returns how tshark sees it in the file of an output. */
  async function seen(name: string, frame: Uint8Array) {
    await hosts.send(frame);
    frames += 1;
    await waitForPackets(specter.folder.join('packets.pcapng'), frames);
    return (await tshark(specter.folder.join(name))).at(-1);
  }

  beforeAll(async () => {
    hosts = await HostPair.create();
    specter = await startSpecter({
      namespace: hosts.inside,
      config: (folder) => `5 {${sections(folder)}}\n`,
    });
  });
  afterAll(async () => {
    await specter[Symbol.asyncDispose]();
    await hosts[Symbol.asyncDispose]();
  });

  test('has every sample of IPv4 and IPv6 as it came', async () => {
    const log = `log prefix "p" group 5 queue-threshold 1`;
    await hosts.inside.nft(chain('inet', 'prerouting', `ether saddr ${sourceMac}`, log));
    const sent = logSamples.map(({ packet }) => ethernet({}, packet));
    await hosts.send(...sent);
    frames += sent.length;
    await waitForPackets(specter.folder.join('packets.pcapng'), frames);
    for (const { name, header } of outputs) {
      const shown = await tshark(specter.folder.join(name));
      expect(await tcpdump(specter.folder.join(name))).toHaveLength(sent.length);
      expect(shown.map(({ captured }) => captured)).toEqual(
        sent.map(({ length }) => length - 14 + header),
      );
    }
    const bytes = await readFile(specter.folder.join('ethernet.pcap'));
    let at = 24;
    for (const frame of sent) {
      expect(bytes.subarray(at + 16, at + 16 + frame.length).toString('hex')).toBe(
        frame.toString('hex'),
      );
      at += 16 + frame.length;
    }
  });

  test('has ARP, VLAN tags and unknown frames of a bridge', async () => {
    await hosts.inside.bridge('br0', ['wan0']);
    const log = 'log prefix "b" group 5 queue-threshold 1';
    await hosts.inside.nft(chain('bridge', 'prerouting', `ether saddr ${sourceMac}`, log));
    const datagram = ipv4(
      { source: '192.0.2.1', destination: '198.51.100.2' },
      udp({ sourcePort: 1, destinationPort: 2 }),
    );
    const request = arp({ senderMac: sourceMac, senderIp: '192.0.2.1', targetIp: '192.0.2.2' });
    const tagged = ethernet({ type: etherTypes.vlan }, vlan({ id: 5, priority: 3 }, datagram));
    const arpFrame = ethernet({ type: etherTypes.arp }, request);
    const unknown = ethernet({ type: 0x88b5 }, Buffer.alloc(30, 7));

    for (const name of ['packets.pcapng', 'ethernet.pcap']) {
      expect(await seen(name, tagged)).toMatchObject({
        protocols: 'eth:ethertype:vlan:ethertype:ip:udp',
        captured: tagged.length,
      });
      expect(await seen(name, arpFrame)).toMatchObject({ protocols: 'eth:ethertype:arp' });
      expect(await seen(name, unknown)).toMatchObject({ captured: unknown.length });
    }
    const lines = await tcpdumpLines(specter.folder.join('ethernet.pcap'));
    expect(lines.at(-3)).toContain(
      `${sourceMac} > 02:00:00:00:00:02, ethertype 802.1Q (0x8100), length 46: vlan 5, p 3, ethertype IPv4 (0x0800), 192.0.2.1.1 > 198.51.100.2.2: UDP, length 0`,
    );
    expect(lines.at(-2)).toContain('Request who-has 192.0.2.2 tell 192.0.2.1, length 28');

    const stages = lastStatistics((await specter.stop()).stderr)['5']?.stages;
    // Twice ARP and an unknown frame.
    expect(stages?.['PCAP raw']).toMatchObject({ dropped: 4, unfit: 4, written: frames - 4 });
    expect(stages?.['PCAP nano']).toMatchObject({ dropped: 0, written: frames });
    expect(await tshark(specter.folder.join('raw.pcap'))).toHaveLength(frames - 4);
  });
});

const noUlogd = requireKernel('ulogd', 'tcpdump');

describe.skipIf(noUlogd)(title("PCAP beside ulogd2's", noUlogd), () => {
  test('has the same packets, byte for byte, in a file that can be gone on with', async () => {
    await using hosts = await HostPair.create();
    const namespace = hosts.inside;
    const log = 'log group 5 queue-threshold 1 log group 6 queue-threshold 1';
    await namespace.nft(chain('inet', 'prerouting', `ether saddr ${sourceMac}`, log));
    await using specter = await startSpecter({
      namespace,
      config: (folder) => `5 {\n  plugin PCAP\n  file ${folder}/x.pcap\n  sync\n}\n`,
    });
    await using ulogd = await startUlogd({
      namespace,
      group: 6,
      stack: { plugins: ['output_PCAP'], options: { sync: 1 } },
      nflog: { bufsize: 65_536 },
    });
    // ulogd2 says that packets without a length of their own have none.
    const samples = logSamples.filter(({ packet }) => packet.length > 20);
    await hosts.send(...samples.map(({ packet }) => ethernet({}, packet)));
    await waitForPackets(specter.folder.join('x.pcap'), samples.length);
    await waitForPackets(ulogd.folder.join(ulogdFile), samples.length);
    await specter.stop();
    await ulogd.stop();
    const ours = await records(specter.folder.join('x.pcap'));
    expect(ours.length).toBe(samples.length);
    expect(await records(ulogd.folder.join(ulogdFile))).toEqual(ours);

    // specter goes on with ulogd2's file.
    const file = ulogd.folder.join(ulogdFile);
    await using next = await startSpecter({
      namespace,
      config: `5 {\n  plugin PCAP\n  file ${file}\n  sync\n}\n`,
    });
    await hosts.send(...samples.map(({ packet }) => ethernet({}, packet)));
    await waitForPackets(file, 2 * samples.length);
    await next.stop();
    expect((await tcpdump(file)).length).toBe(2 * samples.length);
  });
});
