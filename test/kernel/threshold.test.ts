import { readFile } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { HostPair } from '../support/host-pair.ts';
import { oprintRecords } from '../support/oprint-records.ts';
import { ethernet, ipv4, ipv6, tcp } from '../support/packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel();

const rules = `table inet threshold {
  chain prerouting {
    type filter hook prerouting priority -300
    tcp flags syn log group 5 queue-threshold 1
    meta l4proto tcp drop
  }
}
`;

/** A block that writes all packets to `all.log`, and what THRESHOLD passes to `reached.keys`. */
const config =
  (...options: readonly string[]) =>
  (folder: string): string =>
    `global {
  rmem 64M
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${folder}/all.log
  logemusync
  plugin THRESHOLD
  ${options.join('\n  ')}
  plugin OPRINT
  dumpfile ${folder}/reached.keys
  dumpsync
}
`;

const [alice, bob] = ['192.0.2.1', '192.0.2.2'];
const [aliceSix, bobSix] = ['2001:db8::1', '2001:db8::2'];

/** A SYN, to be told by its source port. */
function syn(source: string, sourcePort: number, destinationPort = 22): Uint8Array {
  const segment = tcp({ sourcePort, destinationPort, flags: ['syn'] });
  return source.includes(':')
    ? ethernet({}, ipv6({ source, destination: '2001:db8::ff' }, segment))
    : ethernet({}, ipv4({ source, destination: '192.0.2.255' }, segment));
}

/** `count` SYNs with the source ports `first`, `first` + 1 … */
const syns = (source: string, count: number, first = 1): Uint8Array[] =>
  Array.from({ length: count }, (_, index) => syn(source, first + index));

/** Source address and port of what has passed, once all that was sent has been seen. */
async function reached(specter: Daemon, sent: number): Promise<string[]> {
  await specter.waitForLines('all.log', sent);
  expect((await specter.stop()).code).toBe(0);
  const records = oprintRecords(await specter.lines('reached.keys'));
  return records.map((record) => `${record['ip.saddr']} ${record['tcp.sport']}`);
}

/** What specter's log last told of THRESHOLD. */
const counts = ({ stderr }: Daemon) => lastStatistics(stderr)[5]?.stages.THRESHOLD;

