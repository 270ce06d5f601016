import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { basename, dirname } from 'node:path';
import { PATIENCE } from './patience.ts';

const newline = 0x0a;

/** The complete lines of a file; none while the file does not exist. */
export async function lines(file: string): Promise<string[]> {
  const handle = await openIfThere(file);
  if (!handle) return [];
  try {
    const text = await handle.readFile('utf8');
    return text.split('\n').slice(0, -1);
  } finally {
    await handle.close();
  }
}

/** The number of line ends in a file of any size; 0 while it does not exist. */
export async function countLines(file: string): Promise<number> {
  const counter = new LineCounter(file);
  try {
    return await counter.advance();
  } finally {
    await counter.close();
  }
}

/**
 * Waits until `file` has at least `count` complete lines, and returns all it has then.
 * Woken by inotify, not by a clock; each byte is counted once, however many lines are awaited.
 * @throws Error that tells how many lines there were after `timeout` ms.
 */
export async function waitForLines(
  file: string,
  count: number,
  timeout = PATIENCE,
): Promise<string[]> {
  const counter = new LineCounter(file);
  const changes = new ChangeSignal(file, timeout);
  try {
    while ((await counter.advance()) < count) {
      if (!(await changes.next())) {
        const found = await counter.advance();
        if (found >= count) break;
        throw new Error(`${file}: ${found} lines after ${timeout} ms, ${count} expected`);
      }
    }
  } finally {
    changes.close();
    await counter.close();
  }
  return await lines(file);
}

/** Counts the lines of a file that grows, reading only what is new. */
class LineCounter {
  readonly #file: string;
  readonly #chunk = Buffer.allocUnsafe(1 << 20);
  #handle: FileHandle | undefined;
  #count = 0;

  constructor(file: string) {
    this.#file = file;
  }

  async advance(): Promise<number> {
    this.#handle ??= await openIfThere(this.#file);
    if (!this.#handle) return 0;
    for (;;) {
      const { bytesRead } = await this.#handle.read(this.#chunk, 0, this.#chunk.length, null);
      if (bytesRead === 0) return this.#count;
      const part = this.#chunk.subarray(0, bytesRead);
      for (let at = part.indexOf(newline); at !== -1; at = part.indexOf(newline, at + 1)) {
        this.#count += 1;
      }
    }
  }

  async close(): Promise<void> {
    await this.#handle?.close();
  }
}

/** Wakes a waiter whenever a file has been created or changed since it was last asked. */
class ChangeSignal {
  readonly #watcher: FSWatcher;
  readonly #timer: NodeJS.Timeout;
  #changed = false;
  #late = false;
  #wake: (() => void) | undefined;

  constructor(file: string, timeout: number) {
    // The folder is watched because the file may not be there yet.
    this.#watcher = watch(dirname(file), (_, name) => {
      if (name !== null && name !== basename(file)) return;
      this.#changed = true;
      this.#wake?.();
    });
    this.#timer = setTimeout(() => {
      this.#late = true;
      this.#wake?.();
    }, timeout);
  }

  /** True after a change, false once the time is over. */
  async next(): Promise<boolean> {
    if (!this.#changed && !this.#late) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#changed = false;
    return !this.#late;
  }

  close(): void {
    clearTimeout(this.#timer);
    this.#watcher.close();
  }
}

async function openIfThere(file: string): Promise<FileHandle | undefined> {
  try {
    return await open(file, 'r');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}
