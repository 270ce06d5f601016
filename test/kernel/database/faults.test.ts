import { readdir } from 'node:fs/promises';
import { setTimeout as delay } from 'node:timers/promises';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { Namespace } from '../../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../../support/numbered-packets.ts';
import { requireKernel, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { allOf, Rig } from './faults-rig.ts';
import { type FaultyServer, serverKinds } from './faults-servers.ts';

const noKernel = requireKernel();
/** How long a server is away in order. By hand: SPECTER_TEST_OUTAGE_MS=60000. */
const OUTAGE_MS = Number(process.env.SPECTER_TEST_OUTAGE_MS ?? 800);

// The kinds at the same time: what they do most is to wait for servers.
describe.concurrent.each(serverKinds)('$plugin', (kind) => {
  const missing = noKernel ?? kind.missing();
  const how = { sequential: true, skip: missing !== undefined };
  describe(title('faults', missing), how, () => {
    let server: FaultyServer;
    let namespace: Namespace;
    let scratch: ScratchFolder;
    let rig: Rig;
    let databases = 0;
    beforeAll(async () => {
      server = await kind.begin();
    });
    afterAll(async () => await server[Symbol.asyncDispose]());
    beforeEach(async () => {
      await server.start();
      scratch = await ScratchFolder.create();
      namespace = await Namespace.create();
      await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
      const database = `d${databases++}`;
      await server.createDatabase(database);
      rig = new Rig(kind, server, namespace, database);
    });
    afterEach(async () => {
      await namespace[Symbol.asyncDispose]();
      await scratch[Symbol.asyncDispose]();
    });

    const spool = () => `spool=${scratch.join('spool')} reconnect=200ms`;

    test('a server killed under load: every packet is there once', async () => {
      const packets = 40_000;
      await using specter = await rig.specter(spool());
      const sending = sendNumbered(namespace, packets / 2, { rate: 20_000 });
      await rig.untilCounted(specter, 'written', (rows) => rows > 0);
      await server.kill();
      await specter.waitForLog(/error block 5 .*; trying again, \d+ records wait\n/);
      await sending;
      const rest = sendNumbered(namespace, packets / 2, { rate: 20_000 });
      await rig.untilCounted(specter, 'spooled', (rows) => rows > packets / 8);
      await server.start();
      await rest;
      await rig.untilCounted(specter, 'queued', 0);
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      expect(await rig.stored()).toEqual(allOf(packets));
      const counts = rig.counts(stderr);
      expect(counts).toMatchObject({ received: packets, lost: 0 });
      expect(rig.output(counts)).toMatchObject({
        ...{ written: packets, dropped: 0, spooled: 0, recovered: 0, damaged: 0, refused: 0 },
        connects: 2,
      });
      expect(stderr.match(/trying again/g)?.length).toBe(1);
      expect(stderr.match(/works again/g)?.length).toBe(1);
    });

    test(
      'a server that is away for a while, and a queue that is large enough',
      async () => {
        const packets = 5 * OUTAGE_MS + 8000;
        await using specter = await rig.specter('queue=64M');
        const sending = sendNumbered(namespace, packets, { rate: 5000 });
        await rig.untilCounted(specter, 'written', (rows) => rows > 0);
        await server.stop();
        await delay(OUTAGE_MS);
        await server.start();
        await sending;
        await rig.untilCounted(specter, 'queued', 0);
        const { stderr } = await specter.stop();
        expect(await rig.stored()).toEqual(allOf(packets));
        const counts = rig.counts(stderr);
        expect(counts).toMatchObject({ received: packets, lost: 0 });
        expect(rig.output(counts)).toMatchObject({ written: packets, dropped: 0 });
      },
      60_000 + OUTAGE_MS,
    );

    test('what a small queue has no room for is counted', async () => {
      const packets = 30_000;
      await using specter = await rig.specter('queue=1M reconnect=200ms');
      await server.stop();
      const before = 1000;
      await sendNumbered(namespace, before, { rate: 10_000 });
      await sendNumbered(namespace, packets - before, { rate: 30_000 });
      await specter.waitForLog(/records dropped because too many wait for \w+:\/\/\S+: \d+/);
      await server.start();
      await rig.untilCounted(specter, 'queued', 0);
      const { stderr } = await specter.stop();
      const counts = rig.counts(stderr);
      const { written = 0, dropped = 0 } = rig.output(counts);
      expect([counts.received, written + dropped]).toEqual([packets, packets]);
      expect(written).toBeGreaterThan(before);
      expect(dropped).toBeGreaterThan(0);
      // It is the newest that are dropped.
      expect(await rig.stored()).toEqual(allOf(written));
    });

    test('a socket that goes away and comes back', async () => {
      const packets = 20_000;
      await using specter = await rig.specter('reconnect=200ms');
      const sending = sendNumbered(namespace, packets / 2, { rate: 10_000 });
      await rig.untilCounted(specter, 'written', (rows) => rows > 0);
      await server.cut();
      await specter.waitForLog(/error block 5 .*; trying again, \d+ records wait\n/);
      await sending;
      const rest = sendNumbered(namespace, packets / 2, { rate: 10_000 });
      await rig.untilCounted(specter, 'queued', (rows) => rows > packets / 8);
      await server.mend();
      await rest;
      await rig.untilCounted(specter, 'queued', 0);
      const { stderr } = await specter.stop();
      expect(await rig.stored()).toEqual(allOf(packets));
      expect(rig.output(rig.counts(stderr))).toMatchObject({
        ...{ written: packets, dropped: 0, connects: 2 },
      });
    });

    test('a table that is dropped and made again', async () => {
      await using specter = await rig.specter('reconnect=100ms flush=20ms');
      const before = 2000;
      await sendNumbered(namespace, before);
      await rig.untilCounted(specter, 'written', before);
      await server.sql(
        rig.database,
        `DROP TABLE packet ${kind.plugin === 'PGSQL' ? 'CASCADE' : ''}`,
      );
      const after = 5000;
      await sendNumbered(namespace, after, { rate: 10_000 });
      const attempts = rig.output(await rig.counted(specter)).errors ?? 0;
      await rig.untilCounted(specter, 'errors', (errors) => errors > attempts + 5);
      await server.loadSchema(rig.database);
      await rig.untilCounted(specter, 'queued', 0);
      const { stderr } = await specter.stop();
      expect(await rig.stored()).toEqual({
        ...{ rows: after, distinct: after, first: before, last: before + after - 1 },
      });
      expect(rig.output(rig.counts(stderr))).toMatchObject({ written: before + after, dropped: 0 });
      const errors = stderr.match(/^.* error (?!.* took longer than a second).*$/gm) ?? [];
      expect(errors).toEqual([expect.stringMatching(/packet.*; trying again, \d+ records wait$/)]);
      expect(errors[0]).toContain(kind.noTable);
    });

    test('a full disk under the spool costs the newest, counted', async () => {
      const packets = 40_000;
      await using disk = await SmallDisk.create(namespace, '1m', (path) =>
        rig.config(`queue=1M spool=${path}/spool reconnect=200ms`),
      );
      const { specter } = disk;
      await server.stop();
      await sendNumbered(namespace, packets, { rate: 20_000 });
      await specter.waitForLog(/error block 5 \w+: spool: \S+: ENOSPC: .*; trying again\n/);
      await specter.waitForLog(/records dropped because too many wait/);
      await server.start();
      await rig.untilCounted(specter, 'queued', 0);
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      const { written = 0, dropped = 0, spooled, damaged } = rig.output(rig.counts(stderr));
      expect([written + dropped, spooled, damaged]).toEqual([packets, 0, 0]);
      expect(dropped).toBeGreaterThan(0);
      expect(await rig.stored()).toEqual(allOf(written));
    });

    test('specter killed in an outage, and again while it catches up', async () => {
      const packets = 20_000;
      await server.stop();
      const options = `${spool()} lazy batch=200`;
      await using killed = await rig.specter(options);
      await sendNumbered(namespace, packets, { rate: 20_000 });
      await rig.untilCounted(killed, 'spooled', packets);
      await killed.stop('SIGKILL');

      await using another = await rig.specter(options);
      await another.waitForLog(/notice block 5 \w+: 20000 records from before wait/);
      await server.start();
      await rig.untilCounted(another, 'recovered', (rows) => rows >= 400);
      await another.stop('SIGKILL');
      const { rows } = await rig.stored();
      expect(rows).toBeGreaterThanOrEqual(400);

      await using last = await rig.specter(spool());
      await last.waitForLog(/records from before wait in the spool/);
      await rig.untilCounted(last, 'queued', 0);
      const { stderr } = await last.stop();
      expect(await rig.stored()).toEqual(allOf(packets));
      const {
        recovered = 0,
        'stored before': known = 0,
        ...others
      } = rig.output(rig.counts(stderr));
      // What was stored and not released before the kill comes a second time, and is known.
      expect(recovered - known).toBe(packets - rows);
      expect(others).toMatchObject({ written: 0, dropped: 0, refused: 0, spooled: 0, damaged: 0 });
      expect(await readdir(scratch.join('spool'))).toEqual(['lock', 'position']);
    });

    test('rows that the server refuses do no harm to others', async () => {
      const packets = 12_000;
      await server.sql(
        rig.database,
        'ALTER TABLE packet ADD CONSTRAINT unlucky CHECK (oob_mark NOT IN (0, 1300, 1301, 11999))',
      );
      await using specter = await rig.specter('batch=5000 flush=2s');
      await sendNumbered(namespace, packets, { rate: 40_000 });
      await rig.untilCounted(specter, 'queued', 0);
      const { stderr } = await specter.stop();
      expect(await rig.stored()).toEqual({
        ...{ rows: packets - 4, distinct: packets - 4, first: 1, last: packets - 2 },
      });
      expect(rig.output(rig.counts(stderr))).toMatchObject({
        ...{ written: packets - 4, dropped: 4, refused: 4, errors: 0, connects: 1 },
      });
      expect(stderr).toMatch(/records refused: .*unlucky.*: \d+/);
    });

    test('a server that refuses every second row, in the middle of which specter ends', async () => {
      const packets = 12_000;
      await server.sql(
        rig.database,
        'ALTER TABLE packet ADD CONSTRAINT even CHECK (oob_mark % 2 = 0)',
      );
      await using specter = await rig.specter('batch=5000 flush=2s shutdown=100ms');
      await sendNumbered(namespace, packets, { rate: 40_000 });
      await rig.untilCounted(specter, 'refused', (rows) => rows > 100);
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      const { written = 0, dropped = 0, errors } = rig.output(rig.counts(stderr));
      expect([written + dropped, errors]).toEqual([packets, 0]);
      expect(written).toBeGreaterThan(100);
      expect(stderr).toMatch(/error block 5 \w+: \d+ records lost: \S+ has not taken them/);
      const { rows, distinct } = await rig.stored();
      expect(distinct).toBe(rows);
      // What was on its way at the end may be there as well: where every second is refused, two at most.
      expect(rows - written).toBeGreaterThanOrEqual(0);
      expect(rows - written).toBeLessThanOrEqual(2);
    });

    test('SIGHUP and a changed config under load: nothing is lost or doubled', async () => {
      const packets = 30_000;
      await using specter = await rig.specter();
      const sending = sendNumbered(namespace, packets, { rate: 10_000 });
      await rig.untilCounted(specter, 'written', (rows) => rows > 0);
      for (let connects = 2; connects < 5; connects++) {
        specter.signal('SIGHUP');
        await rig.untilCounted(specter, 'connects', connects);
      }
      await specter.folder.write('specter.conf', rig.config('batch=100'));
      specter.signal('SIGUSR1');
      await specter.waitForLog(/config reloaded\n/);
      await sending;
      await rig.untilCounted(specter, 'queued', 0);
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      expect(await rig.stored()).toEqual(allOf(packets));
      const counts = rig.counts(stderr);
      expect(counts).toMatchObject({ received: packets, lost: 0 });
      expect(rig.output(counts)).toMatchObject({
        ...{ written: packets, dropped: 0, errors: 0, 'stored before': 0 },
      });
    });

    test('the end in an outage: rows are lost, and counted, or wait for the next run', async () => {
      const packets = 3000;
      await using first = await rig.specter(spool());
      await server.stop();
      await sendNumbered(namespace, packets);
      await rig.untilCounted(first, 'queued', packets);
      const kept = await first.stop();
      expect(kept.code).toBe(0);
      expect(kept.stderr).toContain('3000 records stay in the spool');
      expect(rig.output(rig.counts(kept.stderr))).toMatchObject({ written: 0, dropped: 0 });

      await using second = await rig.specter('lazy');
      await sendNumbered(namespace, 500);
      await rig.untilCounted(second, 'queued', 500);
      const lost = await second.stop();
      expect(lost.code).toBe(0);
      expect(lost.stderr).toMatch(/error block 5 \w+: 500 records lost: \S+ has not taken them/);
      expect(rig.output(rig.counts(lost.stderr))).toMatchObject({ written: 0, dropped: 500 });

      await server.start();
      await using third = await rig.specter(spool());
      await rig.untilCounted(third, 'recovered', packets);
      await third.stop();
      expect(await rig.stored()).toEqual(allOf(packets));
    });

    test('the end while the server does not answer takes no longer than it may', async () => {
      const packets = 2000;
      await using specter = await rig.specter(`${spool()} shutdown=300ms`);
      await rig.untilCounted(specter, 'connects', 1);
      const release = await server.lock(rig.database);
      await sendNumbered(namespace, packets);
      await rig.untilCounted(specter, 'queued', packets);
      // It would wait a minute for the answer to its batch.
      const { code, stderr } = await specter.stop();
      expect(code).toBe(0);
      expect(stderr).toContain('2000 records stay in the spool');
      await release();
      await using next = await rig.specter(spool());
      await rig.untilCounted(next, 'recovered', packets);
      await next.stop();
      expect(await rig.stored()).toEqual(allOf(packets));
    });
  });
});
