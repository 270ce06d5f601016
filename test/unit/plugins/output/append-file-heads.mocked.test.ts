import fc from 'fast-check';
import { describe, expect, test, vi } from 'vitest';
import {
  AppendFile,
  type AppendFileOptions,
  type FileEnd,
  type OpenedFile,
} from '../../../../src/plugins/output/append-file.ts';
import {
  advance,
  appendBatch,
  counters,
  failures,
  log,
  settle,
  useFakeDiskAndClock,
} from './append-file-bench.ts';
import { disk } from './fake-disk.ts';

vi.mock('node:fs', async (importOriginal) => {
  const { disk } = await import('./fake-disk.ts');
  return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
});

useFakeDiskAndClock();

/** Files that begin with `[bytes passed]` and tell how they ended. */
class HeadedFiles {
  /** In the order in which the files were opened. */
  readonly ends: FileEnd[] = [];
  emptied = false;
  #opened = 0;

  readonly open = (): OpenedFile => {
    const path = '/var/log/x';
    const index = this.#opened++;
    return {
      path,
      fd: disk.open(path),
      head: (passed) => Buffer.from(`[${passed}]`),
      emptied: () => this.emptied,
      finish: (end) => {
        this.ends[index] = end;
      },
    };
  };
}

function openFile(files: HeadedFiles, options: Partial<AppendFileOptions> = {}): AppendFile {
  const fail = (error: Error) => failures.push(error.message);
  return new AppendFile({ open: files.open, next: files.open, sync: true, log, fail, ...options });
}

describe('AppendFile, with files that have a head', () => {
  test('writes it before any record, and also where none comes', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    await settle();
    expect(disk.files).toEqual(['[0]']);
    appendBatch(file, 'one\n');
    await file.close();
    expect(disk.files).toEqual(['[0]one\n']);
    expect(files.ends).toEqual([{ passed: 4, torn: 0, begun: true }]);
    expect(file.counters).toEqual(counters(1, 0, 0));
  });

  test('goes on with it where the disk was full', async () => {
    const files = new HeadedFiles();
    disk.script(1, 'ENOSPC', 1, 'ENOSPC');
    const file = openFile(files);
    appendBatch(file, 'one\n');
    await advance(200);
    expect(disk.files).toEqual(['[0]one\n']);
    expect(file.counters).toEqual(counters(1, 0, 2));
    await file.close();
  });

  test('has one at the beginning of each file', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    appendBatch(file, 'one\n');
    await settle();
    file.reopen();
    appendBatch(file, 'two\n');
    await file.close();
    expect(disk.files).toEqual(['[0]one\n', '[4]two\n']);
    expect(files.ends).toEqual([
      { passed: 4, torn: 0, begun: true },
      { passed: 8, torn: 0, begun: true },
    ]);
  });

  test('tells how much of a record is cut off where a full disk is left', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    await settle();
    disk.script(6, 'ENOSPC');
    appendBatch(file, 'one\n', 'two\n', 'three\n');
    await settle();
    file.reopen();
    await settle();
    expect(disk.files).toEqual(['[0]one\ntw', '[4]two\nthree\n']);
    expect(files.ends).toEqual([{ passed: 4, torn: 2, begun: true }]);
    await file.close();
    expect(file.counters).toEqual(counters(3, 0, 1));
  });

  test('tells it of a head, too', async () => {
    const files = new HeadedFiles();
    disk.script(2, 'ENOSPC');
    const file = openFile(files);
    appendBatch(file, 'one\n');
    await settle();
    file.reopen();
    await file.close();
    expect(disk.files).toEqual(['[0', '[0]one\n']);
    expect(files.ends[0]).toEqual({ passed: 0, torn: 2, begun: false });
  });

  test('tells it at an end with a full disk', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    await settle();
    disk.script(6);
    disk.state = 'ENOSPC';
    appendBatch(file, 'one\n', 'two\n', 'three\n');
    await settle();
    await file.close();
    expect(disk.files).toEqual(['[0]one\ntw']);
    expect(files.ends).toEqual([{ passed: 4, torn: 2, begun: true }]);
    expect(file.counters).toMatchObject({ written: 1, dropped: 2 });
  });

  test('begins anew in a file that was emptied', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    appendBatch(file, 'one\n');
    await settle();
    files.emptied = true;
    appendBatch(file, 'two\n');
    await settle();
    files.emptied = false;
    await file.close();
    expect(disk.files).toEqual(['[0]one\n[4]two\n']);
  });

  test('begins anew, with a whole record, for the next reader of a pipe', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    appendBatch(file, 'one\n');
    await settle();
    disk.script(6, 'EPIPE');
    appendBatch(file, 'two\n', 'three\n');
    await advance(50);
    await file.close();
    expect(disk.files).toEqual(['[0]one\ntwo\nth[8]three\n']);
    expect(file.counters).toEqual(counters(3, 0, 1));
  });
});

