import { closeSync, fstatSync, ftruncateSync, openSync, type Stats, writeSync } from 'node:fs';
import { tryLockExclusive } from '../../../libc/flock.ts';
import { SyscallError } from '../../../libc/syscall-error.ts';
import type { Host, PluginLog } from '../../api.ts';
import type { FileEnd, OpenedFile } from '../append-file.ts';
import { CaptureFileError, moveAway } from './capture-file-error.ts';
import type { CaptureFormat } from './capture-format.ts';
import { FileReader } from './inspect/file-reader.ts';
import { type Expected, type Inspect, Mismatch } from './inspect/inspection.ts';

export interface CaptureFileContext {
  readonly host: Host;
  readonly log: PluginLog;
  readonly format: CaptureFormat;
  readonly inspect: Inspect;
  readonly expected: Expected;
  /** Told when records go to a file from now on: see Rotation.began. */
  readonly began: (start: FileStart) => void;
}

/** Where a file begins among all records of an output. */
export interface FileStart {
  /** Bytes of records that went into the files before it. */
  readonly passed: number;
  /** Bytes that it has already, with its head. */
  readonly size: number;
  /** Whether some of them are records. */
  readonly hasRecords: boolean;
  /** When it was made, Unix time in ms. */
  readonly born: number;
}

/** A capture file that is open: a regular file, a pipe or a device. */
export class CaptureFile implements OpenedFile {
  readonly path: string;
  readonly fd: number;
  readonly #context: CaptureFileContext;
  readonly #stats: Stats;
  #headWanted = true;

  /** Opens a file for appending. Throws Error of Host.openAppend. */
  static open(path: string, context: CaptureFileContext): CaptureFile {
    const fd = context.host.openAppend(path);
    try {
      return new CaptureFile(path, fd, context);
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }

  private constructor(path: string, fd: number, context: CaptureFileContext) {
    this.path = path;
    this.fd = fd;
    this.#context = context;
    this.#stats = fstatSync(fd);
  }

  get isRegular(): boolean {
    return this.#stats.isFile();
  }

  /** Whether both are open on one file. */
  isSameAs(other: CaptureFile): boolean {
    return this.#stats.dev === other.#stats.dev && this.#stats.ino === other.#stats.ino;
  }

  /**
   * Makes sure that records can be appended: a regular file has to be this process's alone, and empty or
   * of the form that is written. The beginning of a record at its end, which a crash left there, is
   * cut off.
   *
   * @throws CaptureFileError, or Error of node:fs
   */
  prepare(): void {
    if (!this.isRegular) return;
    this.lock();
    const { size } = this.#stats;
    const whole = size === 0 ? 0 : this.#inspect(size, true);
    if (whole === size) return;
    ftruncateSync(this.fd, whole);
    const cut = `cut off ${size - whole} bytes, a record that a crash left unfinished`;
    this.#context.log.notice(`${this.path}: ${cut}`);
  }

  /** As `prepare`, while the output of the config before still writes to the file. */
  look(): void {
    if (this.isRegular && this.#stats.size > 0) this.#inspect(this.#stats.size, false);
  }

  /** Keeps other processes from appending; programs that read do not care. */
  lock(): void {
    if (!this.isRegular) return;
    try {
      if (tryLockExclusive(this.fd)) return;
    } catch (error) {
      if (!(error instanceof SyscallError)) throw error;
      // A file system without locks.
      this.#context.log.debug(`${this.path}: ${error.message}`);
      return;
    }
    const advice = 'choose another pcapfile';
    throw new CaptureFileError(this.path, 'is being written by another process', advice);
  }

  head(passed: number): Uint8Array {
    const { format, began } = this.#context;
    this.#headWanted = false;
    const size = this.isRegular ? fstatSync(this.fd).size : 0;
    const hasRecords = size > 0;
    const isWhole = hasRecords && !format.headForEachOpening;
    const head = isWhole ? new Uint8Array(0) : format.head(passed);
    const now = Date.now();
    const { birthtimeMs } = this.#stats;
    const born = hasRecords && birthtimeMs > 0 ? Math.min(birthtimeMs, now) : now;
    began({ passed, size: size + head.length, hasRecords, born });
    return head;
  }

  emptied(): boolean {
    if (!this.isRegular || fstatSync(this.fd).size > 0) return false;
    this.#context.log.notice(
      `${this.path} was emptied by another program: beginning it anew; to lose nothing, rename it and send SIGHUP`,
    );
    return true;
  }

  finish(end: FileEnd): void {
    if (!this.isRegular || this.#headWanted) return;
    const { size } = fstatSync(this.fd);
    if (end.torn > 0) ftruncateSync(this.fd, size - end.torn);
    if (end.begun) this.#append(this.#context.format.tail(end), size - end.torn);
  }

  /** Writes bytes whole or not at all. */
  #append(bytes: Uint8Array, size: number): void {
    if (bytes.length === 0) return;
    if (writeSync(this.fd, bytes) === bytes.length) return;
    ftruncateSync(this.fd, size);
    throw new Error('there was no room for the statistics at its end');
  }

  #inspect(size: number, walk: boolean): number {
    const { host, inspect, expected } = this.#context;
    // The descriptor is for appending only. This way leads to the very file that it is open on.
    const fd = host.asUser(() => openSync(`/proc/self/fd/${this.fd}`, 'r'));
    try {
      return inspect(new FileReader(fd, size), expected, walk);
    } catch (error) {
      if (!(error instanceof Mismatch)) throw error;
      throw new CaptureFileError(this.path, error.message, moveAway);
    } finally {
      closeSync(fd);
    }
  }
}
