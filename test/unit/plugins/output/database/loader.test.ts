import { setTimeout as delay } from 'node:timers/promises';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { eventually } from '../../../../support/eventually.ts';
import { connected, endRigs, first, LoaderRig } from './loader-rig.ts';

afterEach(endRigs);

describe('a loader', () => {
  test('stores a full batch at once, and others after the flush time', async () => {
    const rig = new LoaderRig({ flushMs: 300 });
    await connected(rig);
    rig.rows.add(100);
    await eventually(() => expect(rig.numbers).toEqual(first(100)));
    const begun = performance.now();
    rig.rows.add(30);
    rig.rows.add(30);
    expect(rig.details().queued).toBe(60);
    await eventually(() => expect(rig.numbers).toEqual(first(160)));
    expect(performance.now() - begun).toBeGreaterThan(280);
    expect(rig.database.inserts).toEqual([100, 60]);
    expect(rig.counters).toEqual({ written: 160, dropped: 0, errors: 0 });
  });

  test('gives no more than a batch at once, however much has come meanwhile', async () => {
    const rig = new LoaderRig();
    await connected(rig);
    let release = () => {};
    rig.database.beforeInsert = () =>
      new Promise((resolve) => {
        release = resolve;
      });
    rig.rows.add(100);
    await eventually(() => expect(rig.database.inserts).toEqual([100]));
    for (let i = 0; i < 10; i++) rig.rows.add(50);
    rig.database.beforeInsert = () => {};
    release();
    await eventually(() => expect(rig.numbers).toEqual(first(600)));
    expect(Math.max(...rig.database.inserts)).toBe(100);
  });

  test('connects again when the connection ends while nothing is stored', async () => {
    const rig = new LoaderRig();
    await connected(rig);
    rig.database.lose(new Error('gone'));
    await eventually(() => expect(rig.details().connects).toBe(2));
    // A session that does nothing shows little.
    expect(rig.log.lines).toEqual(['error: gone; trying again, 0 records wait']);
    rig.rows.add(1);
    await eventually(() => expect(rig.counters.written).toBe(1));
    expect(rig.log.lines).toEqual([
      'error: gone; trying again, 0 records wait',
      'notice: fake://table works again',
    ]);
    expect(rig.counters.errors).toBe(1);
  });

  test('takes longer pauses for a database that ends each connection at once', async () => {
    vi.useFakeTimers();
    const rig = new LoaderRig({ reconnectMs: 60_000 });
    const lose = setInterval(() => rig.database.lose(new Error('gone')), 10);
    await vi.advanceTimersByTimeAsync(30_000);
    clearInterval(lose);
    vi.useRealTimers();
    expect(rig.details().connects).toBeLessThan(20);
  });

  test('gives up a batch that is not answered', async () => {
    vi.useFakeTimers();
    const rig = new LoaderRig();
    await vi.advanceTimersByTimeAsync(10);
    let isStuck = true;
    rig.database.beforeInsert = () => (isStuck ? new Promise(() => {}) : undefined);
    rig.rows.add(3);
    await vi.advanceTimersByTimeAsync(59_000);
    expect(rig.details()).toMatchObject({ connects: 1, queued: 3 });
    isStuck = false;
    await vi.advanceTimersByTimeAsync(3000);
    vi.useRealTimers();
    expect(rig.log.lines).toEqual([
      'counted: batches that fake://table took longer than a second for: 1',
      'error: no answer within 60 s; trying again, 3 records wait',
      'notice: fake://table works again',
    ]);
    expect(rig.counters).toEqual({ written: 3, dropped: 0, errors: 1 });
  });

  test('a connection in which nothing is answered does not end an outage', async () => {
    vi.useFakeTimers();
    const rig = new LoaderRig();
    await vi.advanceTimersByTimeAsync(10);
    let isStuck = true;
    rig.database.beforeInsert = () => (isStuck ? new Promise(() => {}) : undefined);
    rig.rows.add(3);
    await vi.advanceTimersByTimeAsync(200_000);
    const failure = 'error: no answer within 60 s; trying again, 3 records wait';
    const told = () => rig.log.lines.filter((line) => !line.startsWith('counted'));
    expect(told()).toEqual([failure, failure, failure]);
    isStuck = false;
    await vi.advanceTimersByTimeAsync(60_000);
    vi.useRealTimers();
    expect(told().slice(3)).toEqual([failure, 'notice: fake://table works again']);
    expect(rig.counters).toEqual({ written: 3, dropped: 0, errors: 4 });
  });

  test('connects again when it ends as a batch has just been stored', async () => {
    const rig = new LoaderRig();
    await connected(rig);
    rig.database.afterInsert = () => {
      rig.database.afterInsert = () => {};
      rig.database.lose(new Error('gone'));
    };
    rig.rows.add(100);
    await eventually(() => expect(rig.details().connects).toBe(2));
    rig.rows.add(100);
    await eventually(() => expect(rig.numbers).toEqual(first(200)));
    expect(rig.details()).toMatchObject({ queued: 0, 'stored before': 0, connects: 2 });
    expect(rig.counters).toEqual({ written: 200, dropped: 0, errors: 1 });
  });

  test('tells of one outage once, however many attempts there are', async () => {
    const rig = new LoaderRig({ down: new Error('refused') });
    rig.rows.add(250);
    await eventually(() => expect(rig.counters.errors).toBeGreaterThan(3));
    expect(rig.log.lines).toEqual(['error: refused; trying again, 250 records wait']);
    expect(rig.details()).toMatchObject({ queued: 250, connects: 0 });
    rig.database.down = undefined;
    await eventually(() => expect(rig.numbers).toEqual(first(250)));
    expect(rig.log.lines.slice(1)).toEqual(['notice: fake://table works again']);
  });

  test('an outage is over only when rows are stored', async () => {
    const rig = new LoaderRig();
    await connected(rig);
    let attempts = 0;
    rig.database.beforeInsert = () => {
      if (attempts++ < 4) throw new Error('no such table');
    };
    rig.rows.add(10);
    await eventually(() => expect(rig.numbers).toEqual(first(10)));
    expect(rig.log.lines).toEqual([
      'error: no such table; trying again, 10 records wait',
      'notice: fake://table works again',
    ]);
    expect(rig.details()).toMatchObject({ connects: 5 });
  });

  test('reminds of an outage every minute', async () => {
    vi.useFakeTimers();
    try {
      const rig = new LoaderRig({ reconnectMs: 1000, down: new Error('refused') });
      await vi.advanceTimersByTimeAsync(125_000);
      expect(rig.log.lines).toEqual(Array(3).fill('error: refused; trying again, 0 records wait'));
    } finally {
      vi.useRealTimers();
    }
  });

  test('closes the connection and makes another on demand; rows wait meanwhile', async () => {
    const rig = new LoaderRig();
    await connected(rig);
    rig.rows.add(50);
    rig.loader.reopen();
    await eventually(() => expect(rig.details().connects).toBe(2));
    await eventually(() => expect(rig.numbers).toEqual(first(50)));
    expect(rig.database.closes).toBe(1);
    expect(rig.counters.errors).toBe(0);
  });

  test('ends without the database after its time, and counts what is lost', async () => {
    const rig = new LoaderRig({ shutdownMs: 100 });
    await connected(rig);
    let release = () => {};
    rig.database.beforeInsert = () =>
      new Promise((_, reject) => {
        release = () => reject(new Error('ended'));
      });
    rig.rows.add(100);
    await eventually(() => expect(rig.database.inserts).toEqual([100]));
    rig.rows.add(20);
    const begun = performance.now();
    await rig.loader.close();
    expect(performance.now() - begun).toBeLessThan(10_000);
    release();
    await delay(5);
    expect(rig.counters).toEqual({ written: 0, dropped: 120, errors: 0 });
    expect(rig.log.lines).toEqual(['error: 120 records lost: fake://table has not taken them']);
  });

  test('does not wait at its end for a database that is down', async () => {
    const rig = new LoaderRig({ shutdownMs: 60_000, down: new Error('refused') });
    rig.rows.add(7);
    await rig.loader.close();
    expect(rig.counters.dropped).toBe(7);
  });
});
