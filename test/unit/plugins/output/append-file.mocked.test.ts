import { describe, expect, test, vi } from 'vitest';
import { CHUNK_SIZE, MAX_CHUNKS } from '../../../../src/plugins/output/chunk-pool.ts';
import {
  advance,
  append,
  appendBatch,
  counters,
  failures,
  log,
  openFile,
  quarter,
  settle,
  useFakeDiskAndClock,
} from './append-file-bench.ts';
import { disk } from './fake-disk.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('./fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

useFakeDiskAndClock();

describe('AppendFile, when lines become visible', () => {
  test('with sync after each batch', async () => {
    const file = openFile(true);
    appendBatch(file, 'one\n', 'two\n');
    await settle();
    expect(disk.files).toEqual(['one\ntwo\n']);
    expect(file.counters).toEqual(counters(2, 0, 0));
    await file.close();
  });

  test('without sync half a second after the first of them, in one write', async () => {
    const file = openFile(false);
    appendBatch(file, 'one\n');
    await advance(400);
    appendBatch(file, 'two\n');
    await advance(99);
    expect(disk.files).toEqual(['']);
    await advance(1);
    expect(disk.files).toEqual(['one\ntwo\n']);
    appendBatch(file, 'three\n');
    await advance(499);
    expect(disk.writes).toEqual([8]);
    await advance(1);
    expect(disk.writes).toEqual([8, 6]);
    await file.close();
  });

  test('without sync at once for what fills a chunk', async () => {
    const file = openFile(false);
    appendBatch(file, ...'abcde'.split('').map(quarter));
    await settle();
    expect(disk.writes).toEqual([CHUNK_SIZE]);
    expect(file.counters.written).toBe(4);
    await file.close();
    expect(disk.writes).toEqual([CHUNK_SIZE, CHUNK_SIZE / 4]);
  });

  test('with sync, rows of many batches in one write while another is under way', async () => {
    const file = openFile(true);
    disk.hold();
    for (const row of ['1\n', '2\n', '3\n', '4\n']) appendBatch(file, row);
    expect(file.counters.written).toBe(0);
    disk.release();
    await settle();
    expect(disk.writes).toEqual([2, 6]);
    expect(disk.files).toEqual(['1\n2\n3\n4\n']);
    await file.close();
  });

  test('never for a batch of which nothing was selected: no write, no timer', async () => {
    const file = openFile(true);
    appendBatch(file);
    await settle();
    expect([disk.writes, vi.getTimerCount()]).toEqual([[], 0]);
    await file.close();
    expect([disk.files, disk.openFiles]).toEqual([[''], 0]);
  });

  test('for rows too short to fill the bytes of a chunk', async () => {
    const file = openFile(false);
    const rows = Array.from({ length: 20_000 }, (_, i) => `${i}\n`);
    appendBatch(file, ...rows);
    await file.close();
    expect(disk.files).toEqual([rows.join('')]);
    expect(file.counters).toEqual(counters(20_000, 0, 0));
  });
});

describe('AppendFile, when writes fail', () => {
  test('goes on where a partial write ended', async () => {
    const file = openFile();
    disk.script(1, 3, 2);
    appendBatch(file, 'abc\n', 'def\n');
    await settle();
    expect(disk.writes).toEqual([1, 3, 2, 2]);
    expect(disk.files).toEqual(['abc\ndef\n']);
    expect(file.counters).toEqual(counters(2, 0, 0));
    expect(log.lines).toEqual([]);
    await file.close();
  });

  test('tries again after 50, 100, 200 … ms until it can write, and says so twice', async () => {
    const file = openFile();
    disk.state = 'ENOSPC';
    appendBatch(file, 'abc\n');
    await settle();
    for (const pause of [50, 100, 200, 400]) {
      const { errors } = file.counters;
      await advance(pause - 1);
      expect(file.counters.errors).toBe(errors);
      await advance(1);
      expect(file.counters.errors).toBe(errors + 1);
    }
    disk.state = undefined;
    appendBatch(file, 'def\n');
    await advance(799);
    expect(disk.files).toEqual(['']);
    await advance(1);
    expect(disk.files).toEqual(['abc\ndef\n']);
    expect(file.counters).toEqual(counters(2, 0, 5));
    expect([failures, log.lines]).toEqual([
      [],
      [
        'error: cannot write /var/log/x: ENOSPC: no space left on device, write; trying again',
        'notice: /var/log/x can be written again',
      ],
    ]);
    await file.close();
  });

  test('fails once when nothing could be written for three seconds, and goes on trying', async () => {
    const file = openFile();
    disk.state = 'EIO';
    appendBatch(file, 'abc\n');
    await advance(2999);
    expect(failures).toEqual([]);
    await advance(1000);
    expect(failures).toEqual(['cannot write /var/log/x: EIO: i/o error, write']);
    await advance(60_000);
    expect(failures.length).toBe(1);
    disk.state = undefined;
    await advance(1000);
    expect(disk.files).toEqual(['abc\n']);
    disk.state = 'EIO';
    appendBatch(file, 'def\n');
    await advance(5000);
    expect(failures.length).toBe(2);
    disk.state = undefined;
    await file.close();
    expect(disk.files).toEqual(['abc\ndef\n']);
  });

  test('does not fail a disk that makes progress, however slowly', async () => {
    const file = openFile();
    disk.state = 'ENOSPC';
    appendBatch(file, 'abcdef\n');
    for (let i = 0; i < 5; i++) {
      await advance(2000);
      disk.script(1);
    }
    disk.state = undefined;
    await advance(1000);
    expect([failures, disk.files]).toEqual([[], ['abcdef\n']]);
    expect(file.counters.written).toBe(1);
    await file.close();
  });

  test('waits for the reader of a full pipe without calling it an error', async () => {
    const file = openFile();
    disk.state = 'EAGAIN';
    appendBatch(file, 'abc\n');
    await advance(10_000);
    disk.state = undefined;
    await advance(1000);
    expect(disk.files).toEqual(['abc\n']);
    expect([file.counters, failures, log.lines]).toEqual([counters(1, 0, 0), [], []]);
    disk.script('EAGAIN');
    appendBatch(file, 'def\n');
    await advance(50);
    expect(disk.files).toEqual(['abc\ndef\n']);
    await file.close();
  });

  test('drops what goes beyond the bound, counts it, and takes rows again afterwards', async () => {
    const file = openFile(false);
    disk.state = 'ENOSPC';
    const room = 4 * MAX_CHUNKS;
    const kept: string[] = [];
    for (let i = 0; i < room + 10; i++) {
      const row = quarter(String.fromCharCode(97 + (i % 26)));
      if (append(file, row)) kept.push(row);
    }
    expect(kept.length).toBe(room);
    expect(file.counters.dropped).toBe(10);
    expect(log.lines.filter((line) => line.startsWith('counted'))).toEqual(
      Array(10).fill('counted: records dropped because /var/log/x takes no more: 1'),
    );
    await settle();
    disk.state = undefined;
    await advance(1000);
    appendBatch(file, 'last\n');
    await file.close();
    const written = disk.files[0] ?? '';
    expect(written === `${kept.join('')}last\n`).toBe(true);
    expect(file.counters).toEqual(counters(room + 1, 10, 1));
  });
});
