import { readdir } from 'node:fs/promises';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { ScratchFolder } from '../../../../support/scratch-folder.ts';
import { disk } from '../../../spool/failing-disk.ts';
import { newSpool } from '../../../spool/open-spool.ts';
import { endRigs, LoaderRig } from './loader-rig.ts';

vi.mock('node:fs/promises', async (importOriginal) => {
  const { disk } = await import('../../../spool/failing-disk.ts');
  const original = await importOriginal<typeof import('node:fs/promises')>();
  return { ...original, open: disk.opening(original.open) };
});

let scratch: ScratchFolder;
beforeEach(async () => {
  scratch = await ScratchFolder.create();
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'Date', 'performance'] });
});
afterEach(async () => {
  vi.useRealTimers();
  disk.reset();
  await endRigs();
  await scratch[Symbol.asyncDispose]();
});

/** Lets time pass, with enough of the real one for the disk, until nothing that is expected fails. */
async function inTime(expectations: () => void): Promise<number> {
  const begun = performance.now();
  for (;;) {
    try {
      expectations();
      return performance.now() - begun;
    } catch (error) {
      if (performance.now() - begun > 60_000) throw error;
      await vi.advanceTimersByTimeAsync(20);
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
}

const down = new Error('refused');

test('a spool that can be written and not read costs what cannot be read, and few lines', async () => {
  const spool = newSpool(scratch.join('spool'));
  const rig = new LoaderRig({ spool, down, queueBytes: 64 << 10, batchRows: 1000 });
  for (let i = 0; i < 50; i++) rig.rows.add(1000);
  await inTime(() => expect(rig.details()).toMatchObject({ spooled: 50_000 }));
  const names = await readdir(scratch.join('spool'));
  const [name = ''] = names.filter((each) => each.endsWith('.spool'));
  disk.loseBytes(name, 100 << 10, 108 << 10);
  rig.database.down = undefined;
  // What comes meanwhile has to be written: there is something before it.
  await inTime(() => {
    if (rig.details().spooled !== 0) rig.rows.add(10);
    expect(rig.details()).toMatchObject({ queued: 0, spooled: 0 });
  });
  const { written, dropped, errors } = rig.counters;
  const { damaged = 0 } = rig.details();
  expect(written + dropped).toBe(rig.rows.written);
  expect(dropped).toBe(damaged);
  expect(damaged).toBeGreaterThan(0);
  expect(damaged).toBeLessThanOrEqual(4000);
  expect(new Set(rig.numbers).size).toBe(written);
  expect(rig.numbers).toEqual(rig.numbers.toSorted((a, b) => a - b));
  expect(errors).toBeGreaterThan(3);
  const lines = rig.log.lines.filter((line) => !line.startsWith('counted'));
  expect(lines).toEqual([
    'error: refused; trying again, 50000 records wait',
    'notice: fake://table works again',
    `error: spool: ${scratch.join('spool')}/${name}: EIO: failure, read; trying again`,
    'notice: the spool can be read again',
  ]);
});
