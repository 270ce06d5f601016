import { copyFile, mkdir, readdir, readFile, rm, truncate, writeFile } from 'node:fs/promises';
import fc from 'fast-check';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Spool } from '../../../src/spool/index.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';
import { appendAll, drain, frame, openSpool, Told } from './open-spool.ts';

const HEADER = 32;

let scratch: ScratchFolder;
let folder: string;
beforeEach(async () => {
  scratch = await ScratchFolder.create();
  folder = scratch.join('queue');
});
afterEach(async () => await scratch[Symbol.asyncDispose]());

async function segmentPaths(of = folder): Promise<string[]> {
  const names = (await readdir(of)).filter((name) => name.endsWith('.spool'));
  return names.sort().map((name) => `${of}/${name}`);
}

/** Leaves frames of one record each in the folder; returns the path of their segment. */
async function leave(...texts: string[]): Promise<string> {
  const spool = await openSpool(folder);
  await appendAll(spool, texts);
  await spool.close();
  return (await segmentPaths())[0] ?? '';
}

async function flip(path: string, offset: number): Promise<void> {
  const bytes = await readFile(path);
  bytes.writeUInt8((bytes[offset] ?? 0) ^ 0x40, offset);
  await writeFile(path, bytes);
}

async function recover(): Promise<{ texts: string[]; told: Told }> {
  const told = new Told();
  const spool = await openSpool(folder, {}, told);
  const texts = await drain(spool);
  await spool.close();
  expect([told.errors, await segmentPaths()]).toEqual([[], []]);
  return { texts, told };
}

describe('damaged segments', () => {
  test('a frame that a crash has torn is left out', async () => {
    const path = await leave('one', 'two', 'three');
    await truncate(path, 3 * HEADER + 3 + 3 + 2);
    const { texts, told } = await recover();
    expect(texts).toEqual(['one', 'two']);
    expect(told.damages).toEqual([{ path, bytes: HEADER + 2, records: 1, own: 0 }]);
  });

  test('a header that a crash has torn is left out', async () => {
    const path = await leave('one', 'two');
    await truncate(path, HEADER + 3 + 10);
    const { texts, told } = await recover();
    expect(texts).toEqual(['one']);
    expect(told.damages).toEqual([{ path, bytes: 10, records: 0, own: 0 }]);
  });

  test.each([
    ['its payload', HEADER + 1],
    ['its length', 8],
    ['its marker', 0],
  ])('a frame damaged in %s is left out, the next one is found', async (_, offset) => {
    const path = await leave('one', 'two', 'three');
    await flip(path, HEADER + 3 + offset);
    const { texts, told } = await recover();
    expect(texts).toEqual(['one', 'three']);
    expect(told.damages.reduce((sum, { bytes }) => sum + bytes, 0)).toBe(HEADER + 3);
    expect(told.lostRecords).toBe(1);
  });

  test('the first frame is counted as well', async () => {
    const path = await leave('one', 'two');
    await flip(path, HEADER);
    const { texts, told } = await recover();
    expect([texts, told.lostRecords]).toEqual([['two'], 1]);
  });

  test('bytes of an attacker cannot pass for a frame', async () => {
    const path = await leave('first', 'x');
    const other = await readFile(path);
    // What a frame of another segment looks like, sent in a packet.
    const forged = other.subarray(0, HEADER + 5).toString('latin1');
    const spool = await openSpool(folder);
    await drain(spool);
    await spool.append([frame(forged)]);
    await spool.close();
    const [current = ''] = await segmentPaths();
    await flip(current, 8);
    const { texts } = await recover();
    expect(texts).toEqual([]);
  });

  test('a position file that is damaged makes nothing but doubles', async () => {
    await leave('one', 'two');
    for (const content of ['', 'nonsense', 'x'.repeat(28)]) {
      await writeFile(`${folder}/position`, content);
      const spool = await openSpool(folder);
      expect(spool.pendingRecords).toBe(2);
      await spool.close();
    }
    expect((await recover()).texts).toEqual(['one', 'two']);
  });

  test('a segment that was removed is missed, the others are used', async () => {
    const spool = await openSpool(folder, { maxBytes: 4096 });
    const texts = Array.from({ length: 30 }, (_, i) => `${i}-`.padEnd(60, 'x'));
    await appendAll(spool, texts);
    await spool.close();
    const paths = await segmentPaths();
    await rm(paths[1] ?? '');
    const { texts: found, told } = await recover();
    expect(found.length + told.lostRecords).toBe(30);
    expect(told.lostRecords).toBeGreaterThan(0);
    expect(texts).toEqual(expect.arrayContaining(found));
  });
});

