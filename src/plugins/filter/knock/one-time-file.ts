import { closeSync, fdatasyncSync, fstatSync, readlinkSync, readSync, writeSync } from 'node:fs';
import { tryLockExclusive } from '../../../libc/flock.ts';
import type { Host } from '../../api.ts';
import { MAX_FILE_SIZE, parseSequenceFile, type SequenceLine } from './sequence-file.ts';

/** A file of one-time sequences that cannot be had or understood. */
export class SequenceFileError extends Error {
  override readonly name = 'SequenceFileError';
  readonly path: string;

  /** @param message with the path, and perhaps the line, in front */
  constructor(path: string, message: string) {
    super(message);
    this.path = path;
  }
}

/** What makes a line a comment. */
const MARK = '#';

/** Wrong lines told of one file; whoever has more has mistaken the file. */
const MAX_PROBLEMS = 10;

/** Files in use, by device and inode: what their paths are called does not matter. */
const filesInUse = new Map<string, OneTimeFile>();

/**
 * Sequences of which each opens a door once, in a file. One that was completed gets a `#` over its
 * line's first byte, and that byte is on the disk before a door opens: whatever happens then, the
 * line is a comment for ever.
 *
 * The file stays open and under an exclusive lock (flock(2)), which keeps other daemons away from
 * it. Within the process all doors that name the file share one object: a reload opens the new doors
 * before the old ones are closed, and of two doors with one file each sequence opens only one.
 */
export class OneTimeFile {
  readonly #path: string;
  readonly #fd: number;
  /** Where the file was when it was read: another file there, or none, makes it an old one. */
  #location = '';
  #users = 0;
  /** What is left, the current one first. */
  #lines: SequenceLine[] = [];
  /** A completed line that could not be marked. */
  #unmarked: SequenceLine | undefined;

  private constructor(path: string, fd: number) {
    this.#path = path;
    this.#fd = fd;
  }

  /**
   * Opens, locks and reads the file, or joins those who use it already.
   *
   * @param before the file that this one may have taken the place of: what was completed but not
   *   marked there is marked here
   * @throws SequenceFileError for a file that another process uses, that is not regular, too long or
   *   has wrong lines; what `Host.openUpdate` throws; SyscallError
   */
  static acquire(path: string, host: Host, before?: OneTimeFile): OneTimeFile {
    const fd = host.openUpdate(path);
    const known = filesInUse.get(keyOf(fd));
    if (known) {
      closeSync(fd);
      known.#join(before);
      return known;
    }
    try {
      lock(fd, path);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
    const file = new OneTimeFile(path, fd);
    file.#join(before);
    return file;
  }

  /** The steps of the sequence that counts now; undefined while there is none. */
  get current(): readonly number[] | undefined {
    return this.#unmarked === undefined ? this.#lines[0]?.steps : undefined;
  }

  /** Sequences left. */
  get unused(): number {
    return this.#lines.length;
  }

  /**
   * Marks the current sequence as used, durably; the next one becomes the current one. Blocks for as
   * long as the disk takes.
   *
   * Where that fails there is no current sequence until `reload`.
   *
   * @returns false when the file was changed or replaced since it was read, and nothing was written
   * @throws Error of Node's fs: the disk does not take it
   */
  spend(): boolean {
    const line = this.#lines[0];
    if (!line) return false;
    this.#unmarked = line;
    if (!this.#isAsRead(line)) return false;
    mark(this.#fd, line);
    this.#unmarked = undefined;
    this.#lines.shift();
    return true;
  }

  /**
   * Reads the file again. Where the current sequence is still the same, so is the object `current`.
   *
   * @throws as `acquire`; the file goes on as before then
   */
  reload(): void {
    const lines = this.#read();
    if (this.#unmarked) this.#markLate(this.#unmarked, lines);
    const [old] = this.#lines;
    const [next] = lines;
    const isSame = old && next && this.#unmarked === undefined && isEqual(old.steps, next.steps);
    if (isSame) lines[0] = { ...next, steps: old.steps };
    this.#lines = lines;
    this.#unmarked = undefined;
    this.#location = locationOf(this.#fd);
  }

  /** Closes the file, and so unlocks it, unless somebody else uses it. */
  release(): void {
    this.#users--;
    if (this.#users > 0) return;
    filesInUse.delete(keyOf(this.#fd));
    closeSync(this.#fd);
  }

  #join(before: OneTimeFile | undefined): void {
    filesInUse.set(keyOf(this.#fd), this);
    this.#users++;
    if (before) this.#unmarked ??= before.#unmarked;
    try {
      this.reload();
    } catch (error) {
      this.release();
      throw error;
    }
  }

  /** What somebody has seen on the wire must not open a door later, when the disk has recovered. */
  #markLate(completed: SequenceLine, lines: SequenceLine[]): void {
    const index = lines.findIndex(({ text }) => text === completed.text);
    const [line] = index === -1 ? [] : lines.splice(index, 1);
    if (line) {
      mark(this.#fd, line);
      return;
    }
    // A mark that was written but did not reach the disk has to be written again: the kernel tells
    // of a lost page once, and takes it for clean then.
    const first = Buffer.alloc(1);
    readSync(this.#fd, first, 0, 1, completed.offset);
    if (first.toString('latin1') === MARK) mark(this.#fd, completed);
  }

  #isAsRead({ offset, text }: SequenceLine): boolean {
    if (locationOf(this.#fd) !== this.#location) return false;
    // With what ends the line: a longer one is another sequence.
    const bytes = Buffer.alloc(text.length + 1, '\n');
    readSync(this.#fd, bytes, 0, bytes.length, offset);
    return bytes.toString('latin1') === `${text}\n`;
  }

  #read(): SequenceLine[] {
    const path = this.#path;
    const { size } = fstatSync(this.#fd);
    if (size > MAX_FILE_SIZE) throw new SequenceFileError(path, `${path}: is longer than 1 MiB`);
    const content = Buffer.alloc(size);
    const length = readSync(this.#fd, content, 0, size, 0);
    const { lines, problems } = parseSequenceFile(content.subarray(0, length));
    if (problems.length === 0) return [...lines];
    const told = problems.slice(0, MAX_PROBLEMS);
    const texts = told.map(({ line, message }) => `${path}:${line}: ${message}`);
    throw new SequenceFileError(path, texts.join('; '));
  }
}

const keyOf = (fd: number): string => {
  const { dev, ino } = fstatSync(fd, { bigint: true });
  return `${dev}:${ino}`;
};

function lock(fd: number, path: string): void {
  if (!fstatSync(fd).isFile()) throw new SequenceFileError(path, `${path}: is not a regular file`);
  if (tryLockExclusive(fd)) return;
  const reason = 'another process has locked it; each specter needs a file of its own';
  throw new SequenceFileError(path, `${path}: ${reason}`);
}

function mark(fd: number, { offset }: SequenceLine): void {
  writeSync(fd, MARK, offset);
  fdatasyncSync(fd);
}

/** The path that leads to an open file, as the kernel knows it: ` (deleted)` where none does. */
const locationOf = (fd: number): string => readlinkSync(`/proc/self/fd/${fd}`);

const isEqual = (a: readonly number[], b: readonly number[]): boolean =>
  a.length === b.length && a.every((code, index) => code === b[index]);
