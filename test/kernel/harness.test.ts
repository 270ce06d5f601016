import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { Namespace } from '../support/namespace.ts';
import { ethernet, etherTypes, ipv4, udp, vlan } from '../support/packets.ts';
import { requireKernel, requireLinkType, title } from '../support/requirements.ts';
import { sendFrames } from '../support/send-packets.ts';
import { startUlogd, ulogdFile } from '../support/ulogd.ts';

const missing = requireKernel();

describe.skipIf(missing)(title('private namespaces', missing), () => {
  test('hold nothing but lo, which is up', async () => {
    await using namespace = await Namespace.create();
    const links = JSON.parse(await namespace.exec('ip', '-json', 'link', 'show'));
    expect(links.map((link: { ifname: string }) => link.ifname)).toEqual(['lo']);
    expect(links[0].flags).toContain('UP');
  });

  test('do not see the rules and interfaces of each other', async () => {
    await using left = await Namespace.create();
    await using right = await Namespace.create();
    await left.nft('table inet only_left {\n}\n');
    await left.exec('ip', 'link', 'add', 'br0', 'type', 'bridge');
    expect(await left.exec('nft', 'list', 'tables')).toBe('table inet only_left\n');
    expect(await right.exec('nft', 'list', 'tables')).toBe('');
    await expect(right.exec('ip', 'link', 'show', 'br0')).rejects.toThrow(/br0.*does not exist/s);
  });

  test('are gone with everything in them once disposed, also after a failure', async () => {
    let name = '';
    let child = 0;
    const body = async () => {
      await using namespace = await Namespace.create();
      name = (await namespace.exec('readlink', '/proc/self/ns/net')).trim();
      child = namespace.spawn('sleep', ['60']).pid;
      throw new Error('the test failed');
    };
    await expect(body()).rejects.toThrow('the test failed');
    expect(() => process.kill(child, 0)).toThrow('ESRCH');
    expect(name).toMatch(/^net:\[\d+\]$/);
    expect(namespacesInUse()).not.toContain(name);
    expect(namespacesInUse()).toContain(readlinkSync('/proc/self/ns/net'));
  });

  test('pass frames over a veth pair, byte for byte', async () => {
    await using left = await Namespace.create();
    await using right = await Namespace.create();
    await left.veth('west', right, 'east');
    await right.nft(countingRules);
    const frame = ethernet({ destination: await right.hardwareAddress('east') }, packet);
    await sendFrames(left, 'west', [frame, frame, frame]);
    expect(await seen(right)).toBe(`packets 3 bytes ${3 * packet.length}`);
  });

  test('pass frames through a bridge', async () => {
    await using left = await Namespace.create();
    await using middle = await Namespace.create();
    await using right = await Namespace.create();
    await left.veth('west', middle, 'port1');
    await right.veth('east', middle, 'port2');
    await middle.bridge('br0', ['port1', 'port2']);
    await right.nft(countingRules);
    const frame = ethernet({ destination: await right.hardwareAddress('east') }, packet);
    await sendFrames(left, 'west', [frame]);
    expect(await seen(right)).toBe(`packets 1 bytes ${packet.length}`);
  });

  const noVlan = missing ?? requireLinkType('vlan');

  test.skipIf(noVlan)(title('take frames out of a VLAN', noVlan), async () => {
    await using left = await Namespace.create();
    await using right = await Namespace.create();
    await left.veth('west', right, 'east');
    expect(await right.vlan('east', 5)).toBe('east.5');
    await right.nft(countingRules);
    const destination = await right.hardwareAddress('east');
    const tagged = (id: number) =>
      ethernet({ destination, type: etherTypes.vlan }, vlan({ id }, packet));
    await sendFrames(left, 'west', [tagged(5), tagged(6)]);
    expect(await seen(right)).toBe(`packets 1 bytes ${packet.length}`);
  });

  const noDummy = missing ?? requireLinkType('dummy');

  test.skipIf(noDummy)(title('have dummy interfaces', noDummy), async () => {
    await using namespace = await Namespace.create();
    await namespace.dummy('lan0');
    await namespace.address('lan0', '2001:db8::1/64');
    expect(await namespace.exec('ip', '-brief', 'address', 'show', 'lan0')).toContain(
      '2001:db8::1',
    );
  });

  test('say what nft says about wrong rules', async () => {
    await using namespace = await Namespace.create();
    await expect(namespace.nft('table inet t { nonsense')).rejects.toThrow(
      /nft -f -: exit status 1/,
    );
  });
});

const packet = ipv4(
  { source: '10.0.0.1', destination: '10.0.0.2', ttl: 9, id: 77 },
  udp({ sourcePort: 1000, destinationPort: 2000 }, 'hello'),
);

/** What {@link countingRules} have counted: `packets N bytes N`. */
async function seen(namespace: Namespace): Promise<string | undefined> {
  const counter = await namespace.exec('nft', 'list', 'counter', 'inet', 'test', 'seen');
  return /packets \d+ bytes \d+/.exec(counter)?.[0];
}

const countingRules = `
table inet test {
  counter seen {
  }
  chain prerouting {
    type filter hook prerouting priority 0
    udp dport 2000 counter name seen
  }
}`;

const missingUlogd = requireKernel('ulogd');

describe.skipIf(missingUlogd)(title('ulogd2 as the reference', missingUlogd), () => {
  test('logs a packet of its group and ends on SIGTERM', async () => {
    await using left = await Namespace.create();
    await using right = await Namespace.create();
    await left.veth('west', right, 'east');
    await right.nft(
      'table inet t {\n chain c {\n type filter hook prerouting priority 0\n udp dport 2000 log group 7 prefix "seen:"\n}\n}\n',
    );
    await using ulogd = await startUlogd({
      namespace: right,
      group: 7,
      nflog: { netlink_qtimeout: 1 },
    });
    await sendFrames(left, 'west', [
      ethernet({ destination: await right.hardwareAddress('east') }, packet),
    ]);
    const [line] = await ulogd.waitForLines(ulogdFile, 1);
    expect(line).toMatch(
      / seen: IN=east OUT= MAC=\S+ SRC=10\.0\.0\.1 DST=10\.0\.0\.2 LEN=33 TOS=00 PREC=0x00 TTL=9 ID=77 PROTO=UDP SPT=1000 DPT=2000 LEN=13 /,
    );
    const { code, signal } = await ulogd.stop();
    expect({ code, signal }).toEqual({ code: 0, signal: null });
  });
});

/** The network namespaces that any process is in, as `net:[inode]`. */
function namespacesInUse(): string[] {
  const processes = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  return processes.flatMap((pid) => {
    try {
      return [readlinkSync(`/proc/${pid}/ns/net`)];
    } catch {
      // It has ended meanwhile.
      return [];
    }
  });
}
