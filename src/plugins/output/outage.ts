export interface OutagePace {
  /** The first pause in ms; each further one is twice as long. */
  readonly firstPause: number;
  /** No pause is longer than this, in ms. */
  readonly longestPause: number;
  /** After this many ms without success, `failed` says once that it is too long. Default: never. */
  readonly tooLong?: number;
  /**
   * The part of each pause that is left to chance, 0 to 1, so that many who lost the same peer do
   * not come back at the same moment. Default 0.
   */
  readonly jitter?: number;
}

/** A file that has refused every write for three seconds is an error of the plugin. */
const filePace: OutagePace = { firstPause: 50, longestPause: 1000, tooLong: 3000 };

/** When to try again what failed, and when it has been failing for too long. */
export class Outage {
  readonly #pace: OutagePace;
  #since: number | undefined;
  #tooLong = false;
  #pause: number;

  /** @param pace by default that of files */
  constructor(pace: OutagePace = filePace) {
    this.#pace = pace;
    this.#pause = pace.firstPause;
  }

  /** Whether the last attempt failed. */
  get lasting(): boolean {
    return this.#since !== undefined;
  }

  /** Milliseconds since the first of the attempts that failed; 0 when the last one succeeded. */
  get duration(): number {
    return this.#since === undefined ? 0 : Date.now() - this.#since;
  }

  /**
   * Notes a failed attempt. `begun` is the first of an outage; `too long` comes once in an outage,
   * with the first attempt that fails when it has lasted as long as the pace says.
   */
  failed(): 'begun' | 'too long' | 'goes on' {
    const now = Date.now();
    if (this.#since === undefined) {
      this.#since = now;
      return 'begun';
    }
    const { tooLong = Number.POSITIVE_INFINITY } = this.#pace;
    if (this.#tooLong || now - this.#since < tooLong) return 'goes on';
    this.#tooLong = true;
    return 'too long';
  }

  /** The pause in ms before the next attempt, longer each time. */
  nextPause(): number {
    const { longestPause, jitter = 0 } = this.#pace;
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, longestPause);
    return Math.round(pause * (1 - jitter * Math.random()));
  }

  /** Notes an attempt that succeeded. Returns whether it ended an outage. */
  succeeded(): boolean {
    const lasted = this.lasting;
    this.#since = undefined;
    this.#tooLong = false;
    this.#pause = this.#pace.firstPause;
    return lasted;
  }
}
