import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../../support/eventually.ts';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { newSpool } from '../../../spool/open-spool.ts';
import { column, FakeDatabase, refuseIf, tableOf } from './fake-database.ts';
import { connected, endRigs, first, LoaderRig } from './loader-rig.ts';

/** A table that knows no row again: what is stored twice is there twice. */
const withoutIds = () =>
  new FakeDatabase(tableOf(column('oob_mark', { kind: 'integer', max: 0xffff_ffffn })));

const refuseOdd = refuseIf(({ oob_mark: mark }) => Number(mark) % 2 === 1);
const evens = (count: number): number[] => first(count).filter((number) => number % 2 === 0);

/** Advances the fake clock until a loader has nothing left; returns how long that took, in ms. */
async function untilStored(rig: LoaderRig): Promise<number> {
  const begun = performance.now();
  const longest = begun + 3_600_000;
  while (rig.details().queued !== 0 && performance.now() < longest) {
    await vi.advanceTimersByTimeAsync(100);
  }
  expect(rig.details().queued).toBe(0);
  return performance.now() - begun;
}

describe('many rows that a database refuses', () => {
  beforeEach(() => {
    vi.useFakeTimers();
  });
  afterEach(async () => {
    vi.useRealTimers();
    await endRigs();
  });

  /** Half of 2000 rows are refused, and each answer takes a while. */
  async function rigWith(answerMs: number): Promise<LoaderRig> {
    const database = withoutIds();
    const rig = new LoaderRig({ database, batchRows: 5000, reconnectMs: 1000 });
    await vi.advanceTimersByTimeAsync(10);
    database.beforeInsert = async (rows) => {
      await delayed(answerMs);
      refuseOdd(rows);
    };
    rig.rows.add(2000);
    return rig;
  }

  test('are found, however long it takes, and no other row is stored twice', async () => {
    const rig = await rigWith(100);
    expect(await untilStored(rig)).toBeGreaterThan(120_000);
    expect(rig.numbers).toEqual(evens(2000));
    expect(rig.counters).toEqual({ written: 1000, dropped: 1000, errors: 0 });
    expect(rig.details()).toMatchObject({ refused: 1000, 'stored before': 0, connects: 1 });
    expect(rig.database.inserts.length).toBeLessThan(1.5 * 2000 + 20);
    expect(rig.log.lines.filter((line) => !line.startsWith('counted'))).toEqual([]);
  });

  test('are counted while it goes on', async () => {
    const rig = await rigWith(100);
    await vi.advanceTimersByTimeAsync(60_000);
    const { written, dropped } = rig.counters;
    expect(written + dropped + (rig.details().queued ?? 0)).toBe(2000);
    // The last second is not told yet.
    expect(rig.database.rows.length - written).toBeLessThanOrEqual(10);
    expect(written).toBeGreaterThan(100);
    rig.database.beforeInsert = refuseOdd;
    await untilStored(rig);
  });

  test('are not sought again from the beginning when a connection ends meanwhile', async () => {
    const rig = await rigWith(100);
    const { beforeInsert } = rig.database;
    let inserts = 0;
    rig.database.beforeInsert = async (rows) => {
      await beforeInsert(rows);
      if (++inserts % 97 === 0) throw new Error('gone');
    };
    await untilStored(rig);
    expect(rig.numbers).toEqual(evens(2000));
    const { errors } = rig.counters;
    expect(errors).toBeGreaterThan(5);
    expect(rig.counters).toEqual({ written: 1000, dropped: 1000, errors });
    expect(rig.details().connects).toBe(errors + 1);
    expect(rig.log.lines.filter((line) => line.startsWith('error')).length).toBe(errors);
  });

  test('and a connection that ends: only what was on its way is there twice', async () => {
    const rig = await rigWith(10);
    let doubled = 0;
    let answers = 0;
    rig.database.afterInsert = () => {
      if (++answers % 50 !== 0) return;
      const before = rig.database.rows.length - (rig.database.inserts.at(-1) ?? 0);
      doubled += rig.database.rows.length - before;
      rig.database.lose(new Error('gone'));
      throw new Error('gone');
    };
    await untilStored(rig);
    expect([...new Set(rig.numbers)]).toEqual(evens(2000));
    expect(doubled).toBeGreaterThan(10);
    expect(rig.numbers.length).toBe(1000 + doubled);
    expect(rig.counters).toMatchObject({ written: 1000, dropped: 1000 });
  });

  test('and no answer: the minute is for each by itself', async () => {
    const rig = await rigWith(50);
    let isStuck = false;
    const { beforeInsert } = rig.database;
    let inserts = 0;
    rig.database.beforeInsert = async (rows) => {
      isStuck = ++inserts === 500;
      await (isStuck ? new Promise(() => {}) : beforeInsert(rows));
    };
    await untilStored(rig);
    expect(rig.numbers).toEqual(evens(2000));
    expect(rig.counters).toEqual({ written: 1000, dropped: 1000, errors: 1 });
    expect(rig.log.lines.filter((line) => !line.startsWith('counted'))).toEqual([
      expect.stringMatching(/^error: no answer within 60 s; trying again, \d{4} records wait$/),
      'notice: fake://table works again',
    ]);
  });

  test('are found where each answer takes most of a minute', async () => {
    const rig = await rigWith(0);
    await untilStored(rig);
    rig.database.rows.length = 0;
    rig.database.beforeInsert = async (rows) => {
      await delayed(50_000);
      refuseIf(({ oob_mark: mark }) => mark === 2005n)(rows);
    };
    rig.rows.add(8);
    expect(await untilStored(rig)).toBeGreaterThan(150_000);
    expect(rig.numbers).toEqual([2000, 2001, 2002, 2003, 2004, 2006, 2007]);
    expect(rig.counters.errors).toBe(0);
  });
});

