import { closeSync, constants, fstatSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { SpoolError } from './spool-error.ts';

/** Who holds a folder in this process. */
interface Holder {
  readonly owner: string;
  readonly released: Promise<void>;
}

/** By device and inode of the lock file. */
const holders = new Map<string, Holder>();

/**
 * The right to a spool's folder: an advisory lock on its file `lock`, for one instance in one process.
 * The kernel gives it up when the process ends, however that happens.
 *
 * In a process an instance may wait for the one before it: a reload opens the new before it closes
 * the old, and both have the same owner.
 */
export class FolderLock {
  readonly #folder: string;
  readonly #owner: string;
  readonly #tryLock: (fd: number) => boolean;
  readonly #fd: number;
  readonly #key: string;
  #held = false;
  #open = true;
  #released: () => void = () => {};
  #giveUp: () => void = () => {};
  readonly #givenUp = new Promise<void>((resolve) => {
    this.#giveUp = resolve;
  });

  /**
   * Opens the lock file and takes the lock, unless an instance of the same owner has it.
   *
   * @param tryLock as flock(2) with LOCK_EX | LOCK_NB: false if another open file has the lock
   * @throws SpoolError if anybody else has it
   */
  constructor(folder: string, owner: string, tryLock: (fd: number) => boolean) {
    this.#folder = folder;
    this.#owner = owner;
    this.#tryLock = tryLock;
    const { O_RDWR, O_CREAT, O_NOFOLLOW, O_NONBLOCK } = constants;
    this.#fd = openSync(join(folder, 'lock'), O_RDWR | O_CREAT | O_NOFOLLOW | O_NONBLOCK, 0o600);
    try {
      const { dev, ino } = fstatSync(this.#fd);
      this.#key = `${dev}:${ino}`;
      this.#take();
    } catch (error) {
      closeSync(this.#fd);
      throw error;
    }
  }

  /** Resolves once the lock is held; undefined if it was released before. */
  async held(): Promise<true | undefined> {
    while (this.#open) {
      const holder = this.#take();
      if (!holder) return true;
      await Promise.race([holder.released, this.#givenUp]);
    }
    return undefined;
  }

  /** Gives the lock up, or the wish for it. */
  release(): void {
    if (!this.#open) return;
    this.#open = false;
    closeSync(this.#fd);
    this.#giveUp();
    if (!this.#held) return;
    holders.delete(this.#key);
    this.#released();
  }

  /** Takes the lock, or returns the instance of the same owner that has it. */
  #take(): Holder | undefined {
    if (this.#held) return undefined;
    const holder = holders.get(this.#key);
    if (holder?.owner === this.#owner) return holder;
    if (holder || !this.#tryLock(this.#fd)) {
      const by = holder ? holder.owner : 'another process';
      throw new SpoolError(this.#folder, `in use by ${by}`, 'each needs a folder of its own');
    }
    this.#held = true;
    const released = new Promise<void>((resolve) => {
      this.#released = resolve;
    });
    holders.set(this.#key, { owner: this.#owner, released });
    return undefined;
  }
}
