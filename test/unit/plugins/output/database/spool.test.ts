import { mkdir, readdir, rm, rmdir } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Spool } from '../../../../../src/spool/index.ts';
import { eventually } from '../../../../support/eventually.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { newSpool, openSpool } from '../../../spool/open-spool.ts';
import { connected, endRigs, first, LoaderRig, type RigOptions } from './loader-rig.ts';
import { numberedRows } from './numbered-rows.ts';

describe('a loader with a spool', () => {
  let scratch: ScratchFolder;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
  });
  afterEach(async () => {
    await endRigs();
    await scratch[Symbol.asyncDispose]();
  });

  const folder = () => scratch.join('spool');
  const rigWith = (options: RigOptions = {}) =>
    new LoaderRig({ spool: newSpool(folder()), ...options });
  const down = new Error('refused');

  /** Leaves rows in the spool, as a run that has ended. */
  async function leave(rows = numberedRows(), count = 100): Promise<void> {
    const rig = rigWith({ rows, down });
    rows.add(count);
    await rig.loader.close();
    expect(rig.log.lines.at(-1)).toBe(`notice: ${count} records stay in the spool`);
    expect(rig.counters).toMatchObject({ written: 0, dropped: 0 });
  }

  test('writes nothing to disk while the database works', async () => {
    const spool = newSpool(folder());
    const append = vi.spyOn(spool, 'append');
    const rig = new LoaderRig({ spool });
    await connected(rig);
    for (let i = 0; i < 20; i++) rig.rows.add(40);
    await eventually(() => expect(rig.numbers).toEqual(first(800)));
    expect(append).not.toHaveBeenCalled();
  });

  test('has everything on disk as soon as the database fails, and nothing when it is stored', async () => {
    const rig = rigWith();
    await connected(rig);
    rig.database.down = down;
    rig.database.lose(new Error('gone'));
    rig.rows.add(150);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 150, spooled: 150 }));
    rig.rows.add(30);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 180, spooled: 180 }));
    rig.database.down = undefined;
    await eventually(() => expect(rig.numbers).toEqual(first(180)));
    expect(rig.details()).toMatchObject({ queued: 0, spooled: 0, recovered: 0 });
    expect(rig.counters).toMatchObject({ written: 180, dropped: 0 });
  });

  test('a batch that takes too long is on disk meanwhile', async () => {
    const rig = rigWith();
    await connected(rig);
    let release = () => {};
    rig.database.beforeInsert = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    rig.rows.add(100);
    await eventually(() => expect(rig.details().spooled).toBe(100));
    rig.database.beforeInsert = () => {};
    release();
    await eventually(() => expect(rig.details().spooled).toBe(0));
    expect(rig.numbers).toEqual(first(100));
  });

  test('more than memory holds goes to disk, and is stored in its order', async () => {
    const rig = rigWith({ down, queueBytes: 64 * 1024, batchRows: 1000 });
    for (let i = 0; i < 50; i++) rig.rows.add(1000);
    expect(rig.loader.waitingBytes).toBeGreaterThan(64 * 1024);
    await eventually(() => expect(rig.details()).toMatchObject({ spooled: 50_000 }));
    expect(rig.loader.waitingBytes).toBeLessThan(64 * 1024);
    rig.database.down = undefined;
    rig.database.beforeInsert = () => {
      if (rig.rows.written < 60_000) rig.rows.add(100);
    };
    await eventually(() => expect(rig.details().queued).toBe(0));
    const { written } = rig.counters;
    expect(rig.numbers).toEqual(first(written));
    expect(written).toBeGreaterThan(50_000);
    expect(rig.log.lines.filter((line) => line.startsWith('error'))).toEqual([
      'error: refused; trying again, 50000 records wait',
    ]);
  });

  test('stores first what a run before it has left', async () => {
    await leave();
    const rows = numberedRows();
    const rig = rigWith({ rows });
    rows.add(50);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 0, recovered: 100 }));
    expect(rig.numbers).toEqual([...first(100), ...first(50)]);
    expect(rig.counters).toEqual({ written: 50, dropped: 0, errors: 0 });
    await rig.loader.close();
    expect(await readdir(folder())).toEqual(['lock', 'position']);
  });

  test('rows of a run with other fields are stored as well', async () => {
    await leave(numberedRows('ip.ttl'), 70);
    const rig = rigWith();
    rig.rows.add(30);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 0, recovered: 70 }));
    expect(rig.numbers).toEqual([...first(70), ...first(30)]);
  });

  test('pieces that cannot be read are counted, and lose no others', async () => {
    const spool = await openSpool(folder(), { owner: 'block 5 JSON' });
    await append(spool, Buffer.from('not rows at all'), 3);
    await append(spool, damaged(numberedRows().head), 4);
    await spool.close();
    const rig = rigWith();
    rig.rows.add(10);
    await eventually(() => expect(rig.numbers).toEqual(first(10)));
    expect(rig.details()).toMatchObject({ queued: 0, refused: 7, recovered: 0, spooled: 0 });
    // They were received by another run, which has counted them.
    expect(rig.counters).toEqual({ written: 10, dropped: 0, errors: 0 });
    const refused = rig.log.lines.filter((line) => line.startsWith('counted: records refused'));
    expect(refused).toEqual([
      'counted: records refused: another version of specter wrote them: 3',
      expect.stringMatching(/^counted: records refused: .*: 4$/),
    ]);
  });

  test('rows of this run whose file is removed are dropped, and counted', async () => {
    const rig = rigWith({ down, queueBytes: 2048 });
    for (let i = 0; i < 60; i++) rig.rows.add(20);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 1200, spooled: 1200 }));
    for (const name of await readdir(folder())) {
      if (name.endsWith('.spool')) await rm(`${folder()}/${name}`);
    }
    rig.database.down = undefined;
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 0, spooled: 0 }));
    const { written, dropped } = rig.counters;
    expect([written + dropped, rig.numbers.length]).toEqual([1200, written]);
    expect(dropped).toBeGreaterThan(0);
    expect(rig.details()).toMatchObject({ damaged: dropped });
    rig.rows.add(10);
    await eventually(() => expect(rig.counters.written).toBe(written + 10));
    expect(rig.counters.dropped).toBe(dropped);
  });

  test('rows of a former run whose file is removed are damage alone', async () => {
    await leave();
    const rig = rigWith({ down });
    await eventually(() =>
      expect(rig.log.lines).toContain('notice: 100 records from before wait in the spool'),
    );
    for (const name of await readdir(folder())) {
      if (name.endsWith('.spool')) await rm(`${folder()}/${name}`);
    }
    rig.database.down = undefined;
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 0, damaged: 100 }));
    expect(rig.counters).toMatchObject({ written: 0, dropped: 0 });
  });

  test('what is with the database at the end stays on disk, and is known the next time', async () => {
    const rig = rigWith({ shutdownMs: 50 });
    await connected(rig);
    // The database has stored it, but does not say so in time.
    rig.database.afterInsert = () => new Promise(() => {});
    rig.rows.add(100);
    await eventually(() => expect(rig.numbers).toEqual(first(100)));
    await rig.loader.close();
    expect(rig.counters).toMatchObject({ written: 0, dropped: 0 });
    rig.database.afterInsert = () => {};
    const next = rigWith({ database: rig.database });
    await eventually(() => expect(next.details()).toMatchObject({ recovered: 100 }));
    expect(next.details()).toMatchObject({ 'stored before': 100, spooled: 0 });
    expect(next.numbers).toEqual(first(100));
  });
});

