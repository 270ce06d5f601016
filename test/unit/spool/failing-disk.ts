import type { FileHandle } from 'node:fs/promises';
import { constants } from 'node:os';

type Open = (path: string, flags?: number, mode?: number) => Promise<FileHandle>;
type Code = 'EIO' | 'EACCES' | 'EMFILE';

/** Bytes of a file: `from` … `to` − 1. */
interface Range {
  readonly from: number;
  readonly to: number;
}

/** Stands between `open` of node:fs/promises and a disk that works, and makes it fail as a test wants. */
class FailingDisk {
  /** By a path's end: what cannot be read of the file. */
  #unreadable = new Map<string, Range>();
  /** By a path's end: what `open` fails with. */
  #closed = new Map<string, Code>();
  /** A read of bytes before those that cannot be read fails as well, and is not merely shorter. */
  failsWhole = false;
  failsToSync = false;
  /** How many reads have failed. */
  failures = 0;

  /** Mends everything. */
  reset(): void {
    this.#unreadable.clear();
    this.#closed.clear();
    this.failsWhole = false;
    this.failsToSync = false;
    this.failures = 0;
  }

  loseBytes(path: string, from: number, to = Number.POSITIVE_INFINITY): void {
    this.#unreadable.set(path, { from, to });
  }

  mend(path: string): void {
    this.#unreadable.delete(path);
    this.#closed.delete(path);
  }

  refuseToOpen(path: string, code: Code): void {
    this.#closed.set(path, code);
  }

  /** `open` that makes files of this disk. */
  opening(open: Open): Open {
    return async (path, flags, mode) => {
      const code = valueFor(this.#closed, path);
      if (code) throw this.#failure(code, 'open');
      return this.#wrap(path, await open(path, flags, mode));
    };
  }

  #wrap(path: string, file: FileHandle): FileHandle {
    const read = file.read.bind(file) as (...args: unknown[]) => Promise<object>;
    const datasync = file.datasync.bind(file);
    return Object.assign(file, {
      read: async (buffer: Buffer, offset: number, length: number, position: number) =>
        await read(buffer, offset, this.#readable(path, position, length), position),
      datasync: async () => {
        if (this.failsToSync) throw this.#failure('EIO', 'fdatasync');
        await datasync();
      },
    });
  }

  /** How many bytes a read gets; throws if it gets none. */
  #readable(path: string, position: number, length: number): number {
    const { from, to } = valueFor(this.#unreadable, path) ?? { from: 0, to: 0 };
    if (position >= to || position + length <= from) return length;
    if (position >= from || this.failsWhole) throw this.#failure('EIO', 'read');
    return from - position;
  }

  #failure(code: Code, syscall: string): Error {
    this.failures++;
    const errno = -constants.errno[code];
    return Object.assign(new Error(`${code}: failure, ${syscall}`), { code, errno, syscall });
  }
}

function valueFor<Value>(map: ReadonlyMap<string, Value>, path: string): Value | undefined {
  for (const [end, value] of map) if (path.endsWith(end)) return value;
  return undefined;
}

export const disk = new FailingDisk();