describe('segments that are cut or removed while they are in use', () => {
  /** A spool with ten frames of this run; `lost` grows with what it tells. */
  async function filled(): Promise<{ spool: Spool; told: Told; lost: number[] }> {
    const told = new Told();
    const lost: number[] = [];
    const spool = await openSpool(folder, {}, told);
    spool.onLoss((records) => lost.push(records));
    expect(await appendAll(spool, numbers(10))).toBe(10);
    return { spool, told, lost };
  }
  const numbers = (count: number) => Array.from({ length: count }, (_, i) => `${i}`);
  const FRAME = HEADER + 1;

  test('records of a removed one are told once, as those of this run', async () => {
    const { spool, told, lost } = await filled();
    const [path = ''] = await segmentPaths();
    await rm(path);
    expect(await drain(spool)).toEqual([]);
    expect([lost, told.damages]).toEqual([[10], [{ path, bytes: 0, records: 10, own: 10 }]]);
    expect([spool.pendingRecords, spool.damagedRecords]).toEqual([0, 10]);
    await appendAll(spool, ['new']);
    expect([await drain(spool), lost]).toEqual([['new'], [10]]);
    await spool.close();
    expect(told.errors).toEqual([]);
  });

  test('what is cut off behind the last whole frame is missed with that frame', async () => {
    const { spool, told, lost } = await filled();
    const [path = ''] = await segmentPaths();
    await truncate(path, 4 * FRAME);
    expect(await drain(spool)).toEqual(numbers(4));
    expect([lost, told.lostRecords, spool.pendingRecords]).toEqual([[6], 6, 0]);
    await spool.close();
  });

  test.each([
    ['at a frame', 3 * FRAME],
    ['in a header', 3 * FRAME + 5],
    ['in a payload', 4 * FRAME - 1],
    ['to nothing', 0],
  ])('what comes behind a file that was cut %s is not lost', async (_, length) => {
    const { spool, lost } = await filled();
    // Not released: the segment has to stay.
    const first = await spool.next();
    await spool.append([frame('x'.repeat(1 << 20))]);
    const [path = ''] = await segmentPaths();
    await truncate(path, length);
    const texts = await drain(spool);
    await appendAll(spool, ['a', 'b']);
    expect(await drain(spool)).toEqual(['a', 'b']);
    expect(1 + texts.length + lost.reduce((sum, records) => sum + records, 0)).toBe(11);
    expect(first?.records).toBe(1);
    await spool.close();
  });

  test('what comes behind a removed file is not written to that', async () => {
    const spool = await openSpool(folder);
    // Not released: the segment has to stay.
    const [held] = await spool.append([frame('held')], true);
    await appendAll(spool, ['lost']);
    const [path = ''] = await segmentPaths();
    await rm(path);
    expect([await spool.next(), spool.damagedRecords]).toEqual([undefined, 1]);
    await appendAll(spool, ['a', 'b']);
    if (held) spool.release(held);
    expect([await drain(spool), spool.damagedRecords]).toEqual([['a', 'b'], 1]);
    await spool.close();
  });

  test('those of former runs are told apart', async () => {
    await leave('one', 'two', 'three');
    const { spool, told, lost } = await filled();
    for (const path of await segmentPaths()) await rm(path);
    expect(await drain(spool)).toEqual([]);
    expect([told.lostRecords, lost]).toEqual([13, [10]]);
    await spool.close();
  });
});

describe('whatever happens to the files', () => {
  type Blow =
    | { readonly kind: 'flip' | 'cut'; readonly file: number; readonly at: number }
    | {
        readonly kind: 'noise';
        readonly file: number;
        readonly at: number;
        readonly bytes: Uint8Array;
      };
  const place = { file: fc.nat(), at: fc.double({ min: 0, max: 1, noNaN: true }) };
  const blow: fc.Arbitrary<Blow> = fc.oneof(
    fc.record({ kind: fc.constantFrom<'flip' | 'cut'>('flip', 'cut'), ...place }),
    fc.record({
      kind: fc.constant<'noise'>('noise'),
      ...place,
      bytes: fc.uint8Array({ maxLength: 200 }),
    }),
  );

  async function strike(target: string, { kind, file, at, ...rest }: Blow): Promise<void> {
    const files = [...(await segmentPaths(target)), `${target}/position`];
    const path = files[file % files.length] ?? '';
    const bytes = await readFile(path);
    const offset = Math.min(bytes.length - 1, Math.floor(at * bytes.length));
    if (offset < 0) return;
    if (kind === 'cut') await truncate(path, offset);
    else if (kind === 'flip') await flip(path, offset);
    else if ('bytes' in rest) {
      bytes.set(rest.bytes.subarray(0, bytes.length - offset), offset);
      await writeFile(path, bytes);
    }
  }

  test('no frame comes out that did not go in, none twice, and in order', async () => {
    const texts = Array.from({ length: 60 }, (_, i) => `${i} `.padEnd((i * 37) % 300, '\u00ff~'));
    const spool = await openSpool(folder, { maxBytes: 64 << 10 });
    await appendAll(spool, texts);
    for (let i = 0; i < 5; i++) {
      const frame = await spool.next();
      if (frame) spool.release(frame.mark);
    }
    await spool.close();
    let run = 0;
    await fc.assert(
      fc.asyncProperty(fc.array(blow, { minLength: 1, maxLength: 6 }), async (blows) => {
        const copy = scratch.join(`copy${run++}`);
        await mkdir(copy, { mode: 0o700 });
        for (const name of await readdir(folder))
          await copyFile(`${folder}/${name}`, `${copy}/${name}`);
        for (const each of blows) await strike(copy, each);
        const told = new Told();
        const damaged = await openSpool(copy, {}, told);
        const found = await drain(damaged);
        expect(await appendAll(damaged, ['new'])).toBe(1);
        expect(await drain(damaged)).toEqual(['new']);
        await damaged.close();
        const places = found.map((text) => texts.indexOf(text));
        expect(places).not.toContain(-1);
        expect(places).toEqual([...new Set(places)].sort((a, b) => a - b));
        expect(found.length + told.lostRecords).toBeLessThanOrEqual(60);
        expect([told.errors, await segmentPaths(copy)]).toEqual([[], []]);
      }),
      { numRuns: 150 },
    );
  });
});
