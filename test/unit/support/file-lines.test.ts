import { appendFile, writeFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';
import { countLines, lines, waitForLines } from '../../support/file-lines.ts';
import { ScratchFolder } from '../../support/scratch-folder.ts';

describe('lines', () => {
  test('only complete lines count', async () => {
    await using folder = await ScratchFolder.create();
    const file = await folder.write('log', 'one\ntwo\nthr');
    expect(await lines(file)).toEqual(['one', 'two']);
    expect(await countLines(file)).toBe(2);
  });

  test('a missing file has none', async () => {
    await using folder = await ScratchFolder.create();
    expect(await lines(folder.join('log'))).toEqual([]);
    expect(await countLines(folder.join('log'))).toBe(0);
  });

  test('counting is not confused by the size of the file', async () => {
    await using folder = await ScratchFolder.create();
    const file = await folder.write('log', `${'x'.repeat(15)}\n`.repeat(200_000));
    expect(await countLines(file)).toBe(200_000);
  });
});

describe('waitForLines', () => {
  test('sees a file that is created and grows while it waits', async () => {
    await using folder = await ScratchFolder.create();
    const file = folder.join('log');
    const waiting = waitForLines(file, 3);
    await writeFile(file, 'one\ntw');
    await appendFile(file, 'o\nthree\n');
    expect(await waiting).toEqual(['one', 'two', 'three']);
  });

  test('tells how many lines there were when the time is over', async () => {
    await using folder = await ScratchFolder.create();
    const file = await folder.write('log', 'one\n');
    await expect(waitForLines(file, 2, 20)).rejects.toThrow('1 lines after 20 ms, 2 expected');
  });
});
