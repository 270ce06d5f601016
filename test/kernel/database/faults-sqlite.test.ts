import { readdir, rm, stat, truncate } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { accountByName } from '../../../src/libc/accounts.ts';
import { startSpecter } from '../../support/daemon.ts';
import { Namespace } from '../../support/namespace.ts';
import { numberedPort, numberingRules, sendNumbered } from '../../support/numbered-packets.ts';
import { requireKernel, runsAsRoot, title } from '../../support/requirements.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { SmallDisk } from '../../support/small-disk.ts';
import { openSqlite } from '../../support/sqlite-file.ts';
import { allOf, Rig } from './faults-rig.ts';
import { COUNTS, storedOf } from './faults-servers.ts';

const missing = requireKernel('sqlite3');

const files = {
  target: (path: string) => `sqlite3db ${path}`,
  stored: async (path: string) => {
    using db = openSqlite(path);
    return storedOf(...(db.rows(COUNTS)[0] ?? []));
  },
};

describe.skipIf(missing)(title('SQLITE3: faults', missing), () => {
  let namespace: Namespace;
  let scratch: ScratchFolder;
  let path: string;
  let rig: Rig;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
    path = scratch.join('packets.db');
    namespace = await Namespace.create();
    await namespace.nft(numberingRules({ [numberedPort]: 'log group 5' }));
    rig = new Rig({ plugin: 'SQLITE3', prefix: 'sqlite3' }, files, namespace, path);
  });
  afterEach(async () => {
    await namespace[Symbol.asyncDispose]();
    await scratch[Symbol.asyncDispose]();
  });

  const config = (options = '') => rig.config(options, '');
  const start = (options = '') => startSpecter({ namespace, config: config(options) });

  test('a file that another program has locked for a while', async () => {
    const packets = 20_000;
    await using specter = await start('reconnect=100ms');
    const sending = sendNumbered(namespace, packets, { rate: 10_000 });
    await rig.untilCounted(specter, 'written', (rows) => rows > 0);
    await using other = namespace.spawn('sqlite3', [path], { stdin: true });
    other.stdin?.write(".timeout 5000\nBEGIN EXCLUSIVE;\nSELECT 'locked';\n");
    await other.waitForLog(/^locked$/m);
    // It waits for two seconds by itself.
    await specter.waitForLog(/error block 5 SQLITE3: .*locked.*; trying again, \d+ records wait\n/);
    other.stdin?.end('COMMIT;\n');
    await specter.waitForLog(/works again/);
    await sending;
    await rig.untilCounted(specter, 'queued', 0);
    const { code, stderr } = await specter.stop();
    expect(code).toBe(0);
    expect(await rig.stored()).toEqual(allOf(packets));
    expect(rig.output(rig.counts(stderr))).toMatchObject({ written: packets, dropped: 0 });
    expect(stderr.match(/trying again/g)?.length).toBe(1);
  });

  test('a full disk: what memory has no room for is counted, the rest is stored', async () => {
    const packets = 60_000;
    let file = '';
    await using disk = await SmallDisk.create(namespace, '16m', (folder) => {
      file = `${folder}/packets.db`;
      return new Rig(rig.kind, files, namespace, file).config('queue=1M', '');
    });
    const { specter } = disk;
    await rig.untilCounted(specter, 'connects', 1);
    const ballast = disk.path('ballast');
    const spare = await namespace.exec('sh', '-c', `head -c 16M /dev/zero >"${ballast}"; echo $?`);
    expect(spare).toBe('1\n');
    await sendNumbered(namespace, packets, { rate: 30_000 });
    await specter.waitForLog(
      /error block 5 SQLITE3: .*(ENOSPC|SQLITE_FULL).*; trying again, \d+ records wait\n/,
    );
    await specter.waitForLog(/records dropped because too many wait/);
    await rm(ballast);
    await specter.waitForLog(/works again/);
    await rig.untilCounted(specter, 'queued', 0);
    const { written = 0, dropped = 0 } = rig.output(await rig.counted(specter));
    expect(written + dropped).toBe(packets);
    expect(dropped).toBeGreaterThan(0);
    // SQLite would follow the link of /proc to a file of this mount namespace.
    const inside = [
      'nsenter',
      '--mount',
      `--target=${specter.pid}`,
      'sqlite3',
      file,
      COUNTS,
    ] as const;
    const [rows, distinct, first] = (await namespace.exec(...inside)).trim().split('|').map(Number);
    expect([rows, distinct, first]).toEqual([written, written, 0]);
  });

  test('a file that is removed: a new one is made, and what comes then is there', async () => {
    await using specter = await start('reconnect=100ms');
    await sendNumbered(namespace, 1000);
    await rig.untilCounted(specter, 'written', 1000);
    for (const name of await readdir(scratch.path)) await rm(scratch.join(name));
    await sendNumbered(namespace, 2000);
    await rig.untilCounted(specter, 'written', 3000);
    const { stderr } = await specter.stop();
    expect(await rig.stored()).toEqual({ rows: 2000, distinct: 2000, first: 1000, last: 2999 });
    expect(rig.output(rig.counts(stderr))).toMatchObject({ dropped: 0 });
  });

  test('specter killed under load: the file is whole, and has each row once', async () => {
    const packets = 20_000;
    await using killed = await start();
    const sending = sendNumbered(namespace, packets, { rate: 10_000 });
    await rig.untilCounted(killed, 'written', (rows) => rows > 5000);
    const { written = 0 } = rig.output(rig.counts(killed.stderr));
    await killed.stop('SIGKILL');
    await sending;
    const { rows, distinct, last } = await rig.stored();
    expect(rows).toBeGreaterThanOrEqual(written);
    expect([distinct, last]).toEqual([rows, rows - 1]);
    await using specter = await start();
    await sendNumbered(namespace, 100);
    await rig.untilCounted(specter, 'written', 100);
    expect((await rig.stored()).rows).toBe(rows + 100);
    expect(await namespace.exec('sqlite3', path, 'PRAGMA integrity_check')).toBe('ok\n');
  });

  test('SIGHUP under load: nothing is lost or doubled', async () => {
    const packets = 20_000;
    await using specter = await start();
    const sending = sendNumbered(namespace, packets, { rate: 10_000 });
    await rig.untilCounted(specter, 'written', (rows) => rows > 0);
    specter.signal('SIGHUP');
    await rig.untilCounted(specter, 'connects', 2);
    await sending;
    const { stderr } = await specter.stop();
    expect(await rig.stored()).toEqual(allOf(packets));
    expect(rig.output(rig.counts(stderr))).toMatchObject({ written: packets, errors: 0 });
  });

  test('something that is no database is an error at the start', async () => {
    await scratch.write('packets.db', 'x'.repeat(5000));
    await expect(start()).rejects.toThrow(/SQLITE3: .*not a database.*\(sqlite3lazy would start/);
    await truncate(path);
    await using specter = await start();
    await sendNumbered(namespace, 10);
    await rig.untilCounted(specter, 'written', 10);
  });

  const noRoot = runsAsRoot ? undefined : 'only root can become another user';

  test.skipIf(noRoot)(title('as nobody the file belongs to nobody', noRoot), async () => {
    const nobody = accountByName('nobody');
    if (!nobody) throw new Error('there is no user nobody');
    await namespace.exec('install', '-d', '-o', 'nobody', scratch.join('own'));
    const own = new Rig(rig.kind, files, namespace, scratch.join('own/packets.db'));
    const text = own.config('', '');
    await using specter = await startSpecter({ namespace, config: text, args: ['-u', 'nobody'] });
    await sendNumbered(namespace, 100);
    await rig.untilCounted(specter, 'written', 100);
    const names = await readdir(scratch.join('own'));
    expect(names).toEqual(['packets.db', 'packets.db-shm', 'packets.db-wal']);
    for (const name of names) {
      const { uid, mode } = await stat(scratch.join(`own/${name}`));
      expect([name, uid, mode & 0o777]).toEqual([name, nobody.uid, 0o640]);
    }
    await specter.stop();
    expect(await own.stored()).toEqual(allOf(100));
    // Of root, in a folder of root's.
    const refused = startSpecter({ namespace, config: config(), args: ['-u', 'nobody'] });
    await expect(refused).rejects.toThrow(/SQLITE3: .*packets\.db.*\(sqlite3lazy/);
    expect(await readdir(scratch.path)).toEqual(['own']);
  });
});
