import { chmod, mkdir, readdir, stat, symlink, writeFile } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Spool } from '../../../src/spool/index.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { appendAll, drain, frame, newSpool, openSpool, Told } from './open-spool.ts';

let scratch: ScratchFolder;
let folder: string;
beforeEach(async () => {
  scratch = await ScratchFolder.create();
  folder = scratch.join('queue');
});
afterEach(async () => await scratch[Symbol.asyncDispose]());

const segments = async (): Promise<string[]> =>
  (await readdir(folder)).filter((name) => name.endsWith('.spool')).sort();

/** Bytes of each segment. */
const sizes = async (): Promise<number[]> => {
  const stats = await Promise.all((await segments()).map((name) => stat(`${folder}/${name}`)));
  return stats.map(({ size }) => size);
};

const numbered = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `record ${i}\n`);

describe('Spool', () => {
  test('gives back what was appended, in order, and leaves no segment behind', async () => {
    const spool = await openSpool(folder);
    expect([await spool.next(), spool.hasUnread, spool.pendingRecords]).toEqual([
      ...[undefined, false, 0],
    ]);
    await appendAll(spool, numbered(10));
    expect(spool.hasUnread).toBe(true);
    expect(spool.pendingRecords).toBe(10);
    expect(await sizes()).toEqual([10 * (32 + 9)]);
    expect(await drain(spool)).toEqual(numbered(10));
    await spool.next();
    expect([spool.pendingRecords, await segments()]).toEqual([0, []]);
    await spool.close();
  });

  test('is there again for the next run, from the first frame that was not released', async () => {
    const first = await openSpool(folder);
    await appendAll(first, numbered(10));
    for (let i = 0; i < 4; i++) {
      const frame = await first.next();
      if (frame && i < 3) first.release(frame.mark);
    }
    await first.close();
    const second = await openSpool(folder);
    expect(second.pendingRecords).toBe(7);
    await appendAll(second, ['new\n']);
    const frame = await second.next();
    expect(frame).toMatchObject({ records: 1, recovered: true });
    if (frame) second.release(frame.mark);
    expect(await drain(second)).toEqual([...numbered(10).slice(4), 'new\n']);
    await second.close();
    expect(await segments()).toEqual([]);
  });

  test('does not need to be closed: what was appended is on disk', async () => {
    const killed = await openSpool(folder, { tryLock: () => true });
    await appendAll(killed, numbered(5));
    const next = await openSpool(folder, { owner: 'another', tryLock: () => true }).catch(
      (error: unknown) => error,
    );
    // The same process cannot hold the folder twice, whatever the lock says.
    expect(String(next)).toContain('in use by block 5 JSON');
    await killed.close();
    const again = await openSpool(folder);
    expect(await drain(again)).toEqual(numbered(5));
    await again.close();
  });

  test('takes frames that the caller has already, and gives only later ones', async () => {
    const spool = await openSpool(folder);
    const held = await spool.append([frame('a'), frame('b')], true);
    await appendAll(spool, ['c']);
    await expect(spool.append([frame('d')], true)).rejects.toThrow('before those before it');
    for (const mark of held) spool.release(mark);
    expect(await drain(spool)).toEqual(['c']);
    const [mark] = await spool.append([frame('e', 3)], true);
    expect([spool.hasUnread, spool.pendingRecords]).toEqual([false, 3]);
    await spool.close();
    const next = await openSpool(folder);
    expect([next.pendingRecords, await drain(next)]).toEqual([3, ['e']]);
    expect(mark?.records).toBe(6);
    await next.close();
  });

  test('is full at its bound, and takes frames again when a segment has been used up', async () => {
    const spool = await openSpool(folder, { maxBytes: 8000 });
    const texts = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    const taken = await appendAll(spool, texts);
    expect(taken).toBeGreaterThan(50);
    expect(taken).toBeLessThan(60);
    const used = await sizes();
    expect(used.length).toBe(9);
    expect(used.reduce((sum, size) => sum + size, 0)).toBeLessThanOrEqual(8000);
    const read = [];
    for (let i = 0; i < 20; i++) {
      const frame = await spool.next();
      read.push(Buffer.from(frame?.payload ?? []).toString());
      if (frame) spool.release(frame.mark);
    }
    expect(await appendAll(spool, texts.slice(taken, taken + 10))).toBe(10);
    expect([...read, ...(await drain(spool))]).toEqual(texts.slice(0, taken + 10));
    await spool.close();
  });

  test('appends many frames at once, over several segments, as far as there is room', async () => {
    const spool = await openSpool(folder, { maxBytes: 8000 });
    const texts = Array.from({ length: 100 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    const marks = await spool.append(texts.map((text) => frame(text, 2)));
    expect(marks.length).toBeGreaterThan(50);
    expect(marks.length).toBeLessThan(60);
    expect(marks.map(({ records }) => records)).toEqual(marks.map((_, i) => 2 * (i + 1)));
    expect(new Set(marks.map(({ segment }) => segment)).size).toBe((await segments()).length);
    expect((await segments()).length).toBeGreaterThan(7);
    expect(await drain(spool)).toEqual(texts.slice(0, marks.length));
    await spool.close();
  });

  test.each([
    ['that are held', true, { hasUnread: false, records: 0 }],
    ['that are not', false, { hasUnread: true, records: 80 }],
  ])('shows nothing of frames %s before all are appended', async (_, held, after) => {
    const spool = await openSpool(folder, { maxBytes: 16_000 });
    const texts = Array.from({ length: 80 }, (_, i) => `${i} ${'x'.repeat(100)}`);
    // What was there before has been read, but is still in use.
    await spool.append([frame('first')], true);
    let isDone = false;
    const appended = spool
      .append(
        texts.map((text) => frame(text)),
        held,
      )
      .finally(() => {
        isDone = true;
      });
    let looks = 0;
    for (; !isDone; looks++) {
      expect([spool.hasUnread, spool.unreadRecords]).toEqual([false, 0]);
      await setImmediate();
    }
    expect(looks).toBeGreaterThan(5);
    expect((await appended).length).toBe(80);
    expect((await segments()).length).toBeGreaterThan(4);
    expect({ hasUnread: spool.hasUnread, records: spool.unreadRecords }).toEqual(after);
    await spool.close();
  });

  test('keeps its files to its user', async () => {
    const spool = await openSpool(folder);
    await appendAll(spool, ['x']);
    expect((await stat(folder)).mode & 0o777).toBe(0o700);
    for (const name of await readdir(folder)) {
      expect((await stat(`${folder}/${name}`)).mode & 0o777).toBe(0o600);
    }
    await spool.close();
  });

  test('refuses a folder that others may change, or that is none', async () => {
    await mkdir(folder);
    await chmod(folder, 0o777);
    expect(() => newSpool(folder)).toThrow(
      `${folder}: others may write to it; chmod 700 ${folder}`,
    );
    await chmod(folder, 0o700);
    expect(() => newSpool(folder, { uid: 12 })).toThrow(
      /belongs to user \d+, not to 12; give specter/,
    );
    const file = await scratch.write('file', '');
    expect(() => newSpool(file)).toThrow(`${file}: is no folder`);
    expect(() => newSpool(`${folder}/no/such`)).toThrow(/ENOENT.*; give specter one: install -d/);
  });

  test('does not follow links in its folder', async () => {
    await mkdir(folder, { mode: 0o700 });
    const victim = await scratch.write('victim', 'precious');
    await symlink(victim, `${folder}/lock`);
    expect(() => newSpool(folder)).toThrow('ELOOP');
  });

  test('leaves other files of its folder alone', async () => {
    await mkdir(folder, { mode: 0o700 });
    await writeFile(`${folder}/README`, 'mine');
    await writeFile(`${folder}/0000000001-xyz.spool`, 'not mine');
    const spool = await openSpool(folder);
    expect(spool.pendingRecords).toBe(0);
    await spool.close();
    expect(await readdir(folder)).toEqual(['0000000001-xyz.spool', 'README', 'lock', 'position']);
  });

  test('rejects a payload that is too long', async () => {
    const spool = await openSpool(folder);
    expect(() => spool.append([{ payload: new Uint8Array((1 << 20) + 1), records: 1 }])).toThrow(
      RangeError,
    );
    await spool.close();
  });

  test('reports a folder that was removed, and works again when it is back', async () => {
    const told = new Told();
    const spool = await openSpool(folder, {}, told);
    const { rm } = await import('node:fs/promises');
    await rm(folder, { recursive: true });
    await expect(spool.append([frame('a')])).rejects.toThrow(/spool: ENOENT/);
    await mkdir(folder, { mode: 0o700 });
    expect(await appendAll(spool, ['b'])).toBe(1);
    expect(await drain(spool)).toEqual(['b']);
    await spool.close();
    expect(told.errors).toEqual([]);
  });
});

describe('the lock of a Spool', () => {
  test('is for one owner', async () => {
    const spool = await openSpool(folder);
    expect(() => newSpool(folder, { owner: 'block 6 JSON' })).toThrow(
      `${folder}: in use by block 5 JSON; each needs a folder of its own`,
    );
    await spool.close();
    const other = await openSpool(folder, { owner: 'block 6 JSON' });
    await other.close();
  });

  test('is for one process', () => {
    expect(() => newSpool(folder, { tryLock: () => false })).toThrow('in use by another process');
  });

  test('goes over to the next instance of the same owner when the first one closes', async () => {
    const first = await openSpool(folder);
    await appendAll(first, ['one']);
    const second = newSpool(folder);
    const started = second.start();
    const appended = second.append([frame('three')]);
    await appendAll(first, ['two']);
    expect(await Promise.race([started, Promise.resolve('waiting')])).toBe('waiting');
    await first.close();
    expect(await started).toBe(true);
    await appended;
    expect(await drain(second)).toEqual(['one', 'two', 'three']);
    await second.close();
  });

  test('is not taken any more by who gave up waiting', async () => {
    const first = await openSpool(folder);
    const second = newSpool(folder);
    const started = second.start();
    await second.close();
    expect(await started).toBe(false);
    await first.close();
    const third: Spool = await openSpool(folder, { owner: 'somebody' });
    await third.close();
  });
});