describe('a loader with a spool that cannot be started', () => {
  let scratch: ScratchFolder;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
  });
  afterEach(async () => {
    await endRigs();
    await scratch[Symbol.asyncDispose]();
  });

  const folder = () => scratch.join('spool');
  const position = () => scratch.join('spool/position');
  const down = new Error('refused');
  const failure = /^error: spool: .*EISDIR.*position.*; trying again$/;

  /** What a former run has left, and no way to open it. */
  async function leaveAndBreak(count: number): Promise<void> {
    const rig = new LoaderRig({ spool: newSpool(folder()), down });
    rig.rows.add(count);
    await rig.loader.close();
    expect(rig.details()).toMatchObject({ 'left in the spool': count });
    await rm(position());
    await mkdir(position());
  }

  test('stores rows all the same; what a former run has left comes once it can be', async () => {
    await leaveAndBreak(30);
    const rig = new LoaderRig({ spool: newSpool(folder()) });
    rig.rows.add(10);
    await eventually(() => expect(rig.numbers).toEqual(first(10)));
    await eventually(() => expect(rig.counters.errors).toBeGreaterThan(2));
    rig.rows.add(10);
    await eventually(() => expect(rig.numbers).toEqual(first(20)));
    expect(rig.details()).toMatchObject({ queued: 0, spooled: 0, recovered: 0 });
    expect(rig.log.lines).toEqual([expect.stringMatching(failure)]);
    await rmdir(position());
    await eventually(() => expect(rig.details()).toMatchObject({ recovered: 30 }));
    expect(rig.numbers).toEqual([...first(20), ...first(30)]);
    expect(rig.counters).toMatchObject({ written: 20, dropped: 0 });
    rig.database.down = down;
    rig.database.lose(new Error('gone'));
    rig.rows.add(7);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 7, spooled: 7 }));
  });

  test('what passed it by is on disk at the end, behind what was there', async () => {
    await leaveAndBreak(30);
    const rig = new LoaderRig({ spool: newSpool(folder()), down });
    await eventually(() => expect(rig.counters.errors).toBeGreaterThan(1));
    rig.rows.add(10);
    await rmdir(position());
    await eventually(() => expect(rig.details().spooled).toBe(30));
    rig.rows.add(5);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 45, spooled: 35 }));
    await rig.loader.close();
    expect(rig.details()).toMatchObject({ 'left in the spool': 45 });
    expect(rig.counters).toMatchObject({ written: 0, dropped: 0 });
    const next = new LoaderRig({ spool: newSpool(folder()) });
    await eventually(() => expect(next.details()).toMatchObject({ queued: 0, recovered: 45 }));
    expect(next.numbers.toSorted((a, b) => a - b)).toEqual(
      [...first(30), ...first(15)].sort((a, b) => a - b),
    );
  });

  test('is used as ever once what passed it by is stored', async () => {
    await leaveAndBreak(30);
    const rig = new LoaderRig({ spool: newSpool(folder()), down });
    await eventually(() => expect(rig.counters.errors).toBeGreaterThan(1));
    rig.rows.add(10);
    await rmdir(position());
    await eventually(() => expect(rig.details().spooled).toBe(30));
    rig.database.down = undefined;
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 0, spooled: 0 }));
    expect(rig.numbers).toEqual([...first(10), ...first(30)]);
    rig.database.down = down;
    rig.database.lose(new Error('gone'));
    rig.rows.add(7);
    await eventually(() => expect(rig.details()).toMatchObject({ queued: 7, spooled: 7 }));
  });

  test('rows that nobody has taken at the end are dropped, and what was there stays', async () => {
    await leaveAndBreak(30);
    const rig = new LoaderRig({ spool: newSpool(folder()), down });
    rig.rows.add(10);
    await eventually(() => expect(rig.counters.errors).toBeGreaterThan(1));
    await rig.loader.close();
    expect(rig.counters).toMatchObject({ written: 0, dropped: 10 });
    await rmdir(position());
    const next = new LoaderRig({ spool: newSpool(folder()) });
    await eventually(() => expect(next.details()).toMatchObject({ recovered: 30 }));
  });
});

async function append(spool: Spool, payload: Uint8Array, records: number): Promise<void> {
  const marks = await spool.append([{ payload, records }]);
  expect(marks.length).toBe(1);
}

/** Rows whose head is right, and that end too early. */
function damaged(head: ReturnType<typeof numberedRows>['head']): Uint8Array {
  const bytes = new Uint8Array(head.length + 7);
  head.write(new DataView(bytes.buffer), 0);
  bytes[head.length] = 1;
  return bytes;
}
