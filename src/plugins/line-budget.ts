const SECOND_MS = 1000;

/** Lets so many lines of one kind into the log in a second; what is beyond them is to be counted. */
export class LineBudget {
  readonly #lines: number;
  #second = Number.NEGATIVE_INFINITY;
  #left = 0;

  constructor(lines: number) {
    this.#lines = lines;
  }

  /** Whether there is a line left; takes it. */
  take(): boolean {
    const now = performance.now();
    if (now - this.#second >= SECOND_MS) {
      this.#second = now;
      this.#left = this.#lines;
    }
    if (this.#left === 0) return false;
    this.#left--;
    return true;
  }
}
