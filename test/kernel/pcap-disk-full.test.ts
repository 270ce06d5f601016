import { open, rm, stat } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { Daemon, readyMessage, specterBinary, whenReady } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { identifications, tcpdump, waitForPackets } from './pcap-reading.ts';

const missing = requireKernel('tcpdump');

/** 80 bytes each in a file. */
const packets = 4000;

/** Mounts a disk of 1 MiB on `$0` with `$1` bytes in use, then becomes the rest. */
const withSmallDisk =
  'mount -t tmpfs -o size=1m tmpfs "$0" && head -c "$1" /dev/zero >"$0/ballast" && shift && exec "$@"';
const full = 1024 * 1024;
/** With room for some 64 KiB. */
const nearlyFull = full - 64 * 1024;

describe.skipIf(missing)(title('PCAP on a full disk', missing), () => {
  let namespace: Namespace;
  let disk: ScratchFolder;
  beforeEach(async () => {
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    disk = await ScratchFolder.create();
  });
  afterEach(async () => {
    await namespace[Symbol.asyncDispose]();
    await disk[Symbol.asyncDispose]();
  });

  /** specter in a mount namespace of its own, where a small disk is. */
  async function start(used: number, globalOptions: string): Promise<Daemon> {
    const folder = await ScratchFolder.create();
    const file = await folder.write(
      'specter.conf',
      `global {\n  ${globalOptions}\n}\n5 {\n  plugin PCAP\n  pcapfile ${disk.path}/x.pcap\n  pcapsync\n}\n`,
    );
    const command = [String(used), specterBinary, '-v', '-c', file];
    const args = ['--mount', 'sh', '-c', withSmallDisk, disk.path, ...command];
    return await whenReady(new Daemon(namespace.spawn('unshare', args), folder), readyMessage);
  }

  /** A file of that disk as it is seen from outside. */
  const onDisk = (specter: Daemon, name: string): string =>
    `/proc/${specter.pid}/root${disk.join(name)}`;

  test('begins the file when there is room again, and loses nothing', async () => {
    await using specter = await start(full, 'errignore');
    await specter.waitForLog(
      /error block 5 PCAP: cannot write \S+x\.pcap: ENOSPC: .*; trying again/,
    );
    await sendNumbered(namespace, packets, { rate: 20_000 });
    expect((await stat(onDisk(specter, 'x.pcap'))).size).toBe(0);
    await rm(onDisk(specter, 'ballast'));
    await specter.waitForLog(/notice block 5 PCAP: \S+x\.pcap can be written again/);
    const file = onDisk(specter, 'x.pcap');
    await waitForPackets(file, packets);
    const ids = await identifications(file);
    expect(ids).toEqual(ids.map((_, i) => ((ids[0] ?? 0) + i) & 0xffff));
    const { stderr } = await specter.stop();
    expect(lastStatistics(stderr)['5']?.stages.PCAP).toMatchObject({
      written: packets,
      dropped: 0,
    });
  });

  test('leaves whole records where it has to end', async () => {
    await using specter = await start(nearlyFull, 'loglevel 3');
    // An open file outlives the mount namespace.
    await using file = await open(onDisk(specter, 'x.pcap'), 'r');
    await sendNumbered(namespace, packets, { rate: 20_000 });
    const { code, stderr } = await specter.process.exit;
    expect(code).toBe(1);
    await using copy = await ScratchFolder.create();
    const path = await copy.write('x.pcap', await file.readFile());
    const written = (await tcpdump(path)).length;
    expect(written).toBeGreaterThan(0);
    expect(lastStatistics(stderr)['5']?.stages.PCAP).toMatchObject({
      written,
      dropped: packets - written,
    });
    expect((await stat(path)).size).toBe(24 + 80 * written);
  });
});
