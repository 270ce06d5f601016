import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import type { AppendFile } from '../../../../src/plugins/output/append-file.ts';
import { advance, appendBatch, openFile, useFakeDiskAndClock } from './append-file-bench.ts';
import { disk } from './fake-disk.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('./fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

useFakeDiskAndClock();

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
