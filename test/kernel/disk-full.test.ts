import { open, rm } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { Daemon, readyMessage, specterBinary, whenReady } from '../support/daemon.ts';
import { waitForLines } from '../support/file-lines.ts';
import { Namespace } from '../support/namespace.ts';
import {
  numberedPort,
  numberingRules,
  numbersOf,
  range,
  sendNumbered,
} from '../support/numbered-packets.ts';
import { requireKernel, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';

const missing = requireKernel();

/** Some 160 bytes a line: far more than the disk has room for, far less than memory has. */
const packets = 4000;

/** Mounts a disk of 1 MiB on `$0` that has room for about 64 KiB, then becomes `$@`. */
const withSmallDisk =
  'mount -t tmpfs -o size=1m tmpfs "$0" && head -c 983040 /dev/zero >"$0/ballast" && exec "$@"';

/** specter in a mount namespace of its own, writing to a small disk that nobody else sees. */
async function startOnSmallDisk(
  namespace: Namespace,
  globalOptions: string,
): Promise<SmallDiskDaemon> {
  const folder = await ScratchFolder.create();
  const disk = await ScratchFolder.create();
  const config = `global {
  ${globalOptions}
}
5 {
  plugin BASE
  plugin LOGEMU
  logemufile ${disk.path}/packets.log
  logemusync
}
`;
  const file = await folder.write('specter.conf', config);
  const command = [specterBinary, '-v', '-c', file];
  const args = ['--mount', 'sh', '-c', withSmallDisk, disk.path, ...command];
  const daemon = new SmallDiskDaemon(namespace.spawn('unshare', args), folder, disk);
  await whenReady(daemon, readyMessage);
  return daemon;
}

class SmallDiskDaemon extends Daemon {
  readonly #disk: ScratchFolder;

  constructor(process: Daemon['process'], folder: ScratchFolder, disk: ScratchFolder) {
    super(process, folder);
    this.#disk = disk;
  }

  /** A file of the disk as it is seen from outside. */
  path(name: string): string {
    return `/proc/${this.pid}/root${this.#disk.join(name)}`;
  }

  override async [Symbol.asyncDispose](): Promise<void> {
    await super[Symbol.asyncDispose]();
    await this.#disk[Symbol.asyncDispose]();
  }
}

const complaint = /error block 5 LOGEMU: cannot write \S+\/packets\.log: ENOSPC: .*; trying again/;

describe.skipIf(missing)(title('a full disk', missing), () => {
  test('is outwaited with errignore: no line is lost, torn or doubled', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startOnSmallDisk(namespace, 'errignore');
    await sendNumbered(namespace, packets / 2, { rate: 20_000 });
    await specter.waitForLog(complaint);
    await specter.waitForLog(
      /error block 5 LOGEMU: cannot write \S+: ENOSPC: no space left on device, write: 1 \(total 1\)/,
    );
    await sendNumbered(namespace, packets / 2, { rate: 20_000 });
    await rm(specter.path('ballast'));
    await specter.waitForLog(/notice block 5 LOGEMU: \S+\/packets\.log can be written again/);
    const lines = await waitForLines(specter.path('packets.log'), packets);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(numbersOf(lines)).toEqual(range(0, packets));
    const counts = lastStatistics(stderr)['5'];
    expect(counts).toMatchObject({ received: packets, lost: 0 });
    expect(counts?.stages.LOGEMU).toMatchObject({ written: packets, dropped: 0 });
    expect(counts?.stages.LOGEMU?.errors).toBeGreaterThan(4);
  });

  test('ends specter without errignore after three seconds, every line accounted for', async () => {
    await using namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    await using specter = await startOnSmallDisk(namespace, 'loglevel 3');
    // An open file outlives the mount namespace.
    await using file = await open(specter.path('packets.log'), 'r');
    await sendNumbered(namespace, packets, { rate: 20_000 });
    const { code, stderr } = await specter.process.exit;
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /fatal block 5 LOGEMU: cannot write \S+\/packets\.log: ENOSPC: no space left on device, write \(the global option errignore would go on\)\n/,
    );
    const waited = timeOf(stderr, / fatal block 5/) - timeOf(stderr, complaint);
    expect(waited).toBeGreaterThanOrEqual(3000);
    expect(waited).toBeLessThan(10_000);

    const text = await file.readFile('utf8');
    const lines = text.split('\n').slice(0, -1);
    expect(numbersOf(lines)).toEqual(range(0, lines.length));
    expect(lastStatistics(stderr)['5']).toMatchObject({
      received: packets,
      lost: 0,
      stages: { LOGEMU: { written: lines.length, dropped: packets - lines.length } },
    });
    expect(lines.length).toBeGreaterThan(0);
    expect(stderr).toContain(`${packets - lines.length} records lost: cannot write `);
  });
});

/** When the first line that matches was logged, in ms since 1970. */
function timeOf(log: string, pattern: RegExp): number {
  const line = log.split('\n').find((each) => pattern.test(each));
  return Date.parse(line?.split(' ', 1)[0] ?? '');
}
