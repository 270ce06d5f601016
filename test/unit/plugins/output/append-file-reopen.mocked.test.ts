import { describe, expect, test, vi } from 'vitest';
import { AppendFile } from '../../../../src/plugins/output/append-file.ts';
import { CHUNK_SIZE } from '../../../../src/plugins/output/chunk-pool.ts';
import {
  advance,
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

describe('AppendFile, when it is reopened', () => {
  test('while idle writes what is there to the new file', async () => {
    const file = openFile(false);
    appendBatch(file, 'old\n');
    await advance(500);
    appendBatch(file, 'pending\n');
    file.reopen();
    await settle();
    expect([disk.files, disk.openFiles]).toEqual([['old\n', 'pending\n'], 1]);
    await file.close();
    expect(disk.openFiles).toBe(0);
  });

  test('while a write is under way ends it in the old file', async () => {
    const file = openFile();
    disk.hold();
    disk.script(2);
    appendBatch(file, 'one\n');
    appendBatch(file, 'two\n');
    file.reopen();
    appendBatch(file, 'three\n');
    disk.release();
    await settle();
    expect([disk.files, disk.openFiles]).toEqual([['one\n', 'two\nthree\n'], 1]);
    await file.close();
  });

  test('twice while a write is under way goes to the last of the new files', async () => {
    const file = openFile();
    disk.hold();
    appendBatch(file, 'one\n');
    file.reopen();
    appendBatch(file, 'two\n');
    file.reopen();
    disk.release();
    await file.close();
    expect([disk.files, disk.openFiles]).toEqual([['one\n', '', 'two\n'], 0]);
  });

  test('while writes fail goes to the new file at once', async () => {
    const file = openFile();
    disk.state = 'ENOSPC';
    appendBatch(file, 'one\n');
    appendBatch(file, 'two\n');
    await advance(1000);
    disk.state = undefined;
    file.reopen();
    await settle();
    expect([disk.files, disk.openFiles]).toEqual([['', 'one\ntwo\n'], 1]);
    await file.close();
    expect(file.counters).toMatchObject({ written: 2, dropped: 0 });
  });

  test('while a write has failed within a row repeats that row whole in the new file', async () => {
    const file = openFile();
    disk.script(6, 'ENOSPC');
    appendBatch(file, 'one\n', 'two\n', 'three\n');
    await settle();
    expect(disk.files).toEqual(['one\ntw']);
    file.reopen();
    await settle();
    expect(disk.files).toEqual(['one\ntw', 'two\nthree\n']);
    expect(file.counters).toEqual(counters(3, 0, 1));
    await file.close();
  });

  test('keeps to the old file when the new one cannot be opened', async () => {
    let openings = 0;
    const open = () => {
      if (openings++ > 0) throw new Error('/x: no');
      return { path: '/x', fd: disk.open('/x') };
    };
    const fail = (error: Error) => failures.push(error.message);
    const file = new AppendFile({ open, sync: true, log, fail });
    appendBatch(file, 'one\n');
    expect(() => file.reopen()).toThrow('/x: no');
    appendBatch(file, 'two\n');
    await file.close();
    expect(disk.files).toEqual(['one\ntwo\n']);
  });

  test('waits with a full pipe, whose reader must get whole rows', async () => {
    const file = openFile();
    disk.script(2, 'EAGAIN');
    appendBatch(file, 'one\n');
    await settle();
    file.reopen();
    await advance(1000);
    expect(disk.files).toEqual(['one\n', '']);
    await file.close();
  });
});

describe('AppendFile, when it is closed', () => {
  test('writes what is pending, then closes', async () => {
    const file = openFile(false);
    disk.hold();
    appendBatch(file, ...'abcde'.split('').map(quarter), 'rest\n');
    const closed = file.close();
    await settle();
    expect(disk.openFiles).toBe(1);
    disk.release();
    await closed;
    expect(disk.writes).toEqual([CHUNK_SIZE, CHUNK_SIZE / 4 + 5]);
    expect([disk.openFiles, vi.getTimerCount()]).toEqual([0, 0]);
    expect(file.counters).toEqual(counters(6, 0, 0));
  });

  test('tries a failing write once more, at once', async () => {
    const file = openFile();
    disk.state = 'ENOSPC';
    appendBatch(file, 'one\n');
    await settle();
    disk.state = undefined;
    appendBatch(file, 'two\n');
    await file.close();
    expect(disk.files).toEqual(['one\ntwo\n']);
    expect(file.counters).toEqual(counters(2, 0, 1));
  });

  test('counts exactly what it could not write, and puts nothing behind a row cut off', async () => {
    const file = openFile(false);
    appendBatch(file, 'one\n', 'two\n', ...'abcd'.split('').map(quarter), 'last\n');
    disk.script(6, 'ENOSPC');
    await file.close();
    expect(disk.files).toEqual(['one\ntw']);
    expect(file.counters).toEqual(counters(1, 6, 1));
    expect([disk.openFiles, vi.getTimerCount()]).toEqual([0, 0]);
    expect(log.lines.at(-1)).toBe(
      'error: 6 records lost: cannot write /var/log/x: ENOSPC: no space left on device, write',
    );
  });

  test('gives the reader of a full pipe one second', async () => {
    const file = openFile();
    disk.state = 'EAGAIN';
    appendBatch(file, 'one\n');
    const closed = file.close();
    await advance(900);
    disk.state = undefined;
    await advance(1000);
    await closed;
    expect(disk.files).toEqual(['one\n']);

    const other = openFile();
    disk.state = 'EAGAIN';
    appendBatch(other, 'two\n');
    const otherClosed = other.close();
    await advance(2000);
    await otherClosed;
    expect(other.counters).toEqual(counters(0, 1, 0));
    expect(disk.openFiles).toBe(0);
  });

  test('reports what a network file system says only then', async () => {
    const file = openFile();
    disk.closeFailure = 'EIO';
    await file.close();
    expect(file.counters).toEqual(counters(0, 0, 1));
    expect(log.lines).toEqual(['error: closing /var/log/x: EIO: i/o error, close']);
  });
});
