import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair, sourceMac } from '../support/host-pair.ts';
import type { Namespace } from '../support/namespace.ts';
import { ethernet, icmpEcho, ipv4, ipv6, tcp } from '../support/packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { type Counts, lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel();

/** Every frame from outside goes to group 5. */
const rules = `table inet t {
  chain c {
    type filter hook prerouting priority -300
    ether saddr ${sourceMac} meta mark set 42 log group 5 drop
  }
}
`;

/** A block whose packets come in one batch, when there are `batch` of them. */
const block = (lines: string, batch = 1): string =>
  `5 {\n  qthreshold ${batch}\n  qtimeout 10s\n  plugin BASE\n  plugin NFTSET\n${lines}\n}\n`;

const syn = (source: string, port = 22): Buffer => {
  const segment = tcp({ sourcePort: 40000, destinationPort: port, flags: ['syn'] });
  const packet = source.includes(':')
    ? ipv6({ source, destination: '2001:db8:0:1::2' }, segment)
    : ipv4({ source, destination: '198.51.100.2' }, segment);
  return ethernet({}, packet);
};

const ping = (source: string): Buffer =>
  ethernet({}, ipv4({ source, destination: '198.51.100.2' }, icmpEcho({ id: 1, sequence: 1 })));

const nothing: Counts = {
  written: 0,
  dropped: 0,
  errors: 0,
  added: 0,
  deleted: 0,
  absent: 0,
  covered: 0,
  duplicates: 0,
  'set full': 0,
  'set gone': 0,
  'other family': 0,
  'without key': 0,
};

