import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startSpecter } from '../support/daemon.ts';
import { countLines } from '../support/file-lines.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numbered,
  numberedPort,
  numberingRules,
  numbersOf,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { ethernet, ipv4, udp } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics, lossless } from '../support/statistics.ts';

const missing = requireKernel();

const packet = (destinationPort: number) =>
  ethernet(
    {},
    ipv4(
      { source: '192.0.2.1', destination: '192.0.2.2' },
      udp({ sourcePort: 1, destinationPort }),
    ),
  );

describe.skipIf(missing)(title('logging', missing), () => {
  test('counts 100 000 packets exactly, from the rule to the file', async () => {
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
  plugin LOGEMU
  logemufile ${folder}/packets.log
}
`,
    });
    await sendNumbered(namespace, packets, { rate: 100_000 });
    const lines = await specter.waitForLines('packets.log', packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await numbered(namespace)).toBe(packets);
    expect(lastStatistics(stderr)).toEqual({ 5: lossless(packets) });
    expect(await countLines(specter.folder.join('packets.log'))).toBe(packets);
    expect(numbersOf(lines)).toEqual(range(0, packets));
  });

  describe('of several groups', () => {
    let hosts: HostPair;
    beforeAll(async () => {
      hosts = await HostPair.create();
      await hosts.inside.nft(`table inet groups {
  chain prerouting {
    type filter hook prerouting priority -300
    udp dport 10 log group 10 prefix "ten:"
    udp dport 11 log group 11 prefix "eleven: "
    udp dport 12 log group 11
    udp dport 65 log group 65535 snaplen 24
  }
}
`);
    });
    afterAll(async () => await hosts[Symbol.asyncDispose]());

    test('writes each to its own file, with its prefix, label and capture length', async () => {
      await using specter = await startSpecter({
        namespace: hosts.inside,
        config: (folder) => `
10 {
  label 1
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/ten.log
  plugin OPRINT
  dumpfile ${folder}/ten.keys
}
11 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/eleven.log
}
last {
  group 65535
  label 200
  plugin BASE
  plugin OPRINT
  dumpfile ${folder}/last.keys
  plugin LOGEMU
  logemufile ${folder}/last.log
}
`,
      });
      await hosts.send(packet(10), packet(11), packet(12), packet(65), packet(10));
      await specter.waitForLines('ten.log', 2);
      await specter.waitForLines('eleven.log', 2);
      await specter.waitForLines('last.log', 1);
      expect((await specter.stop()).code).toBe(0);
      const [ten, eleven, last] = await Promise.all(
        ['ten.log', 'eleven.log', 'last.log'].map((name) => specter.lines(name)),
      );
      expect(ten?.map(withoutStamp)).toEqual([`ten:${rest(10)}`, `ten:${rest(10)}`]);
      expect(eleven?.map(withoutStamp)).toEqual([`eleven: ${rest(11)}`, rest(12)]);
      expect(last?.map(withoutStamp)).toEqual([
        rest(65).replace('SPT=1 DPT=65 LEN=8', 'INCOMPLETE'),
      ]);
      expect(await specter.lines('ten.keys')).toContain('raw.label=1');
      expect(await specter.lines('last.keys')).toEqual(
        expect.arrayContaining(['raw.label=200', 'raw.pktlen=24', 'ip.totlen=28']),
      );
    });
  });

  describe('of text from outside', () => {
    const config = (folder: string) => `5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/packets.log
}
`;
    /** Rules for the packets of these tests alone, not for those that the kernels exchange. */
    const rules = (logging: string) => `table inet t {
  chain logging {
    ${logging}
  }
  chain prerouting {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} jump logging
  }
}
`;

    test('follows an interface that is renamed, to whatever bytes', async () => {
      await using hosts = await HostPair.create();
      await hosts.inside.nft(rules('log group 5'));
      await using specter = await startSpecter({ namespace: hosts.inside, config });
      const rename = async (from: string, to: string) => {
        const name = (format: string) => `"$(printf '${format}')"`;
        const script = `ip link set ${name(from)} down
ip link set ${name(from)} name ${name(to)}
ip link set ${name(to)} up`;
        await hosts.inside.exec('sh', '-ec', script);
      };
      await hosts.send(packet(10));
      await specter.waitForLines('packets.log', 1);
      await rename('wan0', 'uplink');
      await hosts.send(packet(10));
      await specter.waitForLines('packets.log', 2);
      // Octal, as printf of every shell takes it: a stray byte, quotes, an escape sequence, UTF-8.
      await rename('uplink', '\\377"\\047\\033[1m\\303\\244');
      await hosts.send(packet(10));
      const lines = await specter.waitForLines('packets.log', 3);
      expect(lines.map(withoutStamp)).toEqual([
        rest(10),
        rest(10, 'uplink'),
        rest(10, String.raw`\xff"'\x1b[1mä`),
      ]);
    });

    test('lets no prefix forge a line or speak to a terminal', async () => {
      await using hosts = await HostPair.create();
      const forged = 'x\nNov 22 00:00:00 host forged: IN=lo \r\t\u001b[2J\u007f\u0085\u202e"ä\\';
      await hosts.inside.nft(rules(''));
      // nft's own syntax has no way to write a quotation mark.
      const log = { log: { group: 5, prefix: forged } };
      const added = { family: 'inet', table: 't', chain: 'logging', expr: [log] };
      await hosts.inside.exec(
        ...(['sh', '-c', 'printf %s "$1" | nft -j -f -', 'sh'] as const),
        JSON.stringify({ nftables: [{ add: { rule: added } }] }),
      );
      // Bytes that are not UTF-8 cannot stand in a command's arguments as Node passes them.
      const stray = `printf 'add rule inet t logging log group 5 prefix "\\377\\355\\240\\200\\300\\256"' | nft -f -`;
      await hosts.inside.exec('sh', '-c', stray);
      await using specter = await startSpecter({ namespace: hosts.inside, config });
      await hosts.send(packet(10));
      const lines = await specter.waitForLines('packets.log', 2);
      const escaped = String.raw`x\x0aNov 22 00:00:00 host forged: IN=lo \x0d\x09\x1b[2J\x7f\xc2\x85\xe2\x80\xae"ä`;
      expect(lines.map(withoutStamp)).toEqual([
        `${escaped}\\${rest(10)}`,
        String.raw`\xff\xed\xa0\x80\xc0\xae` + rest(10),
      ]);
    });
  });
});

/** What follows the prefix of {@link packet}'s line. */
const rest = (port: number, interfaceName = 'wan0') =>
  ` IN=${interfaceName} OUT= MAC=02:00:00:00:00:02:02:00:00:00:00:01:08:00 ` +
  'SRC=192.0.2.1 DST=192.0.2.2 LEN=28 TOS=00 PREC=0x00 TTL=64 ID=0 ' +
  `PROTO=UDP SPT=1 DPT=${port} LEN=8 MARK=0x0 `;

/** The line behind `Nov 22 02:05:43 host `. */
const withoutStamp = (line: string): string => line.replace(/^\w{3} [ \d]\d [\d:]{8} \S+ /, '');
