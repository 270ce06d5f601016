import { afterEach, beforeEach, vi } from 'vitest';
import { AppendFile } from '../../../../src/plugins/output/append-file.ts';
import { CHUNK_SIZE } from '../../../../src/plugins/output/chunk-pool.ts';
import { LoggedLines } from '../fake-context.ts';
import { disk } from './fake-disk.ts';

/** What the files of the current test have logged, and reported as failed. */
export let log: LoggedLines;
export let failures: string[];

/** To be called by a test file on the fake disk: each test has a new disk, and a clock of its own. */
export function useFakeDiskAndClock(): void {
  beforeEach(() => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date'], now: 1_700_000_000_000 });
    log = new LoggedLines();
    failures = [];
    disk.reset();
  });
  afterEach(() => {
    vi.useRealTimers();
  });
}

export function openFile(sync = true): AppendFile {
  return new AppendFile({
    open: () => ({ path: '/var/log/x', fd: disk.open('/var/log/x') }),
    sync,
    log,
    fail: (error) => failures.push(error.message),
  });
}

/** Writes a row as outputs do; false when there was no room for it. */
export function append(file: AppendFile, row: string): boolean {
  if (!file.reserve(row.length)) {
    file.drop(1);
    return false;
  }
  file.commit(file.position + Buffer.from(file.view.buffer).write(row, file.position, 'latin1'));
  return true;
}

/** One batch of rows. */
export function appendBatch(file: AppendFile, ...rows: string[]): void {
  for (const row of rows) append(file, row);
  file.endBatch();
}

/** Lets time pass, and all that happens meanwhile. */
export const advance = (ms: number) => vi.advanceTimersByTimeAsync(ms);
/** Lets writes that are not held end. */
export const settle = () => advance(0);
export const counters = (written: number, dropped: number, errors: number) => ({
  written,
  dropped,
  errors,
});
/** A row of a quarter of a chunk, so that four fill one. */
export const quarter = (letter: string): string => `${letter.repeat(CHUNK_SIZE / 4 - 1)}\n`;
