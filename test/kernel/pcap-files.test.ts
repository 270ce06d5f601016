import { chown, mkdir, open, readdir, rename, rm, stat } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { type Daemon, launchSpecter, specterBinary, startSpecter } from '../support/daemon.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { lastStatistics } from '../support/statistics.ts';
import { identifications, tcpdump, tshark, waitForPackets } from './pcap-reading.ts';

const missing = requireKernel('tcpdump', 'tshark');

const config =
  (options = '') =>
  (folder: string): string =>
    `global {
  rmem 32M
}
5 {
  plugin PCAP
  pcapfile ${folder}/x.pcap
  ${options}
}
`;

async function numberingNamespace(): Promise<Namespace> {
  const namespace = await Namespace.create();
  await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
  return namespace;
}

/** A sender's packets have identifications that follow each other; each sender begins anywhere. */
function breaks(ids: readonly number[]): number {
  return ids.slice(1).filter((id, i) => id !== (((ids[i] ?? 0) + 1) & 0xffff)).length;
}

/** Ends specter, and expects that it wrote so many packets. */
async function stopWith(specter: Daemon, packets: number): Promise<void> {
  const { code, stderr } = await specter.stop();
  expect(code).toBe(0);
  expect(lastStatistics(stderr)['5']).toMatchObject({
    received: packets,
    lost: 0,
    stages: { PCAP: { written: packets, dropped: 0, errors: 0 } },
  });
}

describe.skipIf(missing)(title('files of PCAP', missing), () => {
  test('have each packet once, whatever SIGHUP and mv do under load', async () => {
    await using namespace = await numberingNamespace();
    await using specter = await startSpecter({ namespace, config: config('pcapsync') });
    const { folder } = specter;
    const sent = sendNumbered(namespace, 60_000, { rate: 20_000 });
    const names: string[] = [];
    for (let count = 1; count <= 10; count++) {
      await waitForPackets(folder.join('x.pcap'), 1);
      await rename(folder.join('x.pcap'), folder.join(`${count}`));
      names.push(`${count}`);
      specter.signal('SIGHUP');
      await specter.waitForLog(new RegExp(`(files reopened[^]*){${count}}`));
    }
    await sent;
    await stopWith(specter, 60_000);
    const ids: number[] = [];
    for (const name of [...names, 'x.pcap']) {
      const own = await identifications(folder.join(name));
      expect((await tcpdump(folder.join(name))).length).toBe(own.length);
      ids.push(...own);
    }
    expect([ids.length, breaks(ids)]).toEqual([60_000, 0]);
  });

  test.each(['pcapformat pcap', 'pcapformat pcapng'])(
    'are rotated by size under load, with each packet once (%s)',
    async (format) => {
      await using namespace = await numberingNamespace();
      const options = `${format}\n  pcaprotate 512K\n  pcapkeep 99`;
      await using specter = await startSpecter({ namespace, config: config(options) });
      await sendNumbered(namespace, 60_000, { rate: 30_000 });
      await stopWith(specter, 60_000);
      const all = (await readdir(specter.folder.path)).filter((name) => name.startsWith('x.pcap'));
      const names = all.sort((a, b) => ageOf(b) - ageOf(a));
      expect(names.length).toBeGreaterThan(8);
      let packets = 0;
      for (const name of names) {
        const file = specter.folder.join(name);
        // Behind the limit only statistics follow.
        expect((await stat(file)).size).toBeLessThan(512 * 1024 + 400);
        packets += (await tcpdump(file)).length;
      }
      expect(packets).toBe(60_000);
      expect(await tshark(specter.folder.join(names[1] ?? ''))).toHaveLength(
        (await tcpdump(specter.folder.join(names[1] ?? ''))).length,
      );
      if (format !== 'pcapformat pcap') return;
      const parts = await Promise.all(
        names.map((name) => identifications(specter.folder.join(name))),
      );
      expect(breaks(parts.flat())).toBe(0);
    },
  );

  test.each(['pcapformat pcap', 'pcapformat pcapng'])(
    'are gone on with after specter was killed in the middle (%s)',
    async (format) => {
      await using namespace = await numberingNamespace();
      await using first = await startSpecter({
        namespace,
        config: config(`${format}\n  pcapsync`),
      });
      const file = first.folder.join('x.pcap');
      const sent = sendNumbered(namespace, 30_000, { rate: 30_000 });
      await waitForPackets(file, 5000);
      await first.stop('SIGKILL');
      await sent;
      // What a power failure in the middle of a write leaves.
      await using handle = await open(file, 'a');
      await handle.write(Buffer.from('0600000060000000', 'hex'));
      await using second = await startSpecter({
        namespace,
        config: `5 {\n  plugin PCAP\n  pcapfile ${file}\n  ${format}\n}\n`,
      });
      expect(second.stderr).toMatch(
        /notice block 5 PCAP: \S+x\.pcap: cut off \d+ bytes, a record that a crash left unfinished\n/,
      );
      const before = (await tcpdump(file)).length;
      expect(before).toBeGreaterThanOrEqual(5000);
      await sendNumbered(namespace, 100);
      await stopWith(second, 100);
      expect((await tcpdump(file)).length).toBe(before + 100);
      expect((await tshark(file)).length).toBe(before + 100);
    },
  );

  test('go on under a new config, each packet once', async () => {
    await using namespace = await numberingNamespace();
    await using specter = await startSpecter({ namespace, config: config('pcapformat pcapng') });
    const { folder } = specter;
    const sent = sendNumbered(namespace, 60_000, { rate: 20_000 });
    await waitForPackets(folder.join('x.pcap'), 1000);
    for (let count = 1; count <= 4; count++) {
      const label = `label ${count}\n  pcapkeep ${count}\n  pcapformat pcapng`;
      await folder.write('specter.conf', config(label)(folder.path));
      specter.signal('SIGUSR1');
      await specter.waitForLog(new RegExp(`(block 5: changed[^]*){${count}}`));
    }
    await sent;
    await stopWith(specter, 60_000);
    expect(await tcpdump(folder.join('x.pcap'))).toHaveLength(60_000);
  });

  test('are refused at the start where they do not fit, with the reason', async () => {
    await using namespace = await Namespace.create();
    await using folder = await ScratchFolder.create();
    const refused = async (blocks: string): Promise<string> => {
      await using specter = await launchSpecter({ namespace, config: blocks });
      const { code, stderr } = await specter.process.exit;
      expect(code).toBe(1);
      return stderr.replaceAll(folder.path, 'FOLDER');
    };
    const block = (number: number, options = '') =>
      `${number} {\n  plugin PCAP\n  pcapfile ${folder.join('x.pcap')}\n  ${options}\n}\n`;
    expect(await refused(block(5) + block(6))).toContain(
      "block 6: PCAP: 'FOLDER/x.pcap' is already written by PCAP of block 5; give each a pcapfile of its own\n",
    );
    expect(await refused(block(5, 'pcapprecision nano'))).toContain(
      "block 5: PCAP: 'FOLDER/x.pcap' has times in microseconds, and pcapprecision says nano; nothing was changed in it: move it away, or choose another pcapfile\n",
    );
    expect(await refused(block(5, 'pcaprotate 100m'))).toContain(
      'specter.conf:4:14: error: pcaprotate takes a size or a time, not "100m": write 100M for mebibytes or 100min for minutes\n',
    );
  });

  test('may be a pipe, whose next reader begins anew', async () => {
    await using namespace = await numberingNamespace();
    const folder = await namespace.exec('mktemp', '-d');
    const pipe = `${folder.trim()}/pipe`;
    await namespace.exec('mkfifo', '-m', '666', pipe);
    const tcpdumpArgs = ['-nn', '--immediate-mode', '-l', '-r', pipe];
    await using first = namespace.spawn('tcpdump', [...tcpdumpArgs, '-c', '3']);
    await using specter = await startSpecter({
      namespace,
      config: `global {\n errignore\n}\n5 {\n  plugin PCAP\n  pcapfile ${pipe}\n  pcapsync\n}\n`,
    });
    await sendNumbered(namespace, 3);
    const { stdout } = await first.exit;
    expect(stdout.match(/UDP, length 36$/gm)).toHaveLength(3);

    await sendNumbered(namespace, 2);
    await specter.waitForLog(/cannot write \S+pipe: EPIPE/);
    await using second = namespace.spawn('tcpdump', tcpdumpArgs);
    await second.waitForLog(/(UDP, length 36\n[\s\S]*){2}/);
    expect(second.stderr).toContain('link-type RAW');
    specter.signal('SIGHUP');
    await sendNumbered(namespace, 2);
    await second.waitForLog(/(UDP, length 36\n[\s\S]*){4}/);
    await specter.stop();
    expect((await second.exit).stdout.match(/UDP, length 36$/gm)).toHaveLength(4);
    await rm(folder.trim(), { recursive: true });
  });
});

