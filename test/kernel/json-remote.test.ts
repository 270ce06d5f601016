import { chmod, chown, readdir, rm, stat } from 'node:fs/promises';
import { setTimeout } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Daemon, startSpecter } from '../support/daemon.ts';
import { lines } from '../support/file-lines.ts';
import { startLineReceiver } from '../support/line-receiver.ts';
import { Namespace } from '../support/namespace.ts';
import { numberedPort, numberingRules, range, sendNumbered } from '../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../support/requirements.ts';
import { ScratchFolder } from '../support/scratch-folder.ts';
import { SmallDisk } from '../support/small-disk.ts';
import { type Counts, countedNow, lastStatistics } from '../support/statistics.ts';
import { until } from '../support/until.ts';

const missing = requireKernel();

const PORT = 12_345;

const config = (options: string): string => `global {
  rmem 64M
}
5 {
  qthreshold 1
  plugin BASE
  plugin JSON
  jsonkeys oob.mark
  ${options.trim().replaceAll(/\n\s*/g, '\n  ')}
}
`;

/** The packets' numbers, as lines tell them. */
const numbers = (received: readonly string[]): number[] =>
  received.map((line) => JSON.parse(line)['oob.mark']);

const distinct = (values: readonly number[]): number[] =>
  [...new Set(values)].sort((a, b) => a - b);

/** What the output has counted up to now, or up to the end. */
const counted = async (specter: Daemon): Promise<Counts> =>
  (await countedNow(specter, '5', 'JSON')).stages.JSON ?? {};

const counts = (log: string): Counts => lastStatistics(log)[5]?.stages.JSON ?? {};

/** Waits until a counter has a value, or one that will do. */
async function untilCounted(
  specter: Daemon,
  name: string,
  value: number | ((value: number) => boolean),
): Promise<void> {
  const isRight = typeof value === 'number' ? (now: number) => now === value : value;
  await until(
    async () => isRight((await counted(specter))[name] ?? Number.NaN),
    `${name} ${value}`,
    20_000,
  );
}

