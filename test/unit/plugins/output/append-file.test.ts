import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { AppendFile } from '../../../../src/plugins/output/append-file.ts';
import { CHUNK_SIZE, MAX_CHUNKS } from '../../../../src/plugins/output/chunk-pool.ts';
import { fakeHost, LoggedLines } from '../fake-context.ts';
import { disk } from './fake-disk.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('./fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

let log: LoggedLines;
let failures: string[];

beforeEach(() => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
  log = new LoggedLines();
  failures = [];
  disk.reset();
});
afterEach(() => {
  vi.useRealTimers();
});

function openFile(sync = true): AppendFile {
  return new AppendFile({
    path: '/var/log/x',
    sync,
    host: fakeHost({ openAppend: disk.open }),
    log,
    fail: (error) => failures.push(error.message),
  });
}

/** Writes a row as outputs do; false when there was no room for it. */
function append(file: AppendFile, row: string): boolean {
  if (!file.reserve(row.length)) {
    file.drop(1);
    return false;
  }
  file.commit(file.position + Buffer.from(file.view.buffer).write(row, file.position, 'latin1'));
  return true;
}

/** One batch of rows. */
function appendBatch(file: AppendFile, ...rows: string[]): void {
  for (const row of rows) append(file, row);
  file.endBatch();
}

const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Lets writes that are not held end. */
const settle = () => advance(0);
const counters = (written: number, dropped: number, errors: number) => ({
  written,
  dropped,
  errors,
});
/** A row of a quarter of a chunk, so that four fill one. */
const quarter = (letter: string): string => `${letter.repeat(CHUNK_SIZE / 4 - 1)}\n`;

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
    const openAppend = (path: string): number => {
      if (openings++ > 0) throw new Error(`${path}: no`);
      return disk.open(path);
    };
    const fail = (error: Error) => failures.push(error.message);
    const host = fakeHost({ openAppend });
    const file = new AppendFile({ path: '/x', sync: true, host, log, fail });
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

type Step =
  | { readonly kind: 'rows'; readonly lengths: readonly number[] }
  | { readonly kind: 'reopen' | 'full' | 'free' | 'hold' | 'release' }
  | { readonly kind: 'pass'; readonly ms: number }
  | { readonly kind: 'partial'; readonly bytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({
    kind: fc.constant('rows' as const),
    lengths: fc.array(fc.integer({ min: 0, max: 70_000 }), { maxLength: 6 }),
  }),
  fc.record({ kind: fc.constantFrom('reopen', 'full', 'free', 'hold', 'release' as const) }),
  fc.record({ kind: fc.constant('pass' as const), ms: fc.integer({ min: 0, max: 1500 }) }),
  fc.record({ kind: fc.constant('partial' as const), bytes: fc.integer({ min: 1, max: 90_000 }) }),
);

describe('AppendFile, whatever happens', () => {
  test('puts every row whole into one of the files, once, in order', async () => {
    await fc.assert(
      fc.asyncProperty(fc.boolean(), fc.array(step, { maxLength: 40 }), async (sync, steps) => {
        disk.reset();
        const file = openFile(sync);
        const rows: string[] = [];
        for (const each of steps) await take(each, file, rows);
        disk.release();
        disk.state = undefined;
        await advance(2000);
        await file.close();
        expect(file.counters).toMatchObject({ written: rows.length, dropped: 0 });
        expect(disk.openFiles).toBe(0);
        expectRows(disk.files, rows);
      }),
      { numRuns: 150 },
    );
  });

  async function take(each: Step, file: AppendFile, rows: string[]): Promise<void> {
    switch (each.kind) {
      case 'rows': {
        const batch = each.lengths.map((length, i) => `${rows.length + i} ${'x'.repeat(length)}\n`);
        rows.push(...batch);
        appendBatch(file, ...batch);
        return;
      }
      case 'reopen':
        return file.reopen();
      case 'full':
        disk.state = 'ENOSPC';
        return;
      case 'free':
        disk.state = undefined;
        return;
      case 'hold':
        return disk.hold();
      case 'release':
        return disk.release();
      case 'partial':
        return disk.script(each.bytes);
      case 'pass':
        await advance(each.ms);
    }
  }

  /** The files hold the rows; the beginning of a row at a file's end stands whole in a later one. */
  function expectRows(files: readonly string[], rows: readonly string[]): void {
    const found: string[] = [];
    for (const text of files) {
      const lines = text.split('\n');
      const torn = lines.pop() ?? '';
      found.push(...lines.map((line) => `${line}\n`));
      if (torn !== '' && !rows[found.length]?.startsWith(torn)) throw new Error('a torn row');
    }
    expect(found.map((row) => row.length)).toEqual(rows.map((row) => row.length));
    expect(found.join('') === rows.join('')).toBe(true);
  }
});
