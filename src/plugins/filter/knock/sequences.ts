import type { Host } from '../../api.ts';
import { OneTimeFile } from './one-time-file.ts';

/** What the sequence of a door is at any time. */
export interface Sequences {
  /** Step codes, 1–32; another object when the sequence is another one. Undefined: none. */
  readonly current: readonly number[] | undefined;
  /** Sequences that are left; undefined when the sequence is always the same. */
  readonly unused: number | undefined;
  /**
   * Takes note that the current sequence was completed.
   *
   * @returns whether the door may open
   * @throws when that could not be made to last: the door must stay shut
   */
  spend(): boolean;
  reopen(): void;
  close(): void;
}

/** One sequence for ever: the option `knocksequence`. */
export class FixedSequence implements Sequences {
  readonly current: readonly number[];
  readonly unused = undefined;

  constructor(steps: readonly number[]) {
    this.current = steps;
  }

  spend(): boolean {
    return true;
  }

  reopen(): void {}

  close(): void {}
}

/** The sequences of a file, each once: the option `knockfile`. */
export class OneTimeSequences implements Sequences {
  readonly #path: string;
  readonly #host: Host;
  #file: OneTimeFile;

  /** @throws as OneTimeFile.acquire */
  constructor(path: string, host: Host) {
    this.#path = path;
    this.#host = host;
    this.#file = OneTimeFile.acquire(path, host);
  }

  get current(): readonly number[] | undefined {
    return this.#file.current;
  }

  get unused(): number {
    return this.#file.unused;
  }

  spend(): boolean {
    return this.#file.spend();
  }

  /** Reads the file again, or the one that has taken its place. */
  reopen(): void {
    const old = this.#file;
    this.#file = OneTimeFile.acquire(this.#path, this.#host, old);
    old.release();
  }

  close(): void {
    this.#file.release();
  }
}