const ageOf = (name: string): number => Number(name.split('.')[2] ?? 0);

const notRoot = missing ?? (runsAsRoot ? undefined : 'only root can become another user');

describe.skipIf(notRoot)(title('files of PCAP as nobody', notRoot), () => {
  test('are rotated, repaired and reopened by that user', async () => {
    await using namespace = await numberingNamespace();
    const uid = Number(await namespace.exec('id', '-u', 'nobody'));
    await using folder = await ScratchFolder.create();
    await mkdir(folder.join('sub'));
    const text = config('pcapsync\n  pcaprotate 64K')(folder.join('sub'));
    const conf = await folder.write('specter.conf', text);
    await using refused = namespace.spawn(specterBinary, ['-v', '-c', conf, '-u', 'nobody']);
    const { stderr } = await refused.exit;
    expect(stderr).toMatch(
      /block 5: PCAP: '\S+\/x\.pcap' cannot be rotated, because no files can be made next to it \(EACCES: .*\); choose a pcapfile in a folder that belongs to user \d+, or: chown \d+ \S+\/sub\n/,
    );
    await rm(folder.join('sub/x.pcap'), { force: true });
    await chown(folder.join('sub'), uid, uid);
    await using working = namespace.spawn(specterBinary, ['-v', '-c', conf, '-u', 'nobody']);
    await working.waitForLog(/ready/);
    await sendNumbered(namespace, 2000, { rate: 20_000 });
    await waitForPackets(folder.join('sub/x.pcap'), 1);
    await working.stop();
    const names = (await readdir(folder.join('sub'))).sort();
    expect(names).toEqual(['x.pcap', 'x.pcap.1', 'x.pcap.2']);
    let packets = 0;
    for (const name of names) {
      const file = folder.join(`sub/${name}`);
      expect((await stat(file)).uid).toBe(uid);
      packets += (await identifications(file)).length;
    }
    expect(packets).toBe(2000);
  });
});
