/** Pauses between attempts: doubled each time up to the longest. */
const FIRST_PAUSE_MS = 50;
const LONGEST_PAUSE_MS = 1000;
/** A file that has refused every write for this long is an error of the plugin. */
const TOO_LONG_MS = 3000;

/** When to try again what failed, and when it has been failing for too long. */
export class Outage {
  #since: number | undefined;
  #tooLong = false;
  #pause = FIRST_PAUSE_MS;

  /** Whether the last attempt failed. */
  get lasting(): boolean {
    return this.#since !== undefined;
  }

  /**
   * Notes a failed attempt. `begun` is the first of an outage; `too long` comes once in an outage,
   * with the first attempt that fails three seconds or more after it began.
   */
  failed(): 'begun' | 'too long' | 'goes on' {
    const now = Date.now();
    if (this.#since === undefined) {
      this.#since = now;
      return 'begun';
    }
    if (this.#tooLong || now - this.#since < TOO_LONG_MS) return 'goes on';
    this.#tooLong = true;
    return 'too long';
  }

  /** The pause in ms before the next attempt, longer each time. */
  nextPause(): number {
    const pause = this.#pause;
    this.#pause = Math.min(2 * pause, LONGEST_PAUSE_MS);
    return pause;
  }

  /** Notes an attempt that succeeded. Returns whether it ended an outage. */
  succeeded(): boolean {
    const lasted = this.lasting;
    this.#since = undefined;
    this.#tooLong = false;
    this.#pause = FIRST_PAUSE_MS;
    return lasted;
  }
}