describe.skipIf(missing)(title('NFTSET', missing), () => {
  let hosts: HostPair;
  let namespace: Namespace;
  beforeEach(async () => {
    hosts = await HostPair.create();
    namespace = hosts.inside;
    await namespace.nft(rules);
  });
  afterEach(async () => await hosts[Symbol.asyncDispose]());

  const addSet = (name: string, declaration: string): Promise<void> =>
    namespace.nft(`add set inet t ${name} { ${declaration} }`);

  /** The elements as nft lists them, without timeouts. */
  const elementsOf = async (set: string): Promise<unknown[]> => {
    const listed = JSON.parse(await namespace.exec('nft', '-j', 'list', 'set', 'inet', 't', set));
    const elements: { elem?: { val: unknown } }[] = listed.nftables[1].set.elem ?? [];
    return elements.map((element) => element.elem?.val ?? element);
  };

  /** Waits until a set has so many elements. */
  const whenFilled = async (set: string, count: number): Promise<unknown[]> => {
    const isFilled = async (): Promise<boolean> => (await elementsOf(set)).length === count;
    await until(isFilled, `${count} elements in ${set}`);
    return await elementsOf(set);
  };

  const start = (lines: string, batch?: number): Promise<Daemon> =>
    startSpecter({ namespace, config: block(lines, batch) });

  const countsOf = async (specter: Daemon): Promise<Counts | undefined> => {
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    return lastStatistics(stderr)['5']?.stages.NFTSET;
  };

  test('adds the source of each packet, once for each batch', async () => {
    await addSet('ban', 'type ipv4_addr; flags timeout;');
    await using specter = await start('  nftset "inet t ban"\n  nfttimeout 1h', 4);
    await hosts.send(syn('192.0.2.1'), syn('192.0.2.2'), syn('192.0.2.1'), syn('192.0.2.1'));
    expect(await whenFilled('ban', 2)).toEqual(['192.0.2.1', '192.0.2.2']);
    expect(await namespace.exec('nft', 'list', 'set', 'inet', 't', 'ban')).toMatch(
      /192\.0\.2\.1 timeout 1h expires 59m/,
    );
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 4, added: 2, duplicates: 2 });
  });

  test('gives each address family its set', async () => {
    await addSet('ban4', 'type ipv4_addr;');
    await addSet('ban6', 'type ipv6_addr;');
    await using specter = await start('  nftset "inet t ban6" "inet t ban4"', 3);
    await hosts.send(syn('192.0.2.1'), syn('2001:db8::1'), syn('2001:db8::2'));
    expect(await whenFilled('ban6', 2)).toEqual(['2001:db8::1', '2001:db8::2']);
    expect(await elementsOf('ban4')).toEqual(['192.0.2.1']);
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 3, added: 3 });
  });

  test('skips packets that make no element, and counts them', async () => {
    await addSet('seen', 'type ipv4_addr . inet_service;');
    await using specter = await start('  nftset "inet t seen"\n  nftkey ip.saddr . tcp.dport', 4);
    await hosts.send(syn('2001:db8::1'), ping('192.0.2.1'), syn('192.0.2.1', 80), syn('192.0.2.1'));
    expect(await whenFilled('seen', 2)).toEqual([
      { concat: ['192.0.2.1', 22] },
      { concat: ['192.0.2.1', 80] },
    ]);
    const skipped = { dropped: 2, 'other family': 1, 'without key': 1 };
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 2, added: 2, ...skipped });
    expect(specter.stderr.match(/some records make no element/g)).toHaveLength(1);
  });

  test.each([
    ['type ifname . mark;', 'oob.in . oob.mark', { concat: ['wan0', 42] }],
    ['type ifname . mark; flags interval;', 'oob.in . oob.mark', { concat: ['wan0', 42] }],
    ['type mark; flags interval;', 'oob.mark', 42],
    ['type ifname;', 'oob.in', 'wan0'],
    ['type inet_proto . inet_service;', '"ip.protocol . tcp.dport"', { concat: ['tcp', 22] }],
    ['typeof ip length;', 'ip.totlen', 40],
    ['type ether_addr;', 'raw.mac.saddr', sourceMac],
    ['type ipv4_addr; flags interval;', 'ip.saddr', '192.0.2.1'],
    [
      'type ipv4_addr . inet_service; flags interval;',
      'ip.saddr . tcp.dport',
      { concat: ['192.0.2.1', 22] },
    ],
  ])('makes elements of { %s } from %s', async (declaration, keys, element) => {
    await addSet('s', declaration);
    await using specter = await start(`  nftset "inet t s"\n  nftkey ${keys}`);
    await hosts.send(syn('192.0.2.1'));
    expect(await whenFilled('s', 1)).toEqual([element]);
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 1, added: 1 });
  });

  test('deletes elements, and does not mind those that are not there', async () => {
    await addSet('open', 'type ipv4_addr;');
    await namespace.nft('add element inet t open { 192.0.2.1, 192.0.2.2 }');
    await using specter = await start('  nftset "inet t open"\n  nftaction delete', 2);
    await hosts.send(syn('192.0.2.1'), syn('192.0.2.9'));
    expect(await whenFilled('open', 1)).toEqual(['192.0.2.2']);
    await hosts.send(syn('192.0.2.7'), syn('192.0.2.8'));
    await hosts.send(syn('192.0.2.2'), syn('192.0.2.6'));
    await whenFilled('open', 0);
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 6, deleted: 2, absent: 4 });
    expect(specter.stderr).not.toContain('cannot delete');
  });

  test('fills a set up, and names what it has no room for', async () => {
    await addSet('ban', 'type ipv4_addr . inet_service; size 4;');
    const options = '  nftset "inet t ban"\n  nftkey ip.saddr . tcp.dport';
    await using specter = await start(options, 6);
    await hosts.send(...[1, 2, 3, 4, 5, 6].map((host) => syn(`192.0.2.${host}`)));
    const [line] = await specter.waitForLog(/.*cannot add to.*/);
    expect(line).toContain(
      'error block 5 NFTSET: cannot add to inet t ban: the set is full (ENFILE): 192.0.2.5 . 22, 192.0.2.6 . 22',
    );
    expect(await elementsOf('ban')).toHaveLength(4);
    const refused = { dropped: 2, errors: 2, 'set full': 2 };
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 4, added: 4, ...refused });
  });

  test('takes an element that a longer interval covers as added', async () => {
    await addSet('ban', 'type ipv4_addr; flags interval;');
    await namespace.nft('add element inet t ban { 192.0.2.0/24 }');
    await using specter = await start('  nftset "inet t ban"', 2);
    await hosts.send(syn('192.0.2.1'), syn('203.0.113.1'));
    await whenFilled('ban', 2);
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 2, added: 1, covered: 1 });
  });

  test('finds its set again that was deleted and made anew', async () => {
    await addSet('ban', 'type ipv4_addr;');
    await using specter = await start('  nftset "inet t ban"');
    await namespace.nft('delete set inet t ban');
    await hosts.send(syn('192.0.2.1'));
    const [line] = await specter.waitForLog(/.*cannot add to.*/);
    expect(line).toContain(
      'cannot add to inet t ban: there is no such set any more (ENOENT): 192.0.2.1',
    );
    await hosts.send(syn('192.0.2.2'));
    await specter.waitForLog(/error block 5 NFTSET: there is no set inet t ban; it is made by/);
    // Another type: the next element has to be made in another way.
    await addSet('ban', 'type ipv4_addr; flags interval;');
    specter.signal('SIGHUP');
    await specter.waitForLog(/set inet t ban is there again/);
    await hosts.send(syn('192.0.2.3'));
    expect(await whenFilled('ban', 1)).toEqual(['192.0.2.3']);
    const lost = { dropped: 2, errors: 2, 'set gone': 2 };
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 1, added: 1, ...lost });
  });

  test('adds nothing to a set that became one of intervals before it has looked at it', async () => {
    await addSet('ban', 'type ipv4_addr;');
    await using specter = await start('  nftset "inet t ban"');
    await hosts.send(syn('192.0.2.1'));
    await whenFilled('ban', 1);
    await namespace.nft(
      'delete set inet t ban; add set inet t ban { type ipv4_addr; flags interval; }',
    );
    await hosts.send(syn('192.0.2.2'));
    const [line] = await specter.waitForLog(/.*cannot add to.*/);
    expect(line).toContain(
      'cannot add to inet t ban: it has been made anew, as another kind of set (ESTALE): 192.0.2.2',
    );
    await hosts.send(syn('192.0.2.3'));
    expect(await whenFilled('ban', 1)).toEqual(['192.0.2.3']);
    const refused = { dropped: 1, errors: 1 };
    expect(await countsOf(specter)).toEqual({ ...nothing, written: 2, added: 2, ...refused });
    expect(specter.stderr).not.toContain('there again');
  });

  test('says why a table that a process owns takes no elements', async () => {
    const owner = namespace.spawn('nft', ['-i'], { stdin: true });
    owner.stdin?.write('add table inet own { flags owner; }\n');
    owner.stdin?.write('add set inet own ban { type ipv4_addr; }\n');
    const isOwned = async (): Promise<boolean> =>
      (await namespace.exec('nft', 'list', 'ruleset')).includes('set ban');
    await until(isOwned, 'a set in a table with an owner');
    await using specter = await start('  nftset "inet own ban"');
    await hosts.send(syn('192.0.2.1'));
    await specter.waitForLog(
      /cannot add to inet own ban: not permitted: the table may belong to a process, as its flag owner tells \(EPERM\): 192\.0\.2\.1/,
    );
    await hosts.send(syn('192.0.2.2'));
    const counts = await countsOf(specter);
    expect(counts).toMatchObject({ written: 0, dropped: 2, 'set gone': 0 });
    expect(specter.stderr).not.toMatch(/is not there|there again/);
    owner.stdin?.end();
    await owner.exit;
  });

  test('finds its set again by itself', async () => {
    await addSet('ban', 'type ipv4_addr;');
    await using specter = await start('  nftset "inet t ban"');
    await namespace.nft('delete set inet t ban');
    await hosts.send(syn('192.0.2.1'));
    await specter.waitForLog(/cannot add to/);
    await addSet('ban', 'type ipv4_addr;');
    await hosts.send(syn('192.0.2.2'));
    expect(await whenFilled('ban', 1)).toEqual(['192.0.2.2']);
  });

  test.each([
    [
      'inet u ban',
      '',
      "there is no table inet u; table and set are made by: nft add table inet u && nft add set inet u ban '{ type ipv4_addr; }'",
    ],
    [
      'inet t ban',
      'nfttimeout 1h',
      "there is no set inet t ban; it is made by: nft add set inet t ban '{ type ipv4_addr; flags timeout; }'",
    ],
    [
      'inet t ports',
      '',
      "the elements of inet t ports are inet_service, which ip.saddr does not fit; one that fits takes its place, when no rule uses it, by: nft delete set inet t ports && nft add set inet t ports '{ type ipv4_addr; }'",
    ],
    [
      'inet t plain" "inet t plain',
      '',
      'inet t plain and inet t plain both have elements of type ipv4_addr: one must be for IPv4, one for IPv6',
    ],
    [
      'inet t ports" "inet t plain',
      'nftkey tcp.dport',
      'the elements of inet t plain are ipv4_addr, which tcp.dport does not fit',
    ],
  ])('does not start with "%s" %s', async (set, option, message) => {
    await addSet('ports', 'type inet_service;');
    await addSet('plain', 'type ipv4_addr;');
    await expect(start(`  nftset "${set}"\n  ${option}`)).rejects.toThrow(message);
  });

  describe.skipIf(!runsAsRoot)(title('as nobody', runsAsRoot ? undefined : 'run as root'), () => {
    const as = (global: string) => ({
      namespace,
      config: `global {\n  user nobody\n${global}}\n${block('  nftset "inet t ban"')}`,
    });

    test('works with the capability that keepcaps keeps', async () => {
      await addSet('ban', 'type ipv4_addr;');
      await using specter = await startSpecter(as('  keepcaps net_admin\n'));
      await hosts.send(syn('192.0.2.1'));
      expect(await whenFilled('ban', 1)).toEqual(['192.0.2.1']);
      expect(await countsOf(specter)).toEqual({ ...nothing, written: 1, added: 1 });
    });

    test('does not start without it', async () => {
      await addSet('ban', 'type ipv4_addr;');
      await expect(startSpecter(as(''))).rejects.toThrow(
        'NFTSET needs the capability net_admin, which user nobody would not have; add "keepcaps net_admin"',
      );
      // The file cannot tell who -u makes of specter.
      const config = block('  nftset "inet t ban"');
      await expect(startSpecter({ namespace, config, args: ['-u', 'nobody'] })).rejects.toThrow(
        'NFTSET needs CAP_NET_ADMIN to change sets: add `keepcaps net_admin` to the block global',
      );
    });
  });
});