describe.skipIf(missing)(title('JSON over the network', missing), () => {
  let namespace: Namespace;
  let scratch: ScratchFolder;
  let file: string;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
    file = scratch.join('received');
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
  });
  afterEach(async () => {
    await namespace[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  const received = async (): Promise<number[]> => numbers(await lines(file));

  /** Waits until so many different packets have come. */
  async function untilReceived(packets: number): Promise<void> {
    const complete = async () => new Set(await received()).size >= packets;
    await until(complete, `${packets} packets at the receiver`);
  }

  test.each([
    ['tcp', `jsonport ${PORT}`],
    ['unix', ''],
  ])('by %s: every packet arrives once and in order', async (mode, option) => {
    const packets = 50_000;
    const path = scratch.join('socket');
    await using _receiver = await startLineReceiver(
      ...([namespace, mode === 'unix' ? path : PORT, file] as const),
    );
    await using specter = await startSpecter({
      namespace,
      config: config(`jsonmode ${mode}\n${mode === 'unix' ? `jsonfile ${path}` : option}`),
    });
    await specter.waitForLog(/ready/);
    await sendNumbered(namespace, packets, { rate: 50_000 });
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    await untilReceived(packets);
    expect(await received()).toEqual(range(0, packets));
    expect(lastStatistics(stderr)[5]).toMatchObject({ received: packets, lost: 0 });
    expect(counts(stderr)).toEqual({
      ...{ written: packets, dropped: 0, errors: 0 },
      ...{ queued: 0, unconfirmed: 0, resent: 0, connects: 1 },
    });
  });

  test('a packet arrives as soon as it is received', async () => {
    await using _receiver = await startLineReceiver(namespace, PORT, file);
    await using specter = await startSpecter({
      namespace,
      config: config('jsonmode tcp').replace('jsonkeys oob.mark', ''),
    });
    await until(async () => (await counted(specter)).connects === 1, 'the connection');
    await sendNumbered(namespace, 1);
    const complete = async () => (await lines(file)).length === 1;
    await until(complete, 'the record');
    const { timestamp } = JSON.parse((await lines(file))[0] ?? '');
    // The clock of file systems moves every few milliseconds.
    const delay = (await stat(file)).mtimeMs - Date.parse(timestamp);
    expect(delay).toBeLessThan(800);
  });

  test('a receiver killed again and again under load has had every packet in the end', async () => {
    const packets = 80_000;
    await using specter = await startSpecter({
      namespace,
      config: config('jsonmode tcp\njsonresend 2M'),
    });
    let receiver = await startLineReceiver(namespace, PORT, file);
    const sending = sendNumbered(namespace, packets, { rate: 10_000 });
    for (let kill = 0; kill < 4; kill++) {
      await untilCounted(specter, 'connects', (connects) => connects > kill);
      await setTimeout(1100 + Math.random() * 400);
      await receiver.stop('SIGKILL');
      receiver = await startLineReceiver(namespace, PORT, file);
    }
    await sending;
    await untilReceived(packets);
    const { stderr } = await specter.stop();
    await receiver[Symbol.asyncDispose]();
    const all = await received();
    expect(distinct(all)).toEqual(range(0, packets));
    const { written, dropped, resent = 0, connects } = counts(stderr);
    expect({ written, dropped }).toEqual({ written: packets, dropped: 0 });
    expect(connects).toBeGreaterThanOrEqual(4);
    // What came twice is what was sent twice, but for what a receiver did not read before it died.
    expect(all.length - packets).toBeLessThanOrEqual(resent);
    // Each record is about 80 bytes.
    expect(resent).toBeLessThanOrEqual((4 * (2 << 20)) / 60);
  });

  test('a receiver that reads nothing costs what goes beyond the bound, counted', async () => {
    const packets = 150_000;
    await using receiver = await startLineReceiver(namespace, PORT, file);
    await using specter = await startSpecter({
      namespace,
      config: config('jsonmode tcp\njsonqueue 1M'),
    });
    await until(async () => (await counted(specter)).connects === 1, 'the connection');
    receiver.signal('SIGSTOP');
    await sendNumbered(namespace, packets, { rate: 50_000 });
    await specter.waitForLog(
      /records dropped because too many wait for tcp:\/\/127\.0\.0\.1:12345: \d+/,
    );
    receiver.signal('SIGCONT');
    await untilCounted(specter, 'queued', 0);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    const { written = 0, dropped = 0, resent } = counts(stderr);
    expect([written + dropped, resent]).toEqual([packets, 0]);
    expect(dropped).toBeGreaterThan(0);
    await untilReceived(written);
    const all = await received();
    expect(all).toEqual(distinct(all));
    expect(all.length).toBe(written);
  });

  test('with a spool a receiver that reads nothing for a while costs nothing', async () => {
    const packets = 150_000;
    await using receiver = await startLineReceiver(namespace, PORT, file);
    await using specter = await startSpecter({
      namespace,
      config: config(`jsonmode tcp
        jsonqueue 4M
        jsonspool ${scratch.path}/spool`),
    });
    await until(async () => (await counted(specter)).connects === 1, 'the connection');
    receiver.signal('SIGSTOP');
    await sendNumbered(namespace, packets, { rate: 30_000 });
    await until(async () => ((await counted(specter)).spooled ?? 0) > 0, 'something on disk');
    receiver.signal('SIGCONT');
    await untilReceived(packets);
    const { stderr } = await specter.stop();
    expect(await received()).toEqual(range(0, packets));
    expect(counts(stderr)).toMatchObject({ written: packets, dropped: 0, resent: 0 });
  });

  test('specter killed in an outage sends what it had received when it runs again', async () => {
    const packets = 20_000;
    const spool = scratch.join('spool');
    const text = config(`jsonmode tcp\njsonspool ${spool}`);
    await using killed = await startSpecter({ namespace, config: text });
    await sendNumbered(namespace, packets / 2, { rate: 20_000 });
    await untilCounted(killed, 'spooled', packets / 2);
    await killed.stop('SIGKILL');

    await using specter = await startSpecter({ namespace, config: text });
    await specter.waitForLog(/notice block 5 JSON: 10000 records from before wait in the spool/);
    await sendNumbered(namespace, packets / 2, { rate: 20_000 });
    await using _receiver = await startLineReceiver(namespace, PORT, file);
    await untilReceived(packets);
    const { stderr } = await specter.stop();
    expect(await received()).toEqual(range(0, packets));
    expect(counts(stderr)).toMatchObject({
      ...{ written: packets / 2, recovered: packets / 2, dropped: 0, spooled: 0 },
    });
    expect(await readdir(spool)).toEqual(['lock', 'position']);
  });

  test('what is in the spool at the end is there at the next start', async () => {
    const text = config(`jsonmode tcp\njsonspool ${scratch.path}/spool`);
    await using first = await startSpecter({ namespace, config: text });
    await sendNumbered(namespace, 1000);
    await untilCounted(first, 'queued', 1000);
    const { code, stderr } = await first.stop();
    expect(code).toBe(0);
    expect(stderr).toContain('1000 records stay in the spool');
    await using _receiver = await startLineReceiver(namespace, PORT, file);
    await using second = await startSpecter({ namespace, config: text });
    await untilReceived(1000);
    await second.stop();
    expect(await received()).toEqual(range(0, 1000));
  });

  test('a full disk costs what goes beyond it, counted, and no more when it has room', async () => {
    const packets = 60_000;
    // 2 MiB, with room for some 64 KiB.
    const options = (path: string) => config(`jsonmode tcp\njsonqueue 1M\njsonspool ${path}/spool`);
    await using disk = await SmallDisk.create(namespace, '2m', options, 2_031_616);
    const { specter } = disk;
    await sendNumbered(namespace, packets, { rate: 30_000 });
    await specter.waitForLog(/error block 5 JSON: spool: \S+: ENOSPC: .*; trying again/);
    await specter.waitForLog(/records dropped because too many wait/);
    await rm(disk.path('ballast'));
    await specter.waitForLog(/notice block 5 JSON: the spool can be written again/);
    await using _receiver = await startLineReceiver(namespace, PORT, file);
    await untilCounted(specter, 'queued', 0);
    await sendNumbered(namespace, 100);
    await untilCounted(specter, 'queued', 0);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    const { written = 0, dropped = 0 } = counts(stderr);
    expect(written + dropped).toBe(packets + 100);
    expect(dropped).toBeGreaterThan(0);
    await untilReceived(written);
    const all = await received();
    expect(all).toEqual(distinct(all));
    expect(all.slice(-100)).toEqual(range(packets, packets + 100));
  });

  test('a reload in an outage keeps the spool and its order', async () => {
    await using specter = await startSpecter({
      namespace,
      config: config(`jsonmode tcp\njsonspool ${scratch.path}/spool`),
    });
    const sending = sendNumbered(namespace, 30_000, { rate: 10_000 });
    await until(async () => ((await counted(specter)).spooled ?? 0) > 5000, 'records on disk');
    await specter.folder.write(
      'specter.conf',
      config(`jsonmode tcp\njsonspool ${scratch.path}/spool\njsonqueue 16M`),
    );
    specter.signal('SIGUSR1');
    await specter.waitForLog(/config reloaded\n/);
    await using _receiver = await startLineReceiver(namespace, PORT, file);
    await sending;
    await untilReceived(30_000);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await received()).toEqual(range(0, 30_000));
    const { written = 0, recovered = 0, dropped, spooled } = counts(stderr);
    expect([written + recovered, dropped, spooled]).toEqual([30_000, 0, 0]);
  });

  test('SIGHUP makes a new connection; nothing is lost or doubled', async () => {
    await using receiver = await startLineReceiver(namespace, PORT, file);
    await using specter = await startSpecter({ namespace, config: config('jsonmode tcp') });
    const sending = sendNumbered(namespace, 20_000, { rate: 10_000 });
    for (let i = 2; i < 5; i++) {
      await receiver.waitForLog(new RegExp(`^(.*\\n)*${'connected\\n(.*\\n)*'.repeat(i - 1)}`));
      specter.signal('SIGHUP');
      await until(async () => (await counted(specter)).connects === i, `connection ${i}`);
    }
    await sending;
    await untilReceived(20_000);
    const { stderr } = await specter.stop();
    expect(await received()).toEqual(range(0, 20_000));
    expect(counts(stderr)).toMatchObject({ written: 20_000, dropped: 0, errors: 0, connects: 4 });
  });

  test('by UDP: a datagram for each packet', async () => {
    const packets = 2000;
    await using receiver = namespace.spawn('sh', [
      '-c',
      `exec nc -u -l -k -n 127.0.0.1 ${PORT} >"$0"`,
      file,
    ]);
    await until(
      async () => (await namespace.exec('ss', '-uln')).includes(`127.0.0.1:${PORT}`),
      'the receiver',
    );
    await using specter = await startSpecter({ namespace, config: config('jsonmode udp') });
    await sendNumbered(namespace, packets, { rate: 2000 });
    await untilReceived(packets);
    expect(await received()).toEqual(range(0, packets));
    const { stderr } = await specter.stop();
    expect(counts(stderr)).toEqual({ written: packets, dropped: 0, errors: 0, queued: 0 });
    await receiver.stop('SIGKILL');
  });

  const noRoot = runsAsRoot ? undefined : 'only root can become another user';

  test.skipIf(noRoot)(title('as nobody the spool belongs to nobody', noRoot), async () => {
    const uid = Number(await namespace.exec('id', '-u', 'nobody'));
    const parent = await scratch.join('own');
    await namespace.exec('mkdir', parent);
    await chown(parent, uid, uid);
    await using specter = await startSpecter({
      namespace,
      args: ['-u', 'nobody'],
      config: config(`jsonmode tcp\njsonspool ${parent}/spool`),
    });
    await sendNumbered(namespace, 100);
    await untilCounted(specter, 'spooled', 100);
    for (const name of ['.', ...(await readdir(`${parent}/spool`))]) {
      const { uid: owner, mode } = await stat(`${parent}/spool/${name}`);
      expect([name, owner, mode & 0o777]).toEqual([name, uid, name === '.' ? 0o700 : 0o600]);
    }
    expect((await specter.stop()).code).toBe(0);
  });

  test.skipIf(noRoot)(title('as nobody a folder of root is refused', noRoot), async () => {
    await namespace.exec('mkdir', scratch.join('spool'));
    await chmod(scratch.join('spool'), 0o700);
    const starting = startSpecter({
      namespace,
      args: ['-u', 'nobody'],
      config: config(`jsonmode tcp\njsonspool ${scratch.path}/spool`),
    });
    await expect(starting).rejects.toThrow(
      /block 5: JSON: \S+\/spool: belongs to user 0, not to \d+; give specter one: install -d -m 700 -o \d+ /,
    );
  });
});