describe('AppendFile.nextFile', () => {
  test('lets records go to a new file from exactly there on', async () => {
    const files = new HeadedFiles();
    const file = openFile(files, { sync: false });
    appendBatch(file, 'one\n', 'two\n');
    expect(file.nextFile()).toBe(true);
    appendBatch(file, 'three\n');
    expect(file.nextFile()).toBe(true);
    appendBatch(file, 'four\n');
    await file.close();
    expect(disk.files).toEqual(['[0]one\ntwo\n', '[8]three\n', '[14]four\n']);
    expect(disk.openFiles).toBe(0);
  });

  test('makes no file where no record follows', async () => {
    const files = new HeadedFiles();
    const file = openFile(files);
    appendBatch(file, 'one\n');
    file.nextFile();
    file.nextFile();
    await file.close();
    expect(disk.files).toEqual(['[0]one\n']);
  });

  test('goes on with the old file when there can be no new one', async () => {
    const files = new HeadedFiles();
    const next = () => {
      throw new Error('EACCES: permission denied');
    };
    const file = openFile(files, { next });
    appendBatch(file, 'one\n');
    file.nextFile();
    appendBatch(file, 'two\n');
    await file.close();
    expect(disk.files).toEqual(['[0]one\ntwo\n']);
    expect(file.counters).toEqual(counters(2, 0, 1));
    expect(log.lines).toEqual([
      'error: cannot begin a new file, going on with /var/log/x: EACCES: permission denied',
    ]);
  });

  test('needs no second new file where SIGHUP has just opened one', async () => {
    const files = new HeadedFiles();
    const file = openFile(files, { sync: false });
    await settle();
    disk.hold();
    appendBatch(file, 'one\n');
    file.reopen();
    file.nextFile();
    appendBatch(file, 'two\n');
    disk.release();
    await file.close();
    expect(disk.files).toEqual(['[0]', '[0]one\n', '[4]two\n']);
  });
});

describe('AppendFile, after another writer of the file', () => {
  test('waits until that one is gone, then opens the file again', async () => {
    const files = new HeadedFiles();
    let leave = (): void => {};
    const after = new Promise<void>((resolve) => {
      leave = resolve;
    });
    const file = openFile(files, { after });
    appendBatch(file, 'one\n');
    await advance(1000);
    expect(disk.files).toEqual(['']);
    leave();
    await settle();
    expect(disk.files).toEqual(['', '[0]one\n']);
    await file.close();
    expect(files.ends).toEqual([
      { passed: 0, torn: 0, begun: false },
      { passed: 4, torn: 0, begun: true },
    ]);
  });

  test('is closed without waiting when there is nothing to write', async () => {
    const files = new HeadedFiles();
    const file = openFile(files, { after: new Promise(() => {}) });
    await file.close();
    expect([disk.files, disk.openFiles]).toEqual([[''], 0]);
    expect(files.ends).toEqual([{ passed: 0, torn: 0, begun: false }]);
  });

  test('is closed with what there is once that one is gone', async () => {
    const files = new HeadedFiles();
    const file = openFile(files, { after: Promise.resolve(), sync: false });
    appendBatch(file, 'one\n');
    await file.close();
    expect(disk.files).toEqual(['', '[0]one\n']);
    expect(file.counters).toEqual(counters(1, 0, 0));
  });
});

type Step =
  | { readonly kind: 'rows'; readonly count: number }
  | { readonly kind: 'turn' | 'reopen' | 'full' | 'free' | 'hold' | 'release' | 'pass' }
  | { readonly kind: 'partial'; readonly bytes: number };

const step: fc.Arbitrary<Step> = fc.oneof(
  fc.record({ kind: fc.constant('rows' as const), count: fc.integer({ min: 1, max: 9 }) }),
  fc.record({
    kind: fc.constantFrom('turn', 'reopen', 'full', 'free', 'hold', 'release', 'pass' as const),
  }),
  fc.record({ kind: fc.constant('partial' as const), bytes: fc.integer({ min: 1, max: 20 }) }),
);

describe('AppendFile, whatever happens', () => {
  test('begins each file with one head, and a new one where it was told to', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 40 }), async (steps) => {
        disk.reset();
        const files = new HeadedFiles();
        const file = openFile(files, { sync: true });
        const rows: string[] = [];
        const turns = new Set<string>();
        let turned = false;
        for (const each of steps) {
          if (each.kind === 'turn') turned = file.nextFile() && rows.length > 0;
          else if (each.kind === 'rows') {
            const added = Array.from({ length: each.count }, (_, i) => `<${rows.length + i}>`);
            if (turned) turns.add(added[0] ?? '');
            turned = false;
            rows.push(...added);
            appendBatch(file, ...added);
          } else await take(each, file);
        }
        disk.release();
        disk.state = undefined;
        await advance(2000);
        await file.close();
        // What a finish that cuts off torn records leaves.
        const whole = disk.files.map((text, i) =>
          text.slice(0, text.length - (files.ends[i]?.torn ?? 0)),
        );
        const begun = whole.filter((_, i) => files.ends[i]?.begun);
        for (const text of begun) expect(text).toMatch(/^\[\d+\](<\d+>)*$/);
        const texts = begun.map((text) => text.replace(/^\[\d+\]/, ''));
        expect(texts.join('')).toBe(rows.join(''));
        const firsts = new Set(texts.map((text) => /^<\d+>/.exec(text)?.[0]));
        for (const row of turns) expect(firsts).toContain(row);
        const passed = texts.map((_, i) => texts.slice(0, i).join('').length);
        expect(begun.map((text) => Number(/\d+/.exec(text)?.[0]))).toEqual(passed);
      }),
      { numRuns: 150 },
    );
  });
});

async function take(step: Step, file: AppendFile): Promise<void> {
  if (step.kind === 'reopen') file.reopen();
  else if (step.kind === 'full') disk.state = 'ENOSPC';
  else if (step.kind === 'free') disk.state = undefined;
  else if (step.kind === 'hold') disk.hold();
  else if (step.kind === 'release') disk.release();
  else if (step.kind === 'partial') disk.script(step.bytes);
  await advance(step.kind === 'pass' ? 700 : 0);
}