describe.skipIf(missing)(title('THRESHOLD', missing), () => {
  let hosts: HostPair;
  beforeEach(async () => {
    hosts = await HostPair.create();
    await hosts.inside.nft(rules);
  });
  afterEach(async () => await hosts[Symbol.asyncDispose]());

  const start = async (...options: readonly string[]) =>
    await startSpecter({ namespace: hosts.inside, config: config(...options) });

  test('passes exactly every fifth connection of a source, over IPv4 and IPv6', async () => {
    await using specter = await start();
    await hosts.send(...syns(alice, 4), ...syns(bob, 4), ...syns(aliceSix, 4), ...syns(bobSix, 3));
    await hosts.send(...syns(alice, 8, 5), ...syns(aliceSix, 1, 5), ...syns(bobSix, 1, 4));
    expect(await reached(specter, 25)).toEqual([`${alice} 5`, `${alice} 10`, `${aliceSix} 5`]);
    expect(await specter.lines('reached.keys')).toContain('threshold.count=5');
    expect(counts(specter)).toMatchObject({ seen: 25, passed: 3 });
  });

  test('never counts the addresses of threshignore', async () => {
    await using specter = await start('threshold 2', `threshignore 192.0.2.0/31, ${aliceSix}`);
    const sources = [alice, bob, aliceSix, bobSix];
    await hosts.send(...sources.flatMap((source) => syns(source, 3)));
    expect(await reached(specter, 12)).toEqual([`${bob} 2`, `${bobSix} 2`]);
    expect(counts(specter)).toMatchObject({ seen: 12, passed: 2, ignored: 6 });
  });

  test('forgets connections when threshwindow is over', async () => {
    const window = 300;
    await using specter = await start('threshold 3', `threshwindow ${window}ms`);
    await hosts.send(...syns(alice, 2));
    await specter.waitForLines('all.log', 2);
    const seen = Date.now();
    // Its own clock has passed the window as soon as ours has, which started later.
    await until(async () => Date.now() > seen + window, 'the window is over');
    await hosts.send(...syns(alice, 3, 3));
    expect(await reached(specter, 5)).toEqual([`${alice} 5`]);
  });

  test('counts each combination of several keys', async () => {
    await using specter = await start('threshold 2', 'threshkey ip.saddr tcp.dport');
    const ports = [22, 23, 22, 24, 23];
    await hosts.send(...ports.map((port, index) => syn(alice, index, port)), syn(bob, 9, 24));
    expect(await reached(specter, 6)).toEqual([`${alice} 2`, `${alice} 4`]);
  });

  test('counts for several plugins by several names', async () => {
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: (folder) => `5 {
  :BASE
  :THRESHOLD few
    threshold 2
  :THRESHOLD many
    threshold 3
  :OPRINT few
    when few
    dumpfile ${folder}/few.keys
  :OPRINT many
    when many
    dumpfile ${folder}/many.keys
  :LOGEMU
    when few many
    logemufile ${folder}/all.log
    logemusync
}
`,
    });
    await hosts.send(...syns(alice, 6));
    await specter.waitForLines('all.log', 5);
    expect((await specter.stop()).code).toBe(0);
    const passed = async (file: string) =>
      oprintRecords(await specter.lines(file)).map(
        (record) => `${record['tcp.sport']} of ${record['threshold.count']}`,
      );
    expect(await passed('few.keys')).toEqual(['2 of 2', '4 of 2', '6 of 2']);
    expect(await passed('many.keys')).toEqual(['3 of 3', '6 of 3']);
  });

  test('stays within its memory in a flood of sources, and counts what it forgets', async () => {
    const sources = 200_000;
    const kept = 65_536;
    await using specter = await startSpecter({
      namespace: hosts.inside,
      config: (folder) => `global {
  rmem 64M
}
5 {
  plugin BASE
  plugin THRESHOLD
  threshwindow 1h
  plugin OPRINT
  dumpfile ${folder}/reached.keys
  dumpsync
}
`,
    });
    let sent = 0;
    /** Sends SYNs of that many sources and five of one more, and returns what is counted then. */
    const flood = async (first: number, count: number, last: string) => {
      const written = (await specter.lines('reached.keys')).length;
      const frames = Array.from({ length: count }, (_, index) => syn(spread(first + index), 1));
      await hosts.send(...frames, ...syns(last, 5));
      sent += count + 5;
      await specter.waitForLines('reached.keys', written + 1, 30_000);
      specter.signal('SIGUSR2');
      await specter.waitForLog(new RegExp(`THRESHOLD: seen ${sent}, `));
      return counts(specter);
    };
    const half = sources / 2;
    expect(await flood(0, half, alice)).toMatchObject({
      seen: half + 5,
      passed: 1,
      keys: kept - 1,
      evicted: half + 1 - kept,
    });
    const before = await residentBytes(specter.pid);
    expect(await flood(half, half, bob)).toMatchObject({
      seen: sources + 10,
      passed: 2,
      keys: kept - 1,
      evicted: sources + 1 - kept,
    });
    expect((await residentBytes(specter.pid)) - before).toBeLessThan(16 * 2 ** 20);
    expect((await specter.stop()).code).toBe(0);
    const reports = /values forgotten .*: \d+ \(total (\d+)\)$/gm;
    const totals = [...specter.stderr.matchAll(reports)].map(([, total]) => Number(total));
    expect(totals.at(-1)).toBe(sources + 1 - kept);
  });
});

/** A different address in 10.0.0.0/8 for each index below 2^24, neighbours far apart. */
function spread(index: number): string {
  const host = Math.imul(index, 0x9e3779b1) & 0xff_ffff;
  return `10.${host >> 16}.${(host >> 8) & 0xff}.${host & 0xff}`;
}

async function residentBytes(pid: number): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(/^VmRSS:\s+(\d+) kB$/m.exec(status)?.[1]) * 1024;
}
