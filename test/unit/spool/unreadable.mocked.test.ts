import { readdir, readlink } from 'node:fs/promises';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import type { Spool } from '../../../src/spool/index.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { disk } from './failing-disk.ts';
import { appendAll, drain, frame, newSpool, openSpool, Told } from './open-spool.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { disk } = await import('./failing-disk.ts');
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, open: disk.opening(original.open) };
});

const HEADER = 32;
const BLOCK = 4096;
/** Bytes of a payload, with which four frames fill a block. */
const PAYLOAD = BLOCK / 4 - HEADER;

let scratch: ScratchFolder;
let folder: string;
beforeEach(async () => {
  scratch = await ScratchFolder.create();
  folder = scratch.join('queue');
  // The disk is real, and so is the time that it takes.
  vi.useFakeTimers({ toFake: ['performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  disk.reset();
  await scratch[Symbol.asyncDispose]();
});

const texts = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `${i} `.padEnd(PAYLOAD, 'x'));

const segments = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.spool')).sort();

/** A spool with frames that a run before has left: four in each block of a single file. */
async function spoolWith(frames: readonly string[], told = new Told()): Promise<Spool> {
  const before = await openSpool(folder);
  await appendAll(before, frames);
  await before.close();
  return await openSpool(folder, {}, told);
}

/** Reads until the system refuses; returns what there was, and why there is no more. */
async function readOn(spool: Spool): Promise<{ found: string[]; refusal: string | undefined }> {
  const found: string[] = [];
  try {
    for (let each = await spool.next(); each; each = await spool.next()) {
      found.push(Buffer.from(each.payload).toString());
      spool.release(each.mark);
    }
  } catch (error) {
    return { found, refusal: String(error) };
  }
  return { found, refusal: undefined };
}

describe.each([
  ['and reads are shorter', false],
  ['and whole reads fail', true],
])('a segment of which some bytes cannot be read, %s', (_, failsWhole) => {
  test('gives what comes before them at once, and what comes behind after some time', async () => {
    const frames = texts(600);
    const told = new Told();
    const spool = await spoolWith(frames, told);
    const [name = ''] = await segments();
    disk.failsWhole = failsWhole;
    disk.loseBytes(name, 20 * BLOCK, 22 * BLOCK);
    const { found, refusal } = await readOn(spool);
    expect(found).toEqual(frames.slice(0, 80));
    expect(refusal).toBe(`SpoolError: ${folder}/${name}: EIO: failure, read`);
    for (let ms = 0; ms < 4500; ms += 500) {
      vi.advanceTimersByTime(500);
      expect(await readOn(spool)).toEqual({ found: [], refusal });
    }
    expect([told.damages, spool.pendingRecords]).toEqual([[], 520]);
    vi.advanceTimersByTime(600);
    const rest = await readOn(spool);
    expect(rest).toEqual({ found: frames.slice(-rest.found.length), refusal: undefined });
    // Two blocks, and not much more.
    expect(rest.found.length).toBeGreaterThanOrEqual(520 - 3 * 4);
    expect(told.lostRecords).toBe(520 - rest.found.length);
    expect(spool.damagedRecords).toBe(told.lostRecords);
    expect([await segments(), told.errors]).toEqual([[], []]);
    await spool.close();
  });

  test('gives everything if the error passes', async () => {
    const frames = texts(40);
    const told = new Told();
    const spool = await spoolWith(frames, told);
    const [name = ''] = await segments();
    disk.failsWhole = failsWhole;
    disk.loseBytes(name, 4 * BLOCK, 5 * BLOCK);
    const { found } = await readOn(spool);
    expect(found).toEqual(frames.slice(0, 16));
    vi.advanceTimersByTime(3000);
    disk.mend(name);
    expect(await drain(spool)).toEqual(frames.slice(16));
    expect(told.damages).toEqual([]);
    await spool.close();
  });
});

describe('a segment that cannot be read', () => {
  test('at all is missed, and costs the disk few attempts; later ones are read', async () => {
    const told = new Told();
    const lost: number[] = [];
    const spool = await openSpool(folder, { maxBytes: 64 << 20 }, told);
    spool.onLoss((records) => lost.push(records));
    const frames = texts(10_000);
    await spool.append(frames.map((text) => frame(text)));
    const [first = '', ...others] = await segments();
    expect(others.length).toBe(1);
    disk.loseBytes(first, 0);
    expect((await readOn(spool)).refusal).toContain('EIO');
    vi.advanceTimersByTime(5100);
    disk.failures = 0;
    const { found, refusal } = await readOn(spool);
    expect(refusal).toBe(undefined);
    // Of 2048 blocks.
    expect(disk.failures).toBeLessThan(40);
    expect(found).toEqual(frames.slice(-found.length));
    expect(found.length).toBeGreaterThan(1500);
    expect([found.length + told.lostRecords, lost]).toEqual([10_000, [told.lostRecords]]);
    expect(await segments()).toEqual([]);
    await spool.close();
  });

  test('to its first byte and cannot be opened is missed as one that was removed', async () => {
    const told = new Told();
    const spool = await openSpool(folder, {}, told);
    await appendAll(spool, ['one', 'two']);
    const [name = ''] = await segments();
    disk.refuseToOpen(name, 'EIO');
    expect((await readOn(spool)).refusal).toContain('EIO');
    vi.advanceTimersByTime(5100);
    expect(await readOn(spool)).toEqual({ found: [], refusal: undefined });
    expect(told.damages).toEqual([{ path: `${folder}/${name}`, bytes: 0, records: 2, own: 2 }]);
    await spool.append([frame('three')]);
    expect(await drain(spool)).toEqual(['three']);
    await spool.close();
  });

  test.each(['EACCES', 'EMFILE'] as const)('for %s is waited for', async (code) => {
    const told = new Told();
    const spool = await spoolWith(['one', 'two'], told);
    const [name = ''] = await segments();
    disk.refuseToOpen(name, code);
    for (let minutes = 0; minutes < 10; minutes++) {
      expect((await readOn(spool)).refusal).toContain(code);
      vi.advanceTimersByTime(60_000);
    }
    disk.mend(name);
    expect(await drain(spool)).toEqual(['one', 'two']);
    expect(told.damages).toEqual([]);
    await spool.close();
  });

  test('at the start keeps the spool from starting for some seconds only', async () => {
    const frames = texts(40);
    const before = await openSpool(folder);
    await appendAll(before, frames);
    await before.close();
    const [name = ''] = await segments();
    disk.loseBytes(name, 4 * BLOCK, 5 * BLOCK);
    disk.loseBytes('position', 0);
    const told = new Told();
    const spool = newSpool(folder, {}, told);
    await expect(spool.start()).rejects.toThrow(`${name}: EIO`);
    vi.advanceTimersByTime(5100);
    expect(await spool.start()).toBe(true);
    expect(spool.pendingRecords).toBe(40);
    const found = await drain(spool);
    expect(found).toEqual(frames.filter((_, i) => i < 16 || i >= 20));
    expect(told.lostRecords).toBe(4);
    await spool.close();
  });
});

describe('a spool whose disk fails at its end', () => {
  test('leaves none of its files open', async () => {
    const told = new Told();
    const spool = await openSpool(folder, {}, told);
    await appendAll(spool, ['one', 'two', 'three']);
    expect((await spool.next())?.records).toBe(1);
    expect((await openFiles()).sort()).toEqual(
      ['lock', 'position', ...(await segments()).flatMap((name) => [name, name])].sort(),
    );
    disk.failsToSync = true;
    await spool.close();
    expect(told.errors.map(String)).toEqual([
      `SpoolError: ${folder}/${(await segments())[0]}: EIO: failure, fdatasync`,
    ]);
    expect(await openFiles()).toEqual([]);
  });

  /** Names of the folder's files that this process has open. */
  async function openFiles(): Promise<string[]> {
    const links = await Promise.all(
      (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => '')),
    );
    return links
      .filter((link) => link.startsWith(folder))
      .map((link) => link.slice(folder.length + 1));
  }
});