/** As node:timers/promises has it, but by the fake clock. */
const delayed = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms));

describe('the end while refused rows are sought', () => {
  let scratch: ScratchFolder;
  beforeEach(async () => {
    scratch = await ScratchFolder.create();
  });
  afterEach(async () => {
    await endRigs();
    await scratch[Symbol.asyncDispose]();
  });

  const slowly = async (rows: Parameters<typeof refuseOdd>[0]): Promise<void> => {
    await delay(2);
    refuseOdd(rows);
  };

  test('comes in time, and what was stored until then is not taken to be lost', async () => {
    const database = withoutIds();
    const rig = new LoaderRig({ database, batchRows: 5000, shutdownMs: 300 });
    await connected(rig);
    database.beforeInsert = slowly;
    rig.rows.add(5000);
    await eventually(() => expect(database.inserts.length).toBeGreaterThan(100));
    const begun = performance.now();
    await rig.loader.close();
    expect(performance.now() - begun).toBeLessThan(10_000);
    const { written, dropped } = rig.counters;
    expect(written + dropped).toBe(5000);
    expect(written).toBeGreaterThan(10);
    // But for what was on its way.
    const inFlight = database.inserts.at(-1) ?? 0;
    await delay(20);
    expect(database.rows.length).toBeLessThanOrEqual(written + inFlight);
    expect(database.rows.length).toBeGreaterThanOrEqual(written);
  });

  test('leaves on disk what is left, and hardly more', async () => {
    const database = withoutIds();
    const spool = () => newSpool(scratch.join('spool'));
    const rig = new LoaderRig({ database, spool: spool(), batchRows: 5000, shutdownMs: 50 });
    await connected(rig);
    database.beforeInsert = slowly;
    for (let pieces = 0; pieces < 50; pieces++) rig.rows.add(40);
    await eventually(() => expect(rig.counters.written).toBeGreaterThan(100));
    await rig.loader.close();
    const { written, dropped } = rig.counters;
    const kept = rig.details()['left in the spool'] ?? 0;
    // A piece that was on disk before stays there as a whole.
    expect(written + dropped + kept).toBeGreaterThanOrEqual(2000);
    expect(written + dropped + kept).toBeLessThan(2040);
    database.beforeInsert = refuseOdd;
    const next = new LoaderRig({ database, spool: spool(), batchRows: 5000 });
    await eventually(() => expect(new Set(next.numbers).size).toBe(1000));
    expect(next.numbers.filter((number) => number % 2 === 1)).toEqual([]);
    expect(next.numbers.length).toBeLessThan(1000 + 25);
  });
});
