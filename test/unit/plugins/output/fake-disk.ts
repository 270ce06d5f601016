import { errnoText } from '../../../../src/libc/syscall-error.ts';

/** What becomes of one write: the number of bytes taken, or an errno's name. */
export type Outcome = number | 'ENOSPC' | 'EIO' | 'EAGAIN' | 'EPIPE';

interface FakeFile {
  readonly path: string;
  readonly pieces: Buffer[];
  closed: boolean;
}

type Callback = (error: NodeJS.ErrnoException | null, count: number) => void;

/**
 * Stands in for the asynchronous `write` and `close` of node:fs, with files of its own: each write
 * has the outcome that the test wants, and may be held under way as long as it wants. As with the
 * kernel, bytes are taken when the write ends, so a buffer that was reused too early shows.
 */
class FakeDisk {
  /** The outcome of all writes for which none is scripted; undefined: they take everything. */
  state: Outcome | undefined;
  /** What `close` fails with. */
  closeFailure: 'EIO' | undefined;
  #script: Outcome[] = [];
  #files: FakeFile[] = [];
  #held: (() => void)[] | undefined;

  /** Forgets everything. */
  reset(): void {
    this.state = undefined;
    this.closeFailure = undefined;
    this.#script = [];
    this.#files = [];
    this.#held = undefined;
  }

  /** Outcomes of the next writes. */
  script(...outcomes: Outcome[]): void {
    this.#script.push(...outcomes);
  }

  /** As Host.openAppend. Descriptors count from 100. */
  readonly open = (path: string): number => {
    this.#files.push({ path, pieces: [], closed: false });
    return 99 + this.#files.length;
  };

  /** Keeps writes under way until `release`. */
  hold(): void {
    this.#held ??= [];
  }

  /** Lets the writes under way end, and later ones at once. */
  release(): void {
    const held = this.#held ?? [];
    this.#held = undefined;
    for (const end of held) end();
  }

  /** The text of every file, in the order in which they were opened. */
  get files(): string[] {
    return this.#files.map(({ pieces }) => Buffer.concat(pieces).toString('latin1'));
  }

  /** How many bytes each write has taken, over all files. */
  get writes(): number[] {
    return this.#files.flatMap(({ pieces }) => pieces.map(({ length }) => length));
  }

  /** How many files are open. */
  get openFiles(): number {
    return this.#files.filter(({ closed }) => !closed).length;
  }

  readonly write = (
    fd: number,
    bytes: Uint8Array,
    offset: number,
    length: number,
    _position: null,
    callback: Callback,
  ): void => {
    const before = Buffer.from(bytes.subarray(offset, offset + length));
    const end = () => {
      const piece = Buffer.from(bytes.subarray(offset, offset + length));
      if (!piece.equals(before)) throw new Error('bytes changed while they were written');
      const outcome = this.#script.shift() ?? this.state ?? length;
      if (typeof outcome === 'string') {
        callback(failure(outcome, 'write'), 0);
        return;
      }
      const file = this.#file(fd);
      file.pieces.push(piece.subarray(0, outcome));
      callback(null, Math.min(outcome, length));
    };
    if (this.#held) this.#held.push(end);
    else queueMicrotask(end);
  };

  readonly close = (fd: number, callback: (error: NodeJS.ErrnoException | null) => void): void => {
    this.#file(fd).closed = true;
    const error = this.closeFailure ? failure(this.closeFailure, 'close') : null;
    queueMicrotask(() => callback(error));
  };

  #file(fd: number): FakeFile {
    const file = this.#files[fd - 100];
    if (!file || file.closed) throw new Error(`descriptor ${fd} is not open`);
    return file;
  }
}

/**
 * The disk of a test file, which begins with
 *
 *     vi.mock('node:fs', async (importOriginal) => {
 *       const { disk } = await import('./fake-disk.ts');
 *       return { ...(await importOriginal<object>()), write: disk.write, close: disk.close };
 *     });
 */
export const disk = new FakeDisk();

const numbers = { EIO: 5, EAGAIN: 11, ENOSPC: 28, EPIPE: 32 } as const;

function failure(code: keyof typeof numbers, syscall: string): NodeJS.ErrnoException {
  const message = `${code}: ${errnoText(numbers[code])}, ${syscall}`;
  return Object.assign(new Error(message), { code, syscall });
}
